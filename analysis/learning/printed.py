"""Values as they stand on pages: where a value is printed, and what values of a type a row holds."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from analysis.findings import Found
from analysis.rules.amounts import Mark, find_amounts
from analysis.rules.dates import find_dates
from analysis.rules.layout import Row
from analysis.rules.totals import decimal_string
from documents.pages import Box

# How what could be read in two ways is meant: the order of a date, the mark of decimals.
READINGS: dict[str, tuple[str, ...]] = {"date": ("day_first", "month_first"), "amount": (".", ",")}


@dataclass(frozen=True, slots=True)
class Spot:
    """A value in a row, `row.text[start:end]`, and the reading that makes it this value."""

    row: Row
    start: int
    end: int
    value: str
    reading: str = ""

    @property
    def box(self) -> Box:
        return self.row.span_box(self.start, self.end)

    @property
    def place(self) -> tuple[float, float]:
        """The middle, as shares of the page's width and height."""
        box, (width, height) = self.box, self.row.page_size
        return (box.x0 + box.x1) / 2 / width, (box.y0 + box.y1) / 2 / height

    def found(self, confidence: float) -> Found:
        box = self.box if self.row.boxed else None
        raw = self.row.text[self.start : self.end]
        return Found(self.value, raw, self.row.page, box, confidence, "learned")


def find(rows: Sequence[Row], type_: str, value: str) -> list[Spot]:
    """Every place where the value is printed, in whatever form, from top to bottom."""
    if type_ in READINGS:
        return [
            spot
            for row in rows
            for spot in _first_of_each(spot for how in READINGS[type_] for spot in values_in(row, type_, how))
            if _equal(spot.value, value)
        ]
    return [spot for row in rows for spot in _texts(row, value)]


def _first_of_each(spots: Iterator[Spot]) -> list[Spot]:
    """Without those that another reading gives, too."""
    return list({(spot.start, spot.value): spot for spot in reversed(list(spots))}.values())


def values_in(row: Row, type_: str, reading: str) -> Iterator[Spot]:
    """The dates or amounts in a row, read so."""
    if type_ == "date":
        for date in find_dates(row.text, day_first=reading != "month_first"):
            yield Spot(row, date.start, date.end, date.iso, reading)
        return
    mark: Mark = "," if reading == "," else "."
    for amount in find_amounts(row.text, mark, ocr=row.ocr):
        if not amount.percent:
            yield Spot(row, amount.start, amount.end, decimal_string(amount.value), reading)


def shape_of(text: str) -> str:
    """A pattern that texts built like this one match: `RE-2024/17` is letters, a dash, digits, a slash, digits."""
    parts = re.findall(r"[^\W\d_]+|\d+|.", text)
    return "".join(r"\d+" if part.isdigit() else r"[^\W\d_]+" if part.isalpha() else re.escape(part) for part in parts)


def compact(text: str) -> tuple[str, list[int]]:
    """The letters and digits alone, lower case, and where each stood."""
    kept = [(letter.lower()[:1], at) for at, letter in enumerate(text) if letter.isalnum()]
    return "".join(letter for letter, _ in kept), [at for _, at in kept]


def _texts(row: Row, value: str) -> Iterator[Spot]:
    wanted, _ = compact(value)
    letters, at = compact(row.text)
    if not wanted:
        return
    for match in re.finditer(re.escape(wanted), letters):
        start, end = at[match.start()], at[match.end() - 1] + 1
        if not row.text[start - 1 : start].isalnum() and not row.text[end : end + 1].isalnum():
            yield Spot(row, start, end, row.text[start:end])


def _equal(one: str, other: str) -> bool:
    try:
        return one == other or Decimal(one) == Decimal(other)
    except InvalidOperation:
        return False
