"""Candidates: every value on the page that could be a field's, before anything is known of which one it is."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from analysis.findings import Extraction, Found
from analysis.rules.blocks import Block, blocks_of
from analysis.rules.dates import is_date
from analysis.rules.layout import Row, Segment
from analysis.rules.names import tidy_name
from analysis.rules.parties import address_lines
from analysis.rules.sheet import Sheet, found
from analysis.rules.totals import decimal_string
from documents.pages import Box

Kind = Literal["amount", "date", "number", "text", "address"]

_MOST = 400  # candidates of a kind in a document
_NUMBER = re.compile(r"(?<![\w/.-])(?=[\w/\-.]*\d)\w[\w/\-.]*\w(?![\w/-])|(?<!\S)\d(?!\S)")
_ISO_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_DECIMAL = re.compile(r"-?\d+(?:\.\d+)?")
_IDENTIFIER = re.compile(r"(?=\S*\d)[\w/\-.#]+")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A value and the span of the row where it stands; a value over several rows (an address) has them in `box`."""

    value: str
    row: Row
    start: int
    end: int
    box: Box | None = None
    raw: str = ""

    def found(self, confidence: float) -> Found:
        """As a finding of the learned model."""
        at = found(self.value, self.row, self.start, self.end, 0.0)
        box = self.box if self.box and self.row.boxed else at.box
        return Found(self.value, self.raw or at.raw, at.page, box, round(confidence, 3), "learned")


@dataclass(frozen=True)
class Document:
    """A document prepared for learning: its rows, and what the rules make of it."""

    sheet: Sheet
    rules: Extraction
    blocks: list[Block]

    @classmethod
    def of(cls, sheet: Sheet, rules: Extraction) -> "Document":
        return cls(sheet, rules, blocks_of(sheet))


def kind_of(name: str, values: Iterable[str]) -> Kind:
    """What a field holds, by the values that it had."""
    values = list(values)
    if name == "address" or name.endswith("_address"):
        return "address"
    if all(_ISO_DATE.fullmatch(value) for value in values):
        return "date"
    if name.endswith(("_number", "_id")):
        return "number"
    if all(_DECIMAL.fullmatch(value) for value in values):
        return "amount"
    return "number" if all(_IDENTIFIER.fullmatch(value) for value in values) else "text"


def candidates(document: Document, kind: Kind) -> list[Candidate]:
    """All candidates of the kind, from the top, each place once."""
    found = {(id(c.row), c.start, c.end, c.value): c for c in islice(_FINDERS[kind](document), _MOST)}
    return list(found.values())


def _amounts(document: Document) -> Iterator[Candidate]:
    sheet = document.sheet
    for row in sheet.rows:
        for amount in sheet.amounts(Segment(row, 0, len(row.text))):
            if not amount.percent and (amount.is_money or amount.decimals == 2):
                yield Candidate(decimal_string(amount.value), row, amount.start, amount.end)


def _dates(document: Document) -> Iterator[Candidate]:
    for row in document.sheet.rows:
        for date in document.sheet.dates(Segment(row, 0, len(row.text))):
            yield Candidate(date.iso, row, date.start, date.end)


def _numbers(document: Document) -> Iterator[Candidate]:
    for row in document.sheet.rows:
        for match in _NUMBER.finditer(row.text):
            if not is_date(match.group()) and not re.fullmatch(r"[\d.]+[.,]\d\d", match.group()):
                yield Candidate(match.group(), row, match.start(), match.end())


def _texts(document: Document) -> Iterator[Candidate]:
    """Each run of words, what follows a label in it, and the first part of a line that lists several."""
    for row in document.sheet.rows:
        for segment in row.segments():
            yield from _tidied(row, segment.start, segment.end)
            for match in re.finditer(r":\s*(?=\S)|\s+[·•●|–-]\s+|,\s+", segment.text):
                at = segment.start + match.end()
                if match.group().startswith(":"):
                    yield from _tidied(row, at, segment.end)
                else:
                    yield from _tidied(row, segment.start, segment.start + match.start())
                    break


def _tidied(row: Row, start: int, end: int) -> Iterator[Candidate]:
    value = tidy_name(row.text[start:end])
    if sum(map(str.isalpha, value)) >= 2:
        at = max(row.text.find(value, start, end), start)
        yield Candidate(value, row, at, min(at + len(value), end))


def _addresses(document: Document) -> Iterator[Candidate]:
    """The address lines of each block, and single lines that list name, street and town."""
    for block in document.blocks:
        lines = address_lines(block.lines)
        if lines:
            yield _joined(lines)
        if len(lines) == 1 and "," in lines[0].text:
            yield from _after_first_part(lines[0])
        for first in range(1, len(lines)):
            yield _joined(lines[first:])
    yield from (_of_rules(document, name) for name in ("address", "buyer_address") if _is_placed(document, name))


def _after_first_part(line: Segment) -> Iterator[Candidate]:
    for match in islice(re.finditer(r"\s+[·•●|–-]\s+|,\s+", line.text), 2):
        start = line.start + match.end()
        value = re.sub(r"\s+[·•●|–-]\s+", ", ", line.row.text[start : line.end])
        yield Candidate(" ".join(value.split()), line.row, start, line.end)


def _joined(lines: list[Segment]) -> Candidate:
    first = lines[0]
    value = ", ".join(" ".join(line.text.split()).strip(" ,") for line in lines)
    box = Box.around([line.box for line in lines])
    return Candidate(value, first.row, first.start, first.end, box, "\n".join(line.text for line in lines))


def _is_placed(document: Document, name: str) -> bool:
    return _row_of(document, name) is not None


def _row_of(document: Document, name: str) -> Row | None:
    """The row in which a finding of the rules begins."""
    field = document.rules.fields.get(name)
    if field is None or field.box is None or not isinstance(field.value, str):
        return None
    x, y = field.box.x0 + 1, field.box.y0 + 1
    rows = (r for r in document.sheet.rows if r.page == field.page and r.boxed)
    return next((r for r in rows if r.box.y0 <= y <= r.box.y1 and r.box.x0 <= x <= r.box.x1), None)


def _of_rules(document: Document, name: str) -> Candidate:
    field, row = document.rules.fields[name], _row_of(document, name)
    assert row is not None
    return Candidate(str(field.value), row, 0, len(row.text), field.box, field.raw)


_FINDERS: dict[Kind, Callable[[Document], Iterator[Candidate]]] = {
    "amount": _amounts, "date": _dates, "number": _numbers, "text": _texts, "address": _addresses,
}  # fmt: skip
