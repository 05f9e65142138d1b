"""A file of two invoices, through the whole pipeline: a document, a result and a place in the search for each."""

import io
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import cache
from uuid import uuid4

import pypdfium2 as pdfium
import pytest
from django.db import connection

from analysis import parts, results, review
from analysis.findings import Extraction, Found, Validation
from analysis.models import Chunk, Result
from analysis.source import Source
from analysis.stages import extract
from analysis.stages.extract import Given
from documents import content, rendering, sniffing, tenancy
from documents.errors import Conflict
from documents.models import Document
from documents.parting import Part
from documents.samples.content import STATIONERY, STUDIO
from documents.samples.letter import draw
from documents.samples.styles import HARBOUR, LINDENHOF
from jobs import control, transitions
from jobs.models import Job, Priority, Status
from tests.analysis.test_pipeline import ended, result_of, submit
from tests.analysis.test_splitting import invoice
from tests.chaos.harness import until

pytestmark = pytest.mark.django_db(transaction=True)


@cache
def two_invoices() -> bytes:
    with pdfium.PdfDocument.new() as both:
        for made, style in ((STUDIO, HARBOUR), (STATIONERY, LINDENHOF)):
            with pdfium.PdfDocument(bytes(draw(made, style).output())) as one:
                both.import_pages(one)
        data = io.BytesIO()
        both.save(data)
    return data.getvalue()


def parts_of(person, document) -> list[Document]:
    with tenancy.as_user(person.user):
        return list(Document.objects.filter(parent=document).order_by("first_page"))


def all_ended(person) -> list[Job]:
    with tenancy.as_user(person.user):
        jobs = list(Job.objects.all())
    return [ended(person, job) for job in jobs]


@pytest.fixture
def parent(anna, worker) -> Document:
    sent = submit(anna, two_invoices(), "scan.pdf", priority=Priority.BULK)
    ended(anna, sent.job)
    assert {job.status for job in all_ended(anna)} == {"done"}
    return sent.document


def test_each_invoice_becomes_a_document_with_its_own_result(anna, mallory, parent):
    first, second = parts_of(anna, parent)
    assert [(one.filename, one.first_page, one.last_page, one.page_count) for one in (first, second)] == [
        ("scan (1 of 2).pdf", 1, 1, 1),
        ("scan (2 of 2).pdf", 2, 2, 1),
    ]
    for part, drawn in ((first, STUDIO), (second, STATIONERY)):
        with tenancy.as_user(anna.user):
            (job,) = part.jobs.all()
        assert (job.priority, job.created_by) == (Priority.BULK, anna.user)
        result, fields = result_of(anna, job)
        assert result.document_type == "invoice"
        assert (fields["invoice_number"].value, float(fields["total"].value)) == (drawn.number, float(drawn.total))
        assert fields["total"].page == 1
        assert result.validation["is_valid"], result.validation
        assert result.twin is None
        with tenancy.as_user(anna.user), content.local_file(part) as path:
            assert rendering.render_page(path, part.media_type, 1, width_px=60).startswith(b"\x89PNG")
    with tenancy.as_user(mallory.user):
        assert not Document.objects.exists()
    the_file_itself_has_no_values_and_no_passages(anna, parent)
    reading_it_again_makes_only_what_is_missing(anna, parent)


def the_file_itself_has_no_values_and_no_passages(anna, parent):
    with tenancy.as_user(anna.user):
        result = parent.results.get()
        (issue,) = result.validation["issues"]
        searched = set(Chunk.objects.values_list("document", flat=True))
        assert not result.fields.exists()
    assert (result.document_type, result.line_items, result.twin) == ("other", [], None)
    assert result.validation["is_valid"]
    assert (issue["code"], issue["severity"]) == ("several_invoices", "warning")
    assert issue["detail"] == "The file holds 2 invoices (pages 1 and 2). Each is a document of its own now."
    assert searched == {part.id for part in parts_of(anna, parent)}


