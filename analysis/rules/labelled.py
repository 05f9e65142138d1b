"""The general reader: any type's fields by their labels, for document types that bring no reader of their own."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from analysis.findings import Found
from analysis.rules.headings import find_currency, find_iban, find_tax_id
from analysis.rules.labels import Label, Phrases
from analysis.rules.languages import LABELS, ranked
from analysis.rules.printed import read_value, shape_of, values_shaped_like
from analysis.rules.sheet import Sheet, Spot
from analysis.rules.wordings import wordings
from documents.pages import PageReading

_WHOLE_DOCUMENT = {"currency": find_currency, "iban": find_iban, "tax_id": find_tax_id}
_SURE = 0.85  # of a value beside the surest label of its field
_IN_PROSE = 0.6  # a label within a sentence names a field less surely than one at the head of a column
_STRANGE = 0.8  # a value that looks unlike all examples
_MOST_CANDIDATES = 8


class Wanted(Protocol):
    """What the reader needs to know of a field."""

    @property
    def type(self) -> str: ...

    @property
    def label(self) -> str: ...

    @property
    def hints(self) -> tuple[str, ...]: ...

    @property
    def examples(self) -> tuple[str, ...]: ...


def extract_labelled(pages: Sequence[PageReading], fields: Mapping[str, Wanted]) -> dict[str, Found]:
    """For each field the best value of its type beside or below one of its labels."""
    return {name: values[0] for name, values in candidates(form_sheet(pages, fields), fields).items()}


def form_sheet(pages: Sequence[PageReading], fields: Mapping[str, Wanted]) -> Sheet:
    """The pages with the labels of these fields, beside those of invoices, which separate values as well."""
    own = {name: ranked(wordings([*wanted.hints, wanted.label])) for name, wanted in fields.items()}
    merged = {name: [*own.get(name, []), *LABELS.get(name, [])] for name in {**own, **LABELS}}
    return replace(Sheet.of(pages), phrases=Phrases(merged))


def candidates(sheet: Sheet, fields: Mapping[str, Wanted]) -> dict[str, tuple[Found, ...]]:
    """For each field that was found its values, the best first."""
    results = {}
    for name, wanted in fields.items():
        values = sorted(_candidates(sheet, name, wanted), key=lambda value: -value.confidence)
        if values:
            results[name] = tuple(_distinct(values))[:_MOST_CANDIDATES]
    return results


def _distinct(values: Iterable[Found]) -> Iterator[Found]:
    seen = []
    for one in values:
        if one.value not in seen:
            seen.append(one.value)
            yield one


def _candidates(sheet: Sheet, name: str, wanted: Wanted) -> list[Found]:
    if finder := _WHOLE_DOCUMENT.get(wanted.type):
        best = finder(sheet)
        return [best] if best else []
    values = [value for label in sheet.labelled(name) for value in _values(sheet, label, wanted)]
    return values or list(values_shaped_like(sheet, wanted.type, wanted.examples))


def _values(sheet: Sheet, label: Label, wanted: Wanted) -> Iterator[Found]:
    """The nearest value beside or below the label."""
    placed = 1.0 if _stands_alone(label) else _IN_PROSE
    for spot in _spots(sheet, label):
        value = read_value(sheet, spot, wanted.type, _SURE * placed * spot.score / (1 + 0.03 * label.rank))
        if value:
            yield _judged(value, wanted)
            return


def _spots(sheet: Sheet, label: Label) -> Iterator[Spot]:
    """Beside the label up to the next column, in the columns after it, below it."""
    rest = sheet.right_of(label)
    start = rest.start
    for part in rest.text.split("\t"):
        if part.strip(" :.-#"):
            yield replace(rest, start=start, end=start + len(part))
        start += len(part) + 1
    yield from sheet.below(label)


def _stands_alone(label: Label) -> bool:
    """Whether the label begins its column, or a colon follows: it is a form's label and no word of a sentence."""
    text = label.row.text
    begins = label.start == 0 or text[label.start - 1] == "\t"
    after = text[label.end - 1 : label.end + 2]
    return ":" in after or (begins and (label.end == len(text) or text[label.end] == "\t" or not _is_sentence(text)))


def _is_sentence(text: str) -> bool:
    return len(text.split()) > 12 or (text.rstrip().endswith((".", ",")) and len(text.split()) > 7)


def _judged(value: Found, wanted: Wanted) -> Found:
    """Less sure where the operator's examples all look different."""
    shapes = {shape_of(example) for example in wanted.examples}
    if not shapes or wanted.type not in ("text", "code") or shape_of(value.raw) in shapes:
        return value
    return replace(value, confidence=round(value.confidence * _STRANGE, 3))
