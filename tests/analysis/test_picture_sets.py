"""Pictures through the pipeline: found whole, paid for once, and never the reason why a document fails."""

import uuid

import numpy as np
import pytest
from django.core.files.base import ContentFile

from analysis import picture_sets, reading, reembedding, reprocessing
from analysis.models import Picture, PictureDraft, PictureSet
from analysis.picture_finding import FoundPicture
from analysis.presenting import progress
from analysis.stages import chunk, embed
from documents import intake, removal, tenancy
from documents.models import Document, Page
from documents.pages import Box
from jobs import control
from jobs.models import Job, Priority, Task
from tests.analysis.test_pipeline import ended
from tests.api.conftest import analysed
from tests.llm_server import refused
from tests.picture_papers import manual, photo_file
from tests.picture_server import PictureServer, answer, of_text

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def server(settings):
    running = PictureServer()
    settings.PICTURE_EMBEDDER_URL, settings.PICTURE_EMBEDDER_MODEL = running.url, "colours"
    settings.PICTURE_EMBEDDER_TIMEOUT_SECONDS = 1
    settings.EMBEDDER, settings.EMBED_SENTENCES = "tests.toy_embedder.Letters", False
    yield running
    running.close()


@pytest.fixture
def document(anna):
    with tenancy.as_workspace(anna.workspace.id):
        found, _ = intake.receive(
            ContentFile(b"some words"), filename="a.txt", workspace_id=anna.workspace.id, user=anna.user
        )
        yield found


@pytest.fixture
def job(anna, tmp_path) -> Job:
    """A manual of two pages that was read, and neither cut nor embedded yet."""
    case, path = analysed(anna, manual(), "manual.pdf"), tmp_path / "original"
    path.write_bytes(manual())
    with tenancy.as_user(anna.user):
        case.document.pages.all().delete()
        for page in reading.read_pages(path, "application/pdf", [1, 2]):
            Page.of(case.document, page).save()
    return case.job


def cut_and_embedded(person, job: Job) -> Job:
    with tenancy.as_user(person.user):
        control.retry(job.id, from_stage="chunk")
    return ended(person, job)


def picture(colour: str, page=1, caption="") -> FoundPicture:
    return FoundPicture(page, Box(0, 0, 30, 20.123), caption, photo_file(colour, size=(320, 240)))


def work(document, run, first=0, last=9) -> list[int]:
    """What a part of the stage does, and which pictures it asked for."""
    lacking = picture_sets.lacking(run, first, last, "colours")
    job = Job.objects.get(pk=run)
    ordinals = [ordinal for ordinal, _ in lacking]
    if lacking:
        picture_sets.put_vectors(job, ordinals, picture_sets.embed([jpeg for _, jpeg in lacking]), "colours")
    return ordinals


def run_of(document) -> uuid.UUID:
    return Job.objects.create(workspace_id=document.workspace_id, document=document, pipeline="document").id


def pages(document) -> list[int]:
    return list(Picture.objects.filter(document=document).values_list("page", flat=True))


def test_a_set_is_seen_whole_and_the_same_picture_is_paid_for_once(document, server):
    run = run_of(document)
    picture_sets.put(document, run, [picture("red", 1, "a\x00b"), picture("blue", 2)])
    assert pages(document) == []
    assert PictureSet.objects.get().embedder == ""
    assert work(document, run, 0, 0) == [0]
    assert work(document, run) == [1]  # what a crash left undone, and nothing else
    assert picture_sets.swap(document, run)
    assert (pages(document), len(server.pictures)) == ([1, 2], 2)
    red = Picture.objects.get(page=1)
    assert (red.caption, red.box, red.embedder) == ("ab", [0, 0, 30, 20.12], "colours")
    assert np.linalg.norm(red.vector) == pytest.approx(1, abs=1e-3)
    assert PictureSet.objects.get().embedder == "colours"
    assert not PictureDraft.objects.exists()
    again = run_of(document)
    picture_sets.put(document, again, [picture("green", 5), picture("red", 7)])
    assert pages(document) == [1, 2]
    assert work(document, again) == [0]
    assert picture_sets.swap(document, again)
    assert not picture_sets.swap(document, again)
    assert pages(document) == [5, 7]
    assert len(server.pictures) == 3


def test_another_model_makes_all_vectors_anew(document, settings):
    run = run_of(document)
    picture_sets.put(document, run, [picture("red")])
    work(document, run)
    picture_sets.swap(document, run)
    settings.PICTURE_EMBEDDER_MODEL = "others"
    run = run_of(document)
    picture_sets.put(document, run, [picture("red")])
    assert [ordinal for ordinal, _ in picture_sets.lacking(run, 0, 9, "others")] == [0]


