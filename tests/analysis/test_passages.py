"""Passages that are made again: found as they were until all of the new are there, and nothing is embedded twice."""

import os
import signal
import time
import uuid
from base64 import b64encode
from io import StringIO

import numpy as np
import pytest
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.db import connection

from analysis import passages, reembedding
from analysis.chunking import Passage
from analysis.chunking.blocks import Span
from analysis.engines import embedding
from analysis.models import Chunk, ChunkDraft, Segment
from analysis.search import vectors
from analysis.search.vectors import Text
from analysis.search.windows import windows
from analysis.stages import embed
from analysis.submission import submit_file
from documents import intake, removal, tenancy
from documents.models import Document
from jobs import control
from jobs.errors import TransientFailure
from jobs.models import Job, Task
from tests import toy_embedder
from tests.analysis.test_pipeline import ended, peek, start_worker
from tests.api.conftest import client_of

pytestmark = pytest.mark.django_db(transaction=True)

LETTERS = "tests.toy_embedder.Letters"


@pytest.fixture(autouse=True)
def letters(settings, monkeypatch):
    """The toy embedder, also for the processes that a test starts."""
    settings.EMBEDDER, settings.EMBED_SENTENCES = LETTERS, False
    monkeypatch.setenv("EMBEDDER", LETTERS)
    monkeypatch.setenv("EMBED_SENTENCES", "false")
    toy_embedder.forget()


@pytest.fixture
def document(anna):
    with tenancy.as_workspace(anna.workspace.id):
        found, _ = intake.receive(
            ContentFile(b"some words"), filename="a.txt", workspace_id=anna.workspace.id, user=anna.user
        )
        yield found


def passage(text: str, section: str = "", page: int = 1) -> Passage:
    return Passage("text", text, section, page, page, [Span(0, len(text), page)], len(text.split()))


class Unnoted(toy_embedder.Letters):
    """For what a test embeds by itself: only what the workers embed is noted."""

    def passages(self, texts):
        return self.queries(texts)


def put(document, *found: Passage, embedder: str = "", run: uuid.UUID | None = None) -> tuple[uuid.UUID, list[str]]:
    """Makes a set, swaps it in, and says what had to be embedded."""
    run, toy = run or uuid.uuid4(), toy_embedder.Letters()
    name = embedder or toy.name
    passages.put(document, run, found)
    last = passages.buffered(document, run) - 1
    lacking = passages.lacking(run, 0, last, name)
    made = list(zip([one for one, _ in lacking], vectors.make(Unnoted(), [text for _, text in lacking]), strict=True))
    passages.put_vectors(run, 0, last, made, name)
    passages.swap(document, run)
    return run, [text.whole for _, text in lacking]


def texts(document) -> list[str]:
    return [chunk.text for chunk in document.chunks.order_by("ordinal")]


def versions(document) -> dict[str, str]:
    """The rows as they are stored: another xmin, and it was written again."""
    with connection.cursor() as cursor:
        cursor.execute("select text, xmin::text || number from analysis_chunk where document_id = %s", [document.id])
        return dict(cursor.fetchall())


def test_a_set_is_seen_whole_and_what_stays_is_neither_embedded_nor_written_again(document):
    _, lacking = put(document, passage("one"), passage("two", "Care"), passage("three"))
    assert lacking == ["one", "Care\n\ntwo", "three"]
    assert texts(document) == ["one", "two", "three"]
    ids, before = set(document.chunks.values_list("id", flat=True)), versions(document)
    run = uuid.uuid4()
    passages.put(document, run, [passage("one"), passage("new"), passage("three"), passage("two", "Care")])
    assert texts(document) == ["one", "two", "three"]
    assert [text.whole for _, text in passages.lacking(run, 0, 3, "letters-1")] == ["new"]
    passages.clear(run)
    _, lacking = put(document, passage("one"), passage("new"), passage("three"), passage("two", "Care"))
    assert lacking == ["new"]
    assert texts(document) == ["one", "new", "three", "two"]
    after = versions(document)
    assert {text for text in after if after[text] == before.get(text)} == {"one", "three"}
    assert len(ids & set(document.chunks.values_list("id", flat=True))) == 2
    assert not ChunkDraft.objects.exists()
    assert Segment.objects.get(document=document).chunks == 4


def test_another_embedder_makes_all_vectors_anew_and_ids_stay(document):
    put(document, passage("one"), passage("two"))
    ids = list(document.chunks.values_list("id", flat=True))
    _, lacking = put(document, passage("one"), passage("two"), embedder="letters-2")
    assert lacking == ["one", "two"]
    assert list(document.chunks.values_list("id", "embedder")) == [(one, "letters-2") for one in ids]


