"""Line items that are no more than a text and an amount: rows below each other that add up to a printed sum."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from analysis.findings import LineItem
from analysis.rules.amounts import Amount
from analysis.rules.layout import Row, Segment
from analysis.rules.sheet import Sheet
from analysis.rules.totals import decimal_string
from documents.pages import Box

_SUMS = {"subtotal", "line_total", "total", "amount_due"}
_OTHERS = {"tax", "prepaid", "cash", "change", "rounding", "carried"}
_FEWEST, _MOST = 2, 200  # rows
_REPEATED = 3  # rows of the same text break down what stands above them
_CONFIDENCE = 0.8


@dataclass(frozen=True, slots=True)
class _Described:
    """A row of one text and one amount at its end."""

    number: int
    row: Row
    text: Segment
    amount: Amount

    def is_aligned(self, other: "_Described") -> bool:
        """Whether texts begin and amounts end below each other."""
        left, right = self.text.box.x0 - other.text.box.x0, self.row.box.x1 - other.row.box.x1
        return max(abs(left), abs(right)) < self.row.height


def described_lines(sheet: Sheet) -> list[LineItem]:
    """The most rows that add up to a sum of the document, in its order. The sheet remembers which rows they took."""
    sums = _sums(sheet)
    rows = [row for number in range(len(sheet.rows)) if (row := _described(sheet, number)) is not None]
    repeated = Counter(row.text.text.casefold() for row in rows)
    rows = [row for row in rows if repeated[row.text.text.casefold()] < _REPEATED and row.amount.value not in sums]
    best = max(_adding_up(rows[:_MOST], sums), key=len, default=[])
    sheet.table_rows.update(row.number for row in best)
    return [_line(row) for row in best]


def _sums(sheet: Sheet) -> set[Decimal]:
    """The amounts beside labels of sums."""
    labels = [label for label in sheet.labelled(*_SUMS) if label.row.text[: label.start].count(" ") < 2]
    return {amount.value for label in labels for amount in sheet.amounts(sheet.right_of(label)) if amount.is_money}


def _described(sheet: Sheet, number: int) -> _Described | None:
    row = sheet.rows[number]
    segments = list(row.segments())
    if not row.boxed or len(segments) != 2 or _has_label(sheet, number):
        return None
    text, last = segments
    amounts = sheet.amounts(last)
    if len(amounts) != 1 or not amounts[0].is_money or not amounts[0].value or sum(map(str.isalpha, last.text)) > 3:
        return None
    return _Described(number, row, text, amounts[0]) if sum(map(str.isalpha, text.text)) > 2 else None


def _has_label(sheet: Sheet, number: int) -> bool:
    """Whether the row begins with the name of a sum or a tax."""
    labels = sheet.labels[number]
    return any(label.name in _SUMS | _OTHERS and not label.start for label in labels)


def _adding_up(rows: Sequence[_Described], sums: set[Decimal]) -> Iterator[list[_Described]]:
    """Runs of aligned rows of one page, with nothing described left out between, whose amounts add up to a sum."""
    for start, first in enumerate(rows):
        total, taken = first.amount.value, [first]
        for row in rows[start + 1 :]:
            if row.row.page != first.row.page or not first.is_aligned(row):
                break
            total, taken = total + row.amount.value, [*taken, row]
            if total in sums and len(taken) >= _FEWEST:
                yield list(taken)


def _line(row: _Described) -> LineItem:
    return LineItem(
        description=row.text.text.strip(" :-–,"),
        amount=decimal_string(row.amount.value),
        page=row.row.page,
        box=Box.around([row.row.box]),
        confidence=round(_CONFIDENCE * min(word.confidence for word in row.row.words), 3),
    )