def test_pictures_go_with_their_document_and_when_they_are_not_wanted(document):
    run = run_of(document)
    picture_sets.put(document, run, [picture("red")])
    picture_sets.swap(document, run)
    picture_sets.forget(document)
    assert not Picture.objects.exists()
    assert not PictureSet.objects.exists()
    picture_sets.put(document, run, [picture("red")])
    picture_sets.swap(document, run)
    picture_sets.put(document, run_of(document), [picture("blue")])
    removal.remove(document)
    assert not Picture.objects.exists()
    assert not PictureDraft.objects.exists()
    assert not PictureSet.objects.exists()


def test_without_an_address_there_are_no_parts_and_none_is_asked(document, settings):
    run = run_of(document)
    picture_sets.put(document, run, [picture("red")])
    job = Job.objects.get(pk=run)
    assert embed.STAGE.split(job)[1:] == [{"pictures": {"first": 0, "last": 0}}]
    task = Task(job=job, workspace_id=document.workspace_id, stage="embed", input={"pictures": {"first": 0, "last": 0}})
    settings.PICTURE_EMBEDDER_URL = ""
    assert len(embed.STAGE.split(job)) == 1
    embed.STAGE.save(task, embed.STAGE.compute(embed.STAGE.load(task), None))
    assert PictureDraft.objects.get().vector is None
    picture_sets.swap(document, run)
    assert Picture.objects.get().embedder == PictureSet.objects.get().embedder == ""


def test_the_pipeline_finds_pictures_and_pays_once(anna, mallory, job, worker, server, settings):
    assert cut_and_embedded(anna, job).status == "done"
    with tenancy.as_user(anna.user):
        shown = list(Picture.objects.order_by("ordinal"))
        captions = ["Figure 1: The pump as it comes out of its box", ""]
        assert [(one.page, one.caption) for one in shown] == [(1, captions[0]), (2, captions[1])]
        for asked, nearest in (("a red pump", 1), ("something blue", 2)):
            near = max(shown, key=lambda one: np.dot(one.vector, of_text(asked)))
            assert near.page == nearest
    assert cut_and_embedded(anna, job).status == "done"
    assert len(server.pictures) == 2
    with tenancy.as_user(mallory.user):
        assert not Picture.objects.exists()
        assert not PictureSet.objects.exists()
    assert not reembedding.stale().jobs
    settings.PICTURE_EMBEDDER_URL = ""
    assert cut_and_embedded(anna, job).status == "done"
    with tenancy.as_user(anna.user):
        assert not Picture.objects.exists()  # they may stand elsewhere now
        assert job.document.chunks.exists()


def test_a_server_that_is_away_fails_no_document_and_reembed_makes_up_for_it(anna, job, worker, server):
    server.always = lambda _asked: refused(400)
    assert cut_and_embedded(anna, job).status == "done"
    with tenancy.as_user(anna.user):
        assert list(Picture.objects.values_list("vector", "embedder")) == [(None, "")] * 2
        (event,) = job.events.filter(type="pictures.lacking")
        assert event.data == {"pictures": 2, "code": "embedding_status"}
        assert any("2 pictures can't be found" in one.words for one in progress.timeline(list(job.events.all())))
    server.always = answer
    stale = reembedding.stale()
    assert len(stale.jobs) == 1
    reprocessing.start(stale.jobs, from_stage=reembedding.STAGE, priority=Priority.BULK)
    assert ended(anna, job).status == "done"
    with tenancy.as_user(anna.user):
        assert list(Picture.objects.values_list("embedder", flat=True)) == ["colours"] * 2
    assert not reembedding.stale().jobs


def test_a_photograph_without_a_word_is_embedded_again_too(document):
    run = run_of(document)
    Job.objects.update(status="done")
    assert not reembedding.stale().jobs  # it was not read yet
    Document.objects.update(markdown_sha256="ab" * 32)
    assert len(reembedding.stale().jobs) == 1
    picture_sets.put(document, run, [])
    picture_sets.swap(document, run)
    assert not reembedding.stale().jobs


def test_bytes_are_not_fetched_where_there_can_be_no_pictures(document, tmp_path):
    job = Job.objects.get(pk=run_of(document))
    given = chunk.STAGE.load(Task(job=job, workspace_id=document.workspace_id, stage="chunk"))
    assert given.source.media_type == "text/plain"
    assert chunk.STAGE.compute(given, tmp_path).pictures == []
    assert list(tmp_path.iterdir()) == []
