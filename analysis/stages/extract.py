"""Finds the fields and line items."""

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from django.conf import settings

from analysis import document_types, einvoice, extraction, pictures, results
from analysis.engines.llm import accounting, ledger
from analysis.findings import Extraction
from analysis.learning import habits, registry, versions
from analysis.learning.habits import Lesson
from analysis.learning.versions import Reference
from analysis.source import Source
from documents import rendering, sandbox, sniffing
from documents.errors import BudgetExceeded, InvalidInput, TooLarge
from documents.pages import PageReading
from jobs.models import Task
from jobs.stages import Stage

_MAY_HOLD_XML = (sniffing.PDF, sniffing.XML)
_IMAGE_WIDTH = 1_200  # pixels of a page that a model looks at: small print can just be read


@dataclass(frozen=True, slots=True)
class Given:
    """The document as it was read. `kind` is the caller's; empty: detect."""

    source: Source
    pages: list[PageReading]
    kind: str
    lessons: tuple[Lesson, ...] = ()
    model: Reference | None = None


@dataclass(frozen=True, slots=True)
class Read:
    """What was found, and what language models were asked for it."""

    extraction: Extraction
    calls: list[accounting.Call]


class Extract(Stage[Given, Read]):
    pipeline, name, queue = "document", "extract", "extract"
    running, finished = "extracting", "extracted"
    start, end = 36, 40

    def load(self, task: Task) -> Given:
        document = task.job.document
        assert document is not None
        document_types.all()  # `compute` has no transaction to read an operator's own types in
        pages = [page.reading() for page in document.pages.all()]
        return Given(Source.of(document), pages, task.job.kind, habits.load(task.workspace_id), versions.active())

    def compute(self, given: Given, folder: Path) -> Read:
        xml = _embedded_xml(given.source, folder) if given.source.media_type in _MAY_HOLD_XML else None
        draw, kind = partial(_drawn, given.source, folder), given.kind or None
        with accounting.recorded() as calls:
            model = registry.load(given.model)
            found = extraction.extract(given.pages, xml=xml, kind=kind, lessons=given.lessons, model=model, draw=draw)
        return Read(_with_picture(found, given, folder), calls)

    def save(self, task: Task, output: Read) -> None:
        results.store(task.job, output.extraction)
        habits.count_use(output.extraction)
        ledger.store(output.calls, workspace_id=task.workspace_id, job=task.job)


def _embedded_xml(source: Source, folder: Path) -> bytes | None:
    path = source.fetch(folder)
    seconds = settings.SANDBOX_PAGE_SECONDS
    return sandbox.call("parse", einvoice.find_xml, path, source.media_type, timeout_s=seconds)


def _with_picture(found: Extraction, given: Given, folder: Path) -> Extraction:
    """With the hash by which another photograph or scan of the page is known, if the first page is one."""
    first = next(iter(given.pages), None)
    if first is None or first.source != "ocr" or not first.words or "total" not in found.fields:
        return found
    try:
        picture = pictures.hash_of(given.source.fetch(folder), given.source.media_type, first)
    except (InvalidInput, TooLarge, BudgetExceeded):
        return found  # the page was read: nothing hangs on its picture but a hint
    return replace(found, extra=found.extra | {"picture": picture})


def _drawn(source: Source, folder: Path, page: PageReading) -> bytes:
    path = source.fetch(folder)
    return rendering.render_page(path, source.media_type, page.number, width_px=_IMAGE_WIDTH, rotation=page.rotation)


STAGE = Extract()