def reading_it_again_makes_only_what_is_missing(anna, parent):
    before = parts_of(anna, parent)
    with tenancy.as_user(anna.user):
        parts.remove(before[0])
        control.retry(parent.jobs.get().pk, from_stage="extract")
    all_ended(anna)
    first, second = parts_of(anna, parent)
    assert (first.first_page, second.id) == (1, before[1].id)
    with tenancy.as_user(anna.user):
        assert Job.objects.count() == 3


def test_it_can_be_said_that_it_is_one_document(anna, parent):
    with tenancy.as_user(anna.user):
        job = parts.join(parent.id, user=anna.user)
    assert ended(anna, job).status == "done"
    result, fields = result_of(anna, job)
    assert fields["invoice_number"].value == STUDIO.number
    assert "several_invoices" not in str(result.validation)
    with tenancy.as_user(anna.user):
        assert Document.objects.get() == parent
        assert set(Chunk.objects.values_list("document", flat=True)) == {parent.id}
        with pytest.raises(Conflict, match="no_parts"):
            parts.join(parent.id, user=anna.user)


@pytest.fixture
def read_before(anna) -> Document:
    """Of two parts, without the work: the job of one is done, that of the other waits."""
    sent = text(anna, 1, "file.txt")
    with tenancy.as_user(anna.user):
        parts.store(sent.job, [Part(n, n, f"This is the text of part {n} of two.".encode()) for n in (1, 2)])
        done = [sent.job, Job.objects.get(document__first_page=1)]
        Job.objects.filter(pk__in=[job.pk for job in done]).update(status=Status.DONE)
        for job in done:
            results.set_validation(results.store(job, Extraction("other")), Validation(is_valid=True, math_ok=None))
    return sent.document


def test_what_people_did_to_the_parts_is_given_up_only_if_they_say_so(anna, mallory, read_before):
    with tenancy.as_user(anna.user):
        result = Result.objects.get(document__first_page=1)
        review.approve(result.pk, user=anna.user, expected_version=result.version)
        with pytest.raises(Conflict, match="parts_reviewed"):
            parts.join(read_before.id, user=anna.user)
        assert read_before.parts.count() == 2
    with tenancy.as_user(mallory.user), pytest.raises(Document.DoesNotExist):
        parts.join(read_before.id, user=mallory.user, confirmed=True)
    with tenancy.as_user(anna.user):
        job = parts.join(read_before.id, user=anna.user, confirmed=True)
        assert (job.document_id, job.status) == (read_before.id, Status.QUEUED)
        assert job.tasks.filter(stage="extract").exists()
        assert Job.objects.get() == job
        read_before.refresh_from_db()
        assert read_before.joined


def test_a_part_whose_job_ends_meanwhile_is_joined_all_the_same(anna, read_before):
    with ThreadPoolExecutor(1) as pool:
        with tenancy.as_user(anna.user):
            waiting = transitions.locked(Job.objects.get(document__first_page=2).pk)
            joined = pool.submit(join_apart, anna, read_before)
            until(somebody_waits, within=20, what="the joining waits for the job")
            waiting.status = Status.DONE
            waiting.save(update_fields=["status"])
        assert joined.result(20).status == Status.QUEUED
    with tenancy.as_user(anna.user):
        assert Document.objects.get() == read_before


def join_apart(person, document) -> Job:
    """Over a connection of its own."""
    with closing(connection), tenancy.as_user(person.user):
        return parts.join(document.id, user=person.user)


def somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "select exists (select from pg_locks l join pg_stat_activity a using (pid)"
            " where not l.granted and a.datname = current_database())"
        )
        return cursor.fetchone()[0]


def test_a_part_outlives_its_file_and_stays_a_part(anna, read_before):
    with tenancy.as_user(anna.user):
        parts.remove(read_before)
        first, second = Document.objects.order_by("first_page")
        assert (first.parent_id, first.is_part, second.is_part) == (None, True, True)


def text(person, number: int, name: str = "one.txt"):
    return submit(person, f"Text number {number} is long enough to be text.".encode(), name)


