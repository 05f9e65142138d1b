"""Cuts the pages into passages."""

from pathlib import Path

from analysis import chunking, passages
from analysis.chunking import Passage
from documents.pages import PageReading
from jobs import events
from jobs.models import Task
from jobs.stages import Stage


class Chunk(Stage[list[PageReading], list[Passage]]):
    pipeline, name, queue = "document", "chunk", "embed"
    running, finished = "chunking", "chunks_buffered"
    start, end = 45, 50

    def load(self, task: Task) -> list[PageReading]:
        assert task.job.document is not None
        if task.job.document.parts.exists():
            return []  # the parts have them: who searches finds each passage once
        return [page.reading() for page in task.job.document.pages.all()]

    def compute(self, given: list[PageReading], folder: Path) -> list[Passage]:
        return chunking.chunk(given)

    def save(self, task: Task, output: list[Passage]) -> None:
        assert task.job.document is not None
        passages.put(task.job.document, task.job_id, output)
        events.record(task.job, "document.chunked", chunks=len(output))


STAGE = Chunk()