def test_a_run_without_a_buffer_begins_with_the_documents_own(document):
    run, _ = put(document, passage("one"), passage("two"))
    assert passages.buffered(document, run) == 2
    assert passages.lacking(run, 0, 1, "letters-1") == []
    assert len(passages.lacking(run, 0, 1, "letters-2")) == 2
    passages.clear(run)
    assert not passages.swap(document, run)
    assert texts(document) == ["one", "two"]


def test_without_text_nothing_is_left_to_find(document):
    put(document, passage("one"))
    passages.put(document, uuid.uuid4(), [])
    assert texts(document) == []
    assert not Segment.objects.exists()


def test_sentences_have_vectors_of_their_own_and_keep_them(document, settings):
    text = (
        "The pump is oiled in the first week of each month. The seal is looked at by the mechanic who is on duty then."
    )
    text += " Whatever he finds that is out of order goes into the book that lies in the office of the plant's manager."
    put(document, passage(text))
    assert document.chunks.get().sentences is None
    settings.EMBED_SENTENCES = True
    _, lacking = put(document, passage(text))
    assert lacking == [text]
    rows = np.frombuffer(document.chunks.get().sentences, "<f2").reshape(-1, 27)
    spans = windows(text)
    wanted = toy_embedder.Letters().queries([text[start:end] for start, end in spans])
    assert len(spans) > 1
    np.testing.assert_allclose(rows, wanted, atol=1e-3)
    before = versions(document)
    assert put(document, passage(text))[1] == []
    assert versions(document) == before
    _, lacking = put(document, passage("new"), passage(text))
    assert lacking == ["new"]
    assert all(chunk.sentences is not None for chunk in document.chunks.all())


def test_half_a_set_is_not_swapped_in(document):
    put(document, passage("old"))
    run = uuid.uuid4()
    passages.put(document, run, [passage("one"), passage("two")])
    passages.put_vectors(run, 0, 0, [(0, *vectors.make(toy_embedder.Letters(), [Text("one", None)]))], "letters-1")
    with pytest.raises(TransientFailure, match="same model"):
        passages.swap(document, run)
    assert texts(document) == ["old"]


def test_a_vector_that_was_to_be_kept_and_is_gone_is_made_by_another_attempt(document):
    put(document, passage("one"))
    run = uuid.uuid4()
    passages.put(document, run, [passage("one")])
    assert passages.lacking(run, 0, 0, "letters-1") == []
    document.chunks.all().delete()
    with pytest.raises(TransientFailure, match="embedded anew"):
        passages.put_vectors(run, 0, 0, [], "letters-1")
    assert passages.lacking(run, 0, 0, "letters-1") == [(0, Text("one", None))]


def test_a_document_takes_its_passages_and_words_along(document):
    put(document, passage("one"))
    passages.put(document, uuid.uuid4(), [passage("two")])
    removal.remove(document)
    assert not Chunk.objects.exists()
    assert not ChunkDraft.objects.exists()
    assert not Segment.objects.exists()


def long_text(passages_wanted: int) -> bytes:
    """Sections of a sentence each that is long enough not to be packed with its neighbours."""
    sentence = (
        "the pump of number {0} is oiled in week {0} and its seal is looked at by the mechanic on duty {0} times "
    )
    return "\n\n".join(f"# Part {n}\n\n{sentence.format(n) * 5}" for n in range(passages_wanted)).encode()


def submitted(person, data: bytes, filename: str = "manual.md") -> Job:
    with tenancy.as_user(person.user):
        return submit_file(ContentFile(data), filename=filename, workspace_id=person.workspace.id, user=person.user).job