def test_bytes_that_are_there_already_keep_their_own_story(anna):
    """As a TIFF's parts may be, which are the same bytes each time."""
    parent, upload, orphan = text(anna, 1, "file.txt"), text(anna, 2), text(anna, 3)
    with tenancy.as_user(anna.user):
        Document.objects.filter(pk=orphan.document.pk).update(first_page=2, last_page=2)
        both = [Part(n, n, f"Text number {n + 1} is long enough to be text.".encode()) for n in (1, 2)]
        parts.store(parent.job, both)
        upload.document.refresh_from_db()
        orphan.document.refresh_from_db()
        assert upload.document.parent_id is None
        assert orphan.document.parent_id == parent.document.id
        assert Job.objects.count() == 3


def test_jobs_of_parts_wait_for_places_as_others_do(anna, settings):
    settings.JOBS_ACTIVE_PER_USER = 1
    parent = text(anna, 1, "file.txt")
    with tenancy.as_user(anna.user):
        parts.store(parent.job, [Part(1, 2, b"The first of the parts is text."), Part(3, 3, b"The second is text.")])
        assert list(Job.objects.filter(document__parent__isnull=False).values_list("held", flat=True)) == [True, True]
        first = Document.objects.get(first_page=1)
    assert (first.filename, first.last_page) == ("file (1 of 2).txt", 2)


def test_names_of_parts_are_of_limited_length(anna):
    with tenancy.as_user(anna.user):
        long = submit(anna, b"This is a text of some length.", "x" * 190 + ".txt")
        parts.store(long.job, [Part(1, 1, b"A part that is text as well.")])
        assert Document.objects.get(first_page=1).filename == "x" * 100 + " (1 of 1).txt"


def test_parts_are_no_twins_of_their_file(anna, read_before):
    """Which may have an older result with the values of one of them."""
    fields = {name: Found(value) for name, value in (("vendor", "Ink"), ("invoice_number", "A-1"), ("total", "9.00"))}
    other = text(anna, 9, "other.txt")
    with tenancy.as_user(anna.user):
        whole = results.store(read_before.jobs.get(), Extraction("invoice", fields))
        part = results.store(Job.objects.get(document__first_page=1), Extraction("invoice", fields))
        for one in (whole, part):
            results.set_validation(one, Validation(is_valid=True, math_ok=None))
            assert one.twin is None
        copy = results.store(other.job, Extraction("invoice", fields))
        results.set_validation(copy, Validation(is_valid=True, math_ok=None))
        assert copy.twin in (whole, part)


@pytest.mark.parametrize(("media_type", "data"), [(sniffing.DOCX, b"PK"), (sniffing.TIFF, b"II*\0 no more")])
def test_of_a_file_that_cannot_be_cut_the_first_invoice_is_read(tmp_path, monkeypatch, media_type, data):
    monkeypatch.setattr(Source, "fetch", lambda source, folder: tmp_path / "original")
    (tmp_path / "original").write_bytes(data)
    pages = [invoice("A-100"), invoice("B-200", vendor="Eye Ltd", day=2, at=2)]
    read = extract.STAGE.compute(Given(uuid4(), Source("key", "hash", media_type), pages, ""), tmp_path)
    assert (read.parts, read.extraction.fields["invoice_number"].value) == ([], "A-100")
    assert [issue.severity for issue in read.extraction.issues if issue.code == "several_invoices"] == ["error"]


def test_what_is_known_to_be_one_document_stays_whole(tmp_path, monkeypatch):
    monkeypatch.setattr(Source, "fetch", lambda source, folder: tmp_path / "original")
    pages = [invoice("A-100"), invoice("B-200", vendor="Eye Ltd", day=2, at=2)]
    source = Source("key", "hash", sniffing.TIFF)
    for given in (Given(uuid4(), source, pages, "", whole=True), Given(uuid4(), source, pages, "receipt")):
        read = extract.STAGE.compute(given, tmp_path)
        assert read.parts == []
        assert "several_invoices" not in {issue.code for issue in read.extraction.issues}
