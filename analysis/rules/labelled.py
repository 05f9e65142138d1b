"""The general reader: any type's fields by their labels, for document types that bring no reader of their own."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from analysis.findings import Found
from analysis.rules.headings import find_currency, find_iban, find_tax_id
from analysis.rules.labels import Label, Phrases
from analysis.rules.languages import LABELS, ranked
from analysis.rules.sheet import Sheet, Spot, found
from analysis.rules.totals import decimal_string
from documents.pages import PageReading

_WHOLE_DOCUMENT = {"currency": find_currency, "iban": find_iban, "tax_id": find_tax_id}


class Wanted(Protocol):
    """What the reader needs to know of a field."""

    @property
    def type(self) -> str: ...

    @property
    def label(self) -> str: ...

    @property
    def hints(self) -> tuple[str, ...]: ...


def extract_labelled(pages: Sequence[PageReading], fields: Mapping[str, Wanted]) -> dict[str, Found]:
    """For each field the best value of its type beside or below one of its labels."""
    if not fields:
        return {}
    sheet = Sheet.of(pages)
    phrases = Phrases({name: [*ranked([*f.hints, f.label]), *LABELS.get(name, [])] for name, f in fields.items()})
    labels = [label for row in sheet.rows for label in phrases.in_row(row)]
    results: dict[str, Found] = {}
    for name, wanted in fields.items():
        if finder := _WHOLE_DOCUMENT.get(wanted.type):
            best = finder(sheet)
        else:
            values = [v for label in labels if label.name == name for v in _values(sheet, label, wanted.type)]
            best = max(values, key=lambda value: value.confidence, default=None)
        if best:
            results[name] = best
    return results


def _values(sheet: Sheet, label: Label, type_: str) -> Iterator[Found]:
    for spot in sheet.spots(label):
        value = _value(sheet, spot, type_, 0.85 * spot.score / (1 + 0.03 * label.rank))
        if value:
            yield value
            return


def _value(sheet: Sheet, spot: Spot, type_: str, score: float) -> Found | None:
    if type_ == "date":
        date = next(iter(sheet.dates(spot)), None)
        return found(date.iso, spot.row, date.start, date.end, score) if date else None
    if type_ == "amount":
        amount = next((a for a in sheet.amounts(spot) if not a.percent), None)
        return found(decimal_string(amount.value), spot.row, amount.start, amount.end, score) if amount else None
    text = spot.text.strip().split("\t")[0]
    text = text.strip(" :.-#\t")
    start = spot.row.text.find(text, spot.start)
    return found(text, spot.row, start, start + len(text), 0.8 * score) if text else None
