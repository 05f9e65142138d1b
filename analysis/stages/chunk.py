"""Cuts the pages into passages, and the pictures out of them where they are wanted."""

from dataclasses import dataclass
from pathlib import Path

from analysis import chunking, passages, picture_finding, picture_sets
from analysis.chunking import Passage
from analysis.engines.embedding import pictures
from analysis.picture_finding import FoundPicture
from analysis.source import Source
from documents.pages import PageReading
from jobs import events
from jobs.models import Task
from jobs.stages import Stage


@dataclass(frozen=True, slots=True)
class Given:
    """The pages, and where the document's bytes are if pictures are wanted."""

    pages: list[PageReading]
    source: Source | None


@dataclass(frozen=True, slots=True)
class Cut:
    """Passages, and pictures if they are wanted."""

    passages: list[Passage]
    pictures: list[FoundPicture] | None


class Chunk(Stage[Given, Cut]):
    pipeline, name, queue = "document", "chunk", "embed"
    running, finished = "chunking", "chunks_buffered"
    start, end = 45, 50

    def load(self, task: Task) -> Given:
        assert task.job.document is not None
        source = Source.of(task.job.document) if pictures.current() else None
        if task.job.document.parts.exists():
            return Given([], source)  # the parts have them: who searches finds each passage once
        return Given([page.reading() for page in task.job.document.pages.all()], source)

    def compute(self, given: Given, folder: Path) -> Cut:
        found = chunking.chunk(given.pages)
        if given.source is None:
            return Cut(found, None)
        media_type = given.source.media_type
        if not picture_finding.drawable(media_type, given.pages):
            return Cut(found, [])  # so that the bytes aren't fetched for nothing
        return Cut(found, picture_finding.find(given.source.fetch(folder), media_type, given.pages))

    def save(self, task: Task, output: Cut) -> None:
        document = task.job.document
        assert document is not None
        passages.put(document, task.job_id, output.passages)
        events.record(task.job, "document.chunked", chunks=len(output.passages))
        if output.pictures is None:
            picture_sets.forget(document)
        else:
            picture_sets.put(document, task.job_id, output.pictures)


STAGE = Chunk()