def test_the_pipeline_ends_with_what_can_be_found_and_repeats_nothing(anna, mallory, worker):
    job = ended(anna, submitted(anna, long_text(3)))
    assert (job.status, job.stage, job.progress) == ("done", "done", 100)
    url = f"/api/v1/documents/{job.document_id}/chunks"
    found = client_of(anna).get(url, {"page_size": 2}).json()
    assert [(one["ordinal"], one["section"], one["embedder"]) for one in found["results"]] == [
        (0, "Part 0", "letters-1"), (1, "Part 1", "letters-1"),
    ]  # fmt: skip
    assert [one["ordinal"] for one in client_of(anna).get(found["next"]).json()["results"]] == [2]
    for made_up in (b"p=x", b"p=" + b"9" * 30):
        assert client_of(anna).get(url, {"cursor": b64encode(made_up).decode()}).status_code == 404
    assert client_of(mallory).get(url).status_code == 404
    with tenancy.as_user(anna.user):
        told = [
            (event.type, event.data) for event in job.events.filter(type__in=["document.chunked", "stage.finished"])
        ]
    assert told[-4:] == [
        ("document.chunked", {"chunks": 3}),
        ("stage.finished", {"stage": "chunks_buffered", "progress": 50}),
        ("stage.finished", {"stage": "embeddings_buffered", "progress": 75}),
        ("stage.finished", {"stage": "embedded", "progress": 100}),
    ]
    assert len(toy_embedder.embedded()) == 3
    with tenancy.as_user(anna.user):
        control.retry(job.id)
    assert ended(anna, job).status == "done"
    assert len(toy_embedder.embedded()) == 3


def test_an_empty_document_ends_well(anna, worker):
    job = ended(anna, submitted(anna, b"\n \n", "empty.txt"))
    assert (job.status, job.progress) == ("done", 100)
    assert client_of(anna).get(f"/api/v1/documents/{job.document_id}/chunks").json()["results"] == []


def test_reembed_leaves_what_is_current_and_swaps_the_rest(anna, worker, settings):
    job = ended(anna, submitted(anna, long_text(2)))
    assert "0 documents" in told("reembed")
    settings.EMBEDDER = "tests.toy_embedder.OtherLetters"
    assert "1 documents" in told("reembed", "--dry-run")
    assert embedding.current().name == "letters-2"
    said = told("reembed", "--wait")
    assert "1 started" in said
    assert "1 done" in said
    with tenancy.as_user(anna.user):
        assert set(Chunk.objects.values_list("embedder", flat=True)) == {"letters-2"}
        assert Job.objects.get().pk == job.pk
        assert Job.objects.get().priority == 10
    assert not reembedding.stale().jobs
    assert len(reembedding.stale(everything=True).jobs) == 1
    settings.CHUNK_TOKENS = 60
    assert len(reembedding.stale().jobs) == 1


def told(*command: str) -> str:
    out = StringIO()
    call_command(*command, stdout=out)
    return out.getvalue()


@pytest.mark.long
def test_a_worker_killed_while_embedding_repeats_its_part_alone_and_readers_see_one_set(anna, broker, monkeypatch):
    """kill -9 after one part of three is done: what it made isn't made again; the old set is found until the swap."""
    from jobs import sweeper

    count = 2 * embed.PER_PART + 10
    monkeypatch.setenv("EMBEDDER", "tests.toy_embedder.SlowLetters")
    with tenancy.as_workspace(anna.workspace.id):
        job = submitted(anna, long_text(count))
        put(Document.objects.get(), passage("old"))
    worker = start_worker("default extract ocr embed")
    seen: set[tuple[int, int]] = set()
    try:
        sweep_until(sweeper, lambda: parts(anna, job, "done") == 1 and parts(anna, job, "working") == 1, anna, seen)
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()
        finished = toy_embedder.embedded()[: embed.PER_PART]
        worker = start_worker("default extract ocr embed")
        sweep_until(sweeper, lambda: not peek(anna, job).is_open, anna, seen)
        assert peek(anna, job).status == "done"
        assert peek(anna, job).attempts == 1
    finally:
        if worker.poll() is None:
            os.killpg(worker.pid, signal.SIGKILL)
            worker.wait()
    made = toy_embedder.embedded()
    assert len(set(made)) == count
    assert not [text for text in made[embed.PER_PART :] if text in finished]
    assert seen <= {(1, 1), (count, 0)}
    with tenancy.as_user(anna.user):
        assert Chunk.objects.count() == count
        assert not ChunkDraft.objects.exists()


def parts(person, job, status: str) -> int:
    with tenancy.as_user(person.user):
        return Task.objects.filter(job=job, stage="embed", status=status).count()


def sweep_until(sweeper, reached, person, seen: set[tuple[int, int]], seconds: float = 90) -> None:
    """Watches what readers see meanwhile: how many passages, and how many of the old set."""
    give_up = time.monotonic() + seconds
    while not reached():
        sweeper.sweep()
        with tenancy.as_user(person.user):
            found = list(Chunk.objects.values_list("text", flat=True))
        seen.add((len(found), found.count("old")))
        assert time.monotonic() < give_up
        time.sleep(0.05)
