"""Files come in once, whole, and only if they may."""

import hashlib
import threading

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection

from documents import intake, tenancy
from documents.errors import InvalidInput, TooLarge, Unavailable, UnsupportedType
from documents.models import Document

TEXT = b"Invoice 42\nTotal 10.00\n"


def receive(person, data=TEXT, filename="note.txt"):
    with tenancy.as_user(person.user):
        return intake.receive(ContentFile(data), filename=filename, workspace_id=person.workspace.id, user=person.user)


def test_bytes_are_kept_under_a_key_that_no_user_typed(anna):
    document, created = receive(anna, filename="../../etc/evil name.txt")
    assert created
    assert document.filename == "evil name.txt"
    assert document.storage_key == f"{anna.workspace.id}/{document.id}/original"
    assert document.sha256 == hashlib.sha256(TEXT).hexdigest()
    assert default_storage.open(document.storage_key).read() == TEXT


def test_the_same_bytes_are_the_same_document(anna, mallory):
    first, _ = receive(anna)
    again, created = receive(anna, filename="other.txt")
    assert (again.id, created) == (first.id, False)
    theirs, created = receive(mallory)
    assert created
    assert theirs.id != first.id


@pytest.mark.django_db(transaction=True)
def test_a_race_makes_one_document(anna):
    outcomes, start = [], threading.Barrier(6)

    def upload():
        start.wait()
        outcomes.append(receive(anna))
        connection.close()

    threads = [threading.Thread(target=upload) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(created for _, created in outcomes) == 1
    assert len({document.id for document, _ in outcomes}) == 1
    with tenancy.as_user(anna.user):
        assert Document.objects.count() == 1


@pytest.mark.parametrize(
    ("data", "filename", "error"),
    [
        (b"", "a.pdf", InvalidInput),
        (b"\x7fELF" + b"\0" * 100, "a.pdf", UnsupportedType),
        (b"MZ" + b"\0" * 100, "a.exe", UnsupportedType),
        (b"<html><script>alert(1)</script></html>", "a.pdf", UnsupportedType),
    ],
)
def test_what_is_not_taken_in(anna, data, filename, error):
    with pytest.raises(error):
        receive(anna, data, filename)
    with tenancy.as_user(anna.user):
        assert not Document.objects.exists()


def test_too_large(anna, settings):
    settings.MAX_UPLOAD_MB = 1
    with pytest.raises(TooLarge):
        receive(anna, b"x" * (2**20 + 1))


def test_leftovers_of_a_crash_are_written_over(anna):
    document_id = Document.id_for(anna.workspace.id, hashlib.sha256(TEXT).hexdigest())
    default_storage.save(Document.key_for(anna.workspace.id, document_id), ContentFile(b"half"))
    document, created = receive(anna)
    assert created
    assert default_storage.open(document.storage_key).read() == TEXT


def test_fetch_checks_the_hash(anna, tmp_path):
    document, _ = receive(anna)
    assert intake.fetch(document.storage_key, document.sha256, tmp_path / "copy").read_bytes() == TEXT
    with pytest.raises(Unavailable) as caught:
        intake.fetch(document.storage_key, "0" * 64, tmp_path / "copy")
    assert caught.value.code == "storage_damaged"
    intake.discard(document.storage_key)
    with pytest.raises(Unavailable):
        intake.fetch(document.storage_key, document.sha256, tmp_path / "copy")


def test_a_full_disk_is_a_clean_refusal(anna, monkeypatch):
    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(default_storage, "save", full)
    with pytest.raises(Unavailable) as caught:
        receive(anna)
    assert caught.value.code == "storage_failed"
