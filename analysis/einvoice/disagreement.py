"""Compares an e-invoice's XML with what its pages print, and says where the two disagree."""

from collections.abc import Sequence
from decimal import Decimal

from analysis import rules
from analysis.checks.values import number
from analysis.einvoice.locating import AMOUNTS, DATES, is_printed
from analysis.einvoice.pagetext import PageText, find_all, folded
from analysis.einvoice.rows import amounts_of
from analysis.findings import Extraction, Found, Issue, LineItem
from documents.pages import PageReading

# What a printed invoice always shows; else the XML belongs to another invoice, or somebody changed one of the two.
KEY_FIELDS = ("invoice_number", "date", "total")
_NAMES = {"date": "invoice date", "iban": "IBAN"}
_COMPARED = ("invoice_number", *DATES, *AMOUNTS, "iban")
_SURE_ENOUGH = 0.5  # of a value read off the page that stands against the XML
_SHORTEST = 4  # letters of a description by which a line is known


def mismatches(extraction: Extraction, pages: Sequence[PageReading]) -> list[Issue]:
    """A warning for each value of the XML that no page shows, with what is printed in its place.

    Key fields are warned about in any case, others only where the value that is printed instead was found. There are
    none if a page couldn't be read or there is no text at all.
    """
    texts = [PageText(page) for page in pages if page.words]
    if not texts or any(page.error for page in pages):
        return []
    missing = [name for name in _COMPARED if name in extraction.fields and not is_printed(name, extraction, texts)]
    lines = [index for index, item in enumerate(extraction.line_items) if not amounts_of(item.amount, texts)]
    if not missing and not lines:
        return []
    printed = rules.extract_invoice(pages)
    found = [issue for name in missing if (issue := _field(name, extraction, printed))]
    return found + [issue for index in lines if (issue := _line(index, extraction, printed, texts))]


def _field(name: str, extraction: Extraction, printed: Extraction) -> Issue | None:
    words, value = _NAMES.get(name, name.replace("_", " ")), extraction.fields[name].value
    other = printed.fields.get(name)
    if other and other.confidence >= _SURE_ENOUGH and not _same(name, str(value), other):
        shown = f"page {other.page} says {other.raw or other.value}"
    elif name in KEY_FIELDS:
        shown = "no page shows that"
    else:
        return None
    return _issue(f"The XML gives the {words} as {value}, but {shown}", name)


def _same(name: str, value: str, other: Found) -> bool:
    """Whether the page means the same after all; the sign of credit notes is printed or not."""
    if name in AMOUNTS:
        return abs(number(value) or Decimal(0)) == abs(number(other.value) or Decimal(0))
    return folded(value) == folded(str(other.value))


def _line(index: int, extraction: Extraction, printed: Extraction, texts: Sequence[PageText]) -> Issue | None:
    """The line of which the page shows another amount: the one with the same description, where there is just one."""
    item = extraction.line_items[index]
    if item.amount is None or not _is_known_by(item, extraction) or not find_all(texts, [[item.description or ""]]):
        return None
    same = [line for line in printed.line_items if _described(line) == _described(item) and line.amount]
    if len(same) != 1:
        return None
    detail = f"The XML gives the amount of line {index + 1} ({item.description}) as {item.amount}"
    return _issue(f"{detail}, but page {same[0].page} says {same[0].amount}", "line_items")


def _is_known_by(item: LineItem, extraction: Extraction) -> bool:
    name = _described(item)
    return len(name) >= _SHORTEST and sum(_described(other) == name for other in extraction.line_items) == 1


def _described(item: LineItem) -> str:
    return folded(item.description or "")


def _issue(what: str, field: str) -> Issue:
    detail = f"{what}; compare the printed invoice with its XML before you pay."
    return Issue("xml_not_on_page", detail, (field,), severity="warning")
