"""The general reader: any type's fields by their labels, for document types that bring no reader of their own."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from analysis.findings import Found
from analysis.rules.currencies import find_currency
from analysis.rules.headings import find_iban, find_tax_id
from analysis.rules.labels import Label, Phrases
from analysis.rules.languages import FORM_LABELS, LABELS, ranked
from analysis.rules.printed import read_value, shape_of, values_shaped_like
from analysis.rules.sheet import Sheet, Spot
from analysis.rules.wordings import wordings
from documents.pages import PageReading

_WHOLE_DOCUMENT = {"currency": find_currency, "iban": find_iban, "tax_id": find_tax_id}
_SURE = 0.85  # of a value beside the surest label of its field
_IN_PROSE = 0.6  # a label within a sentence names a field less surely than one at the head of a column
_STRANGE = 0.8  # a value that looks unlike all examples
_MOST_CANDIDATES = 8
_FALLBACK = 12  # the rank of a label that is meant for people
_FAR_PAGES, _PER_PAGE = 10, 0.02  # forms stand on the first pages, and what follows speaks of them
_QUALIFIED = 0.7  # "glass deductible:" is not quite "deductible:"
_CLOSE = 25  # characters
_NUMBERING = re.compile(r"\W*(?:\d{1,2}[a-z]?[.)]?\s*)?\W*")  # of a form's boxes, or the mark of a list
_LABEL_ENDS = re.compile(r"\s*(?:$|\t|[:#*]|-\s|\(|[$€£]?\s?\d)")
_CAPTION = re.compile(r"(?:\d{1,2}[a-z]?|[a-z])[.)]\s?[A-Z']{2,} [A-Z']{2,}")
_EXPLAINS = re.compile(r"\s*\([^)]*\)?\s*:?\s*")  # "(last name, first name)" belongs to the label


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
    own = {name: _own(name, wanted) for name, wanted in fields.items()}
    sources = (own, FORM_LABELS, LABELS)
    merged = {name: [pair for one in sources for pair in one.get(name, [])] for one in sources for name in one}
    return replace(Sheet.of(pages), phrases=Phrases(merged))


def _own(name: str, wanted: Wanted) -> list[tuple[str, int]]:
    """The field's own labels: the surest, unless languages know the field and all it has is a label for people."""
    if wanted.hints or name not in FORM_LABELS:
        return ranked(wordings([*wanted.hints, wanted.label]))
    return [(text, _FALLBACK) for text in wordings([wanted.label])]


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
    """The nearest value beside or below the label; in a sentence only what stands close behind it."""
    alone = _stands_alone(label)
    if not alone and wanted.type in ("text", "boolean"):
        return
    score = _SURE * (alone or _IN_PROSE) / (1 + 0.03 * label.rank)
    score *= 1 - _PER_PAGE * min(label.row.page - 1, _FAR_PAGES)
    for spot in _spots(sheet, label) if alone else [_close_behind(sheet, label)]:
        value = read_value(sheet, spot, wanted.type, score * spot.score)
        if value and not _is_caption(sheet, value):
            yield _judged(value, wanted)
            return


def _spots(sheet: Sheet, label: Label) -> Iterator[Spot]:
    """Beside the label up to the next column, in the columns after it, below it."""
    rest = sheet.right_of(label)
    start = rest.start
    for part in rest.text.split("\t"):
        if part.strip(" :.-#*") and not _EXPLAINS.fullmatch(part):
            yield replace(rest, start=start, end=start + len(part))
        start += len(part) + 1
    yield from sheet.below(label)


def _is_caption(sheet: Sheet, value: Found) -> bool:
    """The next box's label in place of a value: "10d. RESERVED FOR LOCAL USE"."""
    return bool(_CAPTION.match(value.raw)) or bool(
        sheet.phrases.find(_NUMBERING.sub("", value.raw, count=1), fuzzy=False)[0]
    )


def _close_behind(sheet: Sheet, label: Label) -> Spot:
    rest = sheet.right_of(label)
    return replace(rest, end=min(rest.end, rest.start + _CLOSE))


def _stands_alone(label: Label) -> float:
    """How surely it is a form's label: a colon follows, or it has its column; 0 for a word of a sentence."""
    text = label.row.text
    before, after = text[: label.start].rpartition("\t")[2], text[label.end :]
    begins = bool(_NUMBERING.fullmatch(before))
    if ":" in text[label.end - 1 : label.end + 2]:
        return 1.0 if begins else _QUALIFIED
    return float(begins and bool(_LABEL_ENDS.match(after)))


def _judged(value: Found, wanted: Wanted) -> Found:
    """Less sure where the operator's examples all look different."""
    shapes = {shape_of(example) for example in wanted.examples}
    if not shapes or wanted.type not in ("text", "code") or shape_of(value.raw) in shapes:
        return value
    return replace(value, confidence=round(value.confidence * _STRANGE, 3))
