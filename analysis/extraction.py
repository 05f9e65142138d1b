"""Extraction: the sources of findings fused, best evidence first."""

from collections.abc import Sequence
from dataclasses import replace

from analysis import arithmetic, document_types, learned, rules, splitting
from analysis.engines.llm.reading import Draw
from analysis.engines.llm.reading import readings as llm_readings
from analysis.findings import Extraction, Issue
from analysis.fusion import fuse
from analysis.learned import Model
from analysis.learning import habits
from analysis.learning.habits import Lesson
from analysis.rules.labelled import candidates, form_sheet
from documents.errors import InvalidInput
from documents.pages import PageReading

MODEL_VERSION = rules.VERSION


def extract(
    pages: Sequence[PageReading],
    *,
    xml: bytes | None = None,
    kind: str | None = None,
    lessons: Sequence[Lesson] = (),
    model: Model | None = None,
    draw: Draw | None = None,
    whole: bool = False,
) -> Extraction:
    """What the document says: from its e-invoice XML where it has one that can be read, else from its pages.

    `kind` forces the document type; otherwise it is detected. `lessons`: what corrections taught. `model`: a trained
    one in place of the shipped. `draw` makes a page's image, for engines that look at it. Issues that come up on the
    way (a broken XML, an XML that doesn't agree with the page) are in `issues`. An order in place of an invoice raises
    InvalidInput. Of several invoices the first is read, and an issue names the others, unless the pages are known to be
    `whole`.
    """
    if xml is None:
        return _from_pages(pages, kind, lessons, model, draw, whole)
    try:
        return _from_xml(xml, pages)
    except InvalidInput as error:
        printed = any(page.words for page in pages)
        if error.code == "order_not_invoice" or not printed:
            raise
        return _with_issues(_from_pages(pages, kind, lessons, model, draw, whole), [_broken(error)])


def invoices(pages: Sequence[PageReading], kind: str | None) -> list[range]:
    """Runs of page indexes, from 0, that are an invoice each; one run where the caller says that it is no invoice."""
    return splitting.parts(pages) if kind in (None, "invoice") else [range(len(pages))]


def _from_xml(xml: bytes, pages: Sequence[PageReading]) -> Extraction:
    from analysis import einvoice

    extraction = einvoice.locate(einvoice.parse(xml), pages)
    return _with_issues(extraction, einvoice.mismatches(extraction, pages))


def _from_pages(
    pages: Sequence[PageReading],
    kind: str | None,
    lessons: Sequence[Lesson],
    model: Model | None,
    draw: Draw | None,
    whole: bool,
) -> Extraction:
    if not whole and len(parts := invoices(pages, kind)) > 1:
        first = _from_pages(pages[: parts[0].stop], kind, lessons, model, draw, whole=True)
        return _with_issues(first, [splitting.issue_of(parts)])
    readings = (model or learned.shipped()).beside(_by_rules(pages, kind), pages)
    readings += llm_readings(readings[0].document_type, pages, draw)
    found = fuse(readings)
    found = habits.apply(found, pages, lessons)
    return arithmetic.settle(found, pages)


def _by_rules(pages: Sequence[PageReading], kind: str | None) -> Extraction:
    name = kind or document_types.detect(pages)
    document_type = document_types.known(name)  # a kind that was asked for may have been deleted meanwhile
    if document_type.extract:
        return document_type.extract(pages)
    values = candidates(form_sheet(pages, document_type.fields), document_type.fields)
    best = {field: found[0] for field, found in values.items()}
    return Extraction(name, best, model_version=MODEL_VERSION, candidates=values)


def _with_issues(extraction: Extraction, issues: Sequence[Issue]) -> Extraction:
    return replace(extraction, issues=[*extraction.issues, *issues])


def _broken(error: InvalidInput) -> Issue:
    detail = f"The e-invoice in the document can't be used ({error.detail}) The fields were read off the page instead."
    return Issue("xml_unusable", detail, severity="warning")
