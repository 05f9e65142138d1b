"""Finds the fields and line items."""

from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from analysis import einvoice, extraction, results
from analysis.findings import Extraction
from analysis.learning import habits
from analysis.learning.habits import Lesson
from analysis.source import Source
from documents import sandbox, sniffing
from documents.pages import PageReading
from jobs.models import Task
from jobs.stages import Stage

_MAY_HOLD_XML = (sniffing.PDF, sniffing.XML)


@dataclass(frozen=True, slots=True)
class Given:
    """The document as it was read. `kind` is the caller's; empty: detect."""

    source: Source
    pages: list[PageReading]
    kind: str
    lessons: tuple[Lesson, ...] = ()


class Extract(Stage[Given, Extraction]):
    pipeline, name, queue = "document", "extract", "extract"
    running, finished = "extracting", "extracted"
    start, end = 36, 40

    def load(self, task: Task) -> Given:
        document = task.job.document
        assert document is not None
        pages = [page.reading() for page in document.pages.all()]
        return Given(Source.of(document), pages, task.job.kind, habits.load(task.workspace_id))

    def compute(self, given: Given, folder: Path) -> Extraction:
        xml = _embedded_xml(given.source, folder) if given.source.media_type in _MAY_HOLD_XML else None
        return extraction.extract(given.pages, xml=xml, kind=given.kind or None, lessons=given.lessons)

    def save(self, task: Task, output: Extraction) -> None:
        results.store(task.job, output)
        habits.count_use(output)


def _embedded_xml(source: Source, folder: Path) -> bytes | None:
    path = source.fetch(folder)
    seconds = settings.SANDBOX_PAGE_SECONDS
    return sandbox.call("parse", einvoice.find_xml, path, source.media_type, timeout_s=seconds)


STAGE = Extract()
