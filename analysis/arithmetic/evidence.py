"""What arithmetic may change, and into what: alternatives of each value, and what else the pages say about it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from analysis.arithmetic.confusions import readings
from analysis.checks.equations import FIELDS, Equation, Form, line_of, tax_entries, values_of
from analysis.checks.values import number, shown
from analysis.findings import Extraction, Found, LineItem
from analysis.rules.sheet import Sheet
from analysis.rules.totals import candidates_of, decimal_string, rank
from documents.pages import Box, PageReading, Word

_ONE = Decimal(1)
_CERTAIN = ("xml", "person")
_SURE = 0.9995  # confidence of an OCR word that can't be doubted


def chosen_from(extraction: Extraction) -> dict[str, set[Decimal]]:
    """The other values that were read for each amount."""
    found: dict[str, set[Decimal]] = {}
    for name in FIELDS:
        if name in extraction.fields and extraction.fields[name].source not in _CERTAIN:
            values = {number(one.value) for one in extraction.candidates.get(name, ())}
            found[name] = {value for value in values if value is not None}
    return found


def misread(extraction: Extraction, pages: Sequence[PageReading]) -> dict[str, set[Decimal]]:
    """What each value that OCR read may have been instead; values of a text layer are what they are."""
    scanned = {page.number: page for page in pages if page.source == "ocr"}
    return {
        name: readings(value)
        for name, value in values_of(extraction).items()
        if is_doubtful(place_of(name, extraction), scanned, below=_SURE)
    }


def is_doubtful(place: Found | LineItem | None, scanned: Mapping[int, PageReading], *, below: float) -> bool:
    """Whether OCR read the place, and some word in it with less certainty than `below`."""
    page = scanned.get(place.page) if place and place.page else None
    if place is None or page is None or place.source in _CERTAIN:
        return False
    words = [word for word in page.words if place.box is None or _within(word, place.box)]
    return any(word.confidence < below and any(map(str.isdigit, word.text)) for word in words)


def _within(word: Word, box: Box) -> bool:
    """Whether the middle of one lies in the other: a value may be a part of a word, or several words."""
    if word.y0 > box.y1 or word.y1 < box.y0:  # most are on another line
        return False
    return _holds(box, word.box) or _holds(word.box, box)


def _holds(outer: Box, inner: Box) -> bool:
    x, y = (inner.x0 + inner.x1) / 2, (inner.y0 + inner.y1) / 2
    return outer.x0 <= x <= outer.x1 and outer.y0 <= y <= outer.y1


def place_of(name: str, extraction: Extraction) -> Found | LineItem | None:
    """Where a value stands: its field, its line, or the tax breakdown."""
    if name.startswith("line_items."):
        return line_of(name, extraction.line_items)
    return extraction.fields.get(name.partition(".")[0])


def twins(extraction: Extraction) -> dict[str, str]:
    """Fields that were read from the very place of another one: they are no evidence for each other."""
    first: dict[tuple[Any, ...], str] = {}
    found: dict[str, str] = {}
    for name in FIELDS:
        one = extraction.fields.get(name)
        if one and one.box:
            original = first.setdefault((one.page, one.box, str(one.value)), name)
            found |= {name: original} if original != name else {}
    return found


def independent(equations: Sequence[Equation], twins: Mapping[str, str]) -> list[Equation]:
    """The equations over values with places of their own; those that compare a value with itself say nothing."""
    found = []
    for one in equations:
        forms = tuple(_over(form, twins) for form in one.forms)
        if not any(form.printed in names for form in forms for _, names in form.terms):
            found.append(replace(one, forms=forms))
    return found


def _over(form: Form, twins: Mapping[str, str]) -> Form:
    terms = tuple((factor, tuple(twins.get(name, name) for name in names)) for factor, names in form.terms)
    return replace(form, terms=terms, printed=twins.get(form.printed, form.printed))


def witnesses(extraction: Extraction, pages: Sequence[PageReading]) -> tuple[list[Equation], dict[str, Decimal]]:
    """Equations that may hold beside the required ones, and the values that they bring along."""
    bases = [f"taxes.{index}.base" for index in range(len(tax_entries(extraction)))]
    values = values_of(extraction)
    found = []
    if bases and "subtotal" in values and all(name in values for name in bases):
        form = Form(tuple((_ONE, (name,)) for name in bases), "subtotal")
        words = f"The bases by rate add up to {shown(form.expected(values))}"
        found.append(Equation("bases_sum", ("taxes", "subtotal"), words, (form,)))
    paid = _paid(pages) if extraction.document_type == "receipt" and "total" in values else {}
    if paid:
        found.append(_paid_equation(paid))
    return found, paid


def _paid(pages: Sequence[PageReading]) -> dict[str, Decimal]:
    """Cash and change of a receipt, as far as they are labelled."""
    sheet = Sheet.of(pages)
    best = {name: rank(candidates_of(sheet, name))[:1] for name in ("cash", "change")}
    values = {name: abs(found[0].value) for name, found in best.items() if found}
    return values if values.get("cash") else {}


def _paid_equation(paid: Mapping[str, Decimal]) -> Equation:
    change = [(-_ONE, ("change",))] if "change" in paid else []
    words = f"Cash {shown(paid['cash'])} - change {shown(paid.get('change', Decimal(0)))}"
    words += f" makes {shown(paid['cash'] - paid.get('change', Decimal(0)))}"
    return Equation("paid", ("total",), words, (Form(((_ONE, ("cash",)), *change), "total"),), Decimal("0.05"))


def applied(extraction: Extraction, changes: Mapping[str, Decimal]) -> Extraction:
    """The extraction with changed values; a candidate's place comes with it."""
    fields, items = dict(extraction.fields), list(extraction.line_items)
    for name, value in changes.items():
        head, _, rest = name.partition(".")
        if head == "line_items":
            index, part = rest.split(".")
            change: dict[str, Any] = {part: _printed(value, part)}
            items[int(index)] = replace(items[int(index)], **change)
        elif head == "taxes":
            fields["taxes"] = _with_entry(fields["taxes"], rest, value)
        elif head in fields:
            fields[name] = _field(extraction, name, value)
    return replace(extraction, fields=fields, line_items=items)


def _field(extraction: Extraction, name: str, value: Decimal) -> Found:
    same: Iterator[Found] = (one for one in extraction.candidates.get(name, ()) if number(one.value) == value)
    return next(same, replace(extraction.fields[name], value=decimal_string(value)))


def _with_entry(found: Found, rest: str, value: Decimal) -> Found:
    index, part = rest.split(".")
    entries = [dict(entry) for entry in found.value] if isinstance(found.value, list) else []
    entries[int(index)][part] = _printed(value, part)
    return replace(found, value=entries)


def _printed(value: Decimal, part: str) -> str:
    return format(value, "f") if part in ("quantity", "rate") else decimal_string(value)
