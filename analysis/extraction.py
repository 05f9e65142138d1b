"""Extraction: the sources of findings fused, best evidence first."""

from collections.abc import Sequence
from dataclasses import replace

from analysis import document_types, rules
from analysis.findings import Extraction, Issue
from analysis.fusion import fuse
from analysis.rules.labelled import extract_labelled
from documents.errors import InvalidInput
from documents.pages import PageReading

MODEL_VERSION = rules.VERSION


def extract(pages: Sequence[PageReading], *, xml: bytes | None = None, kind: str | None = None) -> Extraction:
    """What the document says: from its e-invoice XML where it has one that can be read, else from its pages.

    `kind` forces the document type; otherwise it is detected. Issues that come up on the way (a broken XML, an XML that
    doesn't agree with the page) are in `issues`. An order in place of an invoice raises InvalidInput.
    """
    if xml is None:
        return _from_pages(pages, kind)
    try:
        return _from_xml(xml, pages)
    except InvalidInput as error:
        printed = any(page.words for page in pages)
        if error.code == "order_not_invoice" or not printed:
            raise
        return _with_issues(_from_pages(pages, kind), [_broken(error)])


def _from_xml(xml: bytes, pages: Sequence[PageReading]) -> Extraction:
    from analysis import einvoice

    extraction = einvoice.locate(einvoice.parse(xml), pages)
    return _with_issues(extraction, einvoice.mismatches(extraction, pages))


def _from_pages(pages: Sequence[PageReading], kind: str | None) -> Extraction:
    readings = [_by_rules(pages, kind)]
    return fuse(readings)


def _by_rules(pages: Sequence[PageReading], kind: str | None) -> Extraction:
    name = kind or document_types.detect(pages)
    document_type = document_types.get(name)
    if document_type.extract:
        return document_type.extract(pages)
    return Extraction(name, extract_labelled(pages, document_type.fields), model_version=MODEL_VERSION)


def _with_issues(extraction: Extraction, issues: Sequence[Issue]) -> Extraction:
    return replace(extraction, issues=[*extraction.issues, *issues])


def _broken(error: InvalidInput) -> Issue:
    detail = f"The e-invoice in the document can't be used ({error.detail}) The fields were read off the page instead."
    return Issue("xml_unusable", detail, severity="warning")
