"""Reads the pages into a buffer; those of a long document are parts that spread over all workers."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings

from analysis import caching, reading
from analysis.engines import remote
from analysis.source import Source
from analysis.submission import alphabet_of
from documents import drafts
from documents.pages import PageReading
from jobs.models import Job, Task
from jobs.stages import Stage

_SPREAD = 4  # a short scan is worth spreading too


@dataclass(frozen=True, slots=True)
class Run:
    """A run of pages, `first` and `last` included, and the alphabet asked for."""

    document_id: UUID
    source: Source
    first: int
    last: int
    alphabet: str


class Read(Stage[Run, list[PageReading]]):
    pipeline, name, queue = "document", "read", "ocr"
    running, finished = "parsing", "parsed"
    start, end = 20, 30

    def split(self, job: Job) -> Sequence[dict[str, Any]]:
        assert job.document is not None
        drafts.clear(job.id)
        pages = job.document.page_count or 1
        length = min(settings.READ_PAGES_PER_TASK, ceil(pages / _SPREAD))
        return [{"first": first, "last": min(first + length - 1, pages)} for first in range(1, pages + 1, length)]

    def load(self, task: Task) -> Run:
        assert task.job.document is not None
        first, last, alphabet = task.input["first"], task.input["last"], alphabet_of(task.job)
        return Run(task.job.document.id, Source.of(task.job.document), first, last, alphabet)

    def compute(self, given: Run, folder: Path) -> list[PageReading]:
        path = given.source.fetch(folder)
        with caching.belonging_to(given.document_id):
            numbers = range(given.first, given.last + 1)
            pages = list(reading.read_pages(path, given.source.media_type, numbers, given.alphabet))
        return remote.mended(pages, path, given.source.media_type)

    def save(self, task: Task, output: list[PageReading]) -> None:
        document = task.job.document
        assert document is not None
        drafts.put(document, task.job_id, output, first=task.input["first"], last=task.input["last"])


STAGE = Read()
