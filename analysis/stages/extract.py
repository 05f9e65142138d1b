"""Finds the fields and line items."""

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from uuid import UUID

from django.conf import settings

from analysis import (
    caching,
    document_types,
    einvoice,
    extraction,
    extraction_cache,
    parts,
    pictures,
    results,
    splitting,
)
from analysis.engines.llm import accounting, ledger
from analysis.findings import Extraction
from analysis.learning import habits, registry, versions
from analysis.learning.habits import Lesson
from analysis.learning.versions import Reference
from analysis.source import Source
from documents import parting, rendering, sandbox, sniffing
from documents.errors import BudgetExceeded, InvalidInput, TooLarge
from documents.pages import PageReading
from jobs.models import Task
from jobs.stages import Stage

_MAY_HOLD_XML = (sniffing.PDF, sniffing.XML)
_IMAGE_WIDTH = 1_200  # pixels of a page that a model looks at: small print can just be read


@dataclass(frozen=True, slots=True)
class Given:
    """The document as it was read. `kind` is the caller's; empty: detect. `whole`: one document, whatever is in it."""

    document_id: UUID
    source: Source
    pages: list[PageReading]
    kind: str
    lessons: tuple[Lesson, ...] = ()
    model: Reference | None = None
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Read:
    """What was found, what language models were asked for it, and the parts if these are documents of their own."""

    extraction: Extraction
    calls: list[accounting.Call]
    parts: list[parting.Part]


class Extract(Stage[Given, Read]):
    pipeline, name, queue = "document", "extract", "extract"
    running, finished = "extracting", "extracted"
    start, end = 36, 40

    def load(self, task: Task) -> Given:
        document = task.job.document
        assert document is not None
        document_types.all()  # `compute` has no transaction to read an operator's own types in
        pages = [page.reading() for page in document.pages.all()]
        lessons, whole = habits.load(task.workspace_id), document.is_part or document.joined
        return Given(document.id, Source.of(document), pages, task.job.kind, lessons, versions.active(), whole)

    def compute(self, given: Given, folder: Path) -> Read:
        xml = _embedded_xml(given.source, folder) if given.source.media_type in _MAY_HOLD_XML else None
        runs = [] if xml is not None or given.whole else extraction.invoices(given.pages, given.kind or None)
        if len(runs) > 1 and (cut := _cut(given.source, runs, folder)):
            return Read(splitting.emptied(runs, extraction.MODEL_VERSION), [], cut)
        with accounting.recorded() as calls, caching.belonging_to(given.document_id):
            found = _kept_or_read(given, xml, folder, calls, whole=given.whole or len(runs) == 1)
        return Read(found, calls, [])

    def save(self, task: Task, output: Read) -> None:
        parts.store(task.job, output.parts)
        results.store(task.job, output.extraction)
        habits.count_use(output.extraction)
        ledger.store(output.calls, workspace_id=task.workspace_id, job=task.job)


def _embedded_xml(source: Source, folder: Path) -> bytes | None:
    path = source.fetch(folder)
    seconds = settings.SANDBOX_PAGE_SECONDS
    return sandbox.call("parse", einvoice.find_xml, path, source.media_type, timeout_s=seconds)


def _cut(source: Source, runs: list[range], folder: Path) -> list[parting.Part]:
    """A file for each run of pages; none if it can't be cut: then the first is read, and an issue names the others."""
    if source.media_type not in parting.CUTTABLE:
        return []
    try:
        return parting.cut(source.fetch(folder), source.media_type, runs)
    except (InvalidInput, TooLarge, BudgetExceeded):
        return []


def _kept_or_read(
    given: Given, xml: bytes | None, folder: Path, calls: list[accounting.Call], *, whole: bool
) -> Extraction:
    """What failed to ask a language model isn't kept: the next time it may answer."""
    return extraction_cache.get_or_make(
        lambda: _with_picture(_read(given, xml, folder, whole=whole), given, folder),
        (given.source.sha256, given.source.media_type, given.pages, xml, given.kind, whole),
        [(one.id, one.document_type, one.field, one.content) for one in given.lessons],
        given.model and (given.model.name, given.model.sha256),
        keep=lambda: not any(call.error_code for call in calls),
    )


def _read(given: Given, xml: bytes | None, folder: Path, *, whole: bool) -> Extraction:
    return extraction.extract(
        given.pages,
        xml=xml,
        kind=given.kind or None,
        lessons=given.lessons,
        model=registry.load(given.model),
        draw=partial(_drawn, given.source, folder),
        whole=whole,
    )


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
