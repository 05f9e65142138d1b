"""Cells: what stands in a row under which of a table's titles."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from analysis.rules.amounts import Amount, parse_number
from analysis.rules.columns import NUMERIC, Column, nearest
from analysis.rules.layout import Row, Segment, overlap
from analysis.rules.sheet import Sheet
from analysis.rules.totals import CENT

_MOST_LETTERS = 12  # in a cell that counts as a number: "20 Stk 7 % VAT (S)"


@dataclass(slots=True)
class Cells:
    """Texts and numbers of one row, by column."""

    row: Row
    texts: dict[str, list[Segment]]
    amounts: dict[str, Amount]

    @property
    def starts_item(self) -> bool:
        """An amount, and something that was bought for it."""
        goods = {"description", "article", "quantity", "unit_price"}
        return "amount" in self.amounts and bool(goods & (self.texts.keys() | self.amounts.keys()))

    @property
    def is_priced(self) -> bool:
        """Quantity and price stand there too: nothing but an item has all three."""
        return {"quantity", "unit_price", "amount"} <= self.amounts.keys()

    @property
    def multiplies(self) -> bool:
        """The amount is the quantity times the price."""
        return self.is_priced and is_product(*(self.amounts[n].value for n in ("quantity", "unit_price", "amount")))


def is_product(quantity: Decimal, price: Decimal, amount: Decimal) -> bool:
    """Whether they multiply, whatever their signs; prices are rounded to the cent."""
    tolerance = max(CENT, Decimal("0.005") * abs(quantity))
    return abs(abs(quantity * price) - abs(amount)) <= tolerance


def cells_of(sheet: Sheet, row: Row, columns: Sequence[Column]) -> Cells:
    """The row's segments, each under the title that it belongs to."""
    cells = Cells(row, {}, {})
    for segment in _split(row, columns):
        column = _column_of(segment, columns)
        amounts = sheet.amounts(segment) or (_glued(segment, sheet) if column.name == "quantity" else [])
        if column.name in NUMERIC and _is_number(segment, amounts):
            is_quantity = column.name == "quantity"
            cells.amounts.setdefault(column.name, amounts[0] if is_quantity else amounts[-1])
            if is_quantity:
                _note_unit(cells, segment, amounts[0])
        else:
            cells.texts.setdefault(column.name, []).append(segment)
    return cells


def _is_number(segment: Segment, amounts: Sequence[Amount]) -> bool:
    """A number, with at most a unit or a tax category beside it."""
    letters = sum(c.isalpha() for c in segment.text)
    return bool(amounts) and letters <= _MOST_LETTERS and amounts[0].start - segment.start <= 6


def _glued(segment: Segment, sheet: Sheet) -> list[Amount]:
    """A quantity whose unit follows without a blank: 60m."""
    match = re.match(r"\d+(?:[.,]\d+)?(?=[^\W\d]{1,4}$)", segment.text)
    if match is None:
        return []
    value = parse_number(match.group(), sheet.mark)
    return [Amount(segment.start, segment.start + match.end(), value, max(0, -int(value.as_tuple().exponent)))]


def _note_unit(cells: Cells, segment: Segment, amount: Amount) -> None:
    rest = segment.row.text[amount.end : segment.end].strip()
    if rest and rest[0].isalpha():
        cells.texts.setdefault("unit", []).append(Segment(segment.row, segment.end - len(rest), segment.end))


def _split(row: Row, columns: Sequence[Column]) -> Iterator[Segment]:
    """Segments, cut where one runs over into the next column."""
    for segment in row.segments():
        cuts = [begin for begin in row.starts if segment.start < begin < segment.end and _enters(row, begin, columns)]
        for start, end in pairwise([segment.start, *cuts, segment.end]):
            yield Segment(row, start, end if end == segment.end else end - 1)


def _enters(row: Row, begin: int, columns: Sequence[Column]) -> bool:
    """Whether the word at `begin` stands in another column than the word before it."""
    position = row.starts.index(begin)
    word, previous = row.words[position], row.words[position - 1]
    under, before = nearest(word.box, columns), nearest(previous.box, columns)
    text_before = before.name in NUMERIC and not re.search(r"\d", previous.text)
    if under.name == before.name and not (text_before and overlap(under.box, word.box) > 0):
        return False
    near = under.apart(word.box) < 1.5 * row.height
    enters = under.name in NUMERIC | {"unit"} and bool(re.search(r"\d", word.text)) and near
    leaves = before.name in NUMERIC | {"position", "article"} and overlap(before.box, previous.box) > 0
    return enters or leaves


def _column_of(segment: Segment, columns: Sequence[Column]) -> Column:
    """The nearest title's column; a text never belongs to a column of numbers where it can belong to one of texts."""
    column = nearest(segment.box, columns)
    if column.name not in NUMERIC or re.search(r"\d", segment.text):
        return column
    texts = [c for c in columns if c.name in ("description", "unit", "article")]
    reached = [c for c in texts if _reaches(columns, c, segment)]
    return min(reached, key=lambda c: abs(c.box.x0 - segment.box.x0), default=column)


def _reaches(columns: Sequence[Column], column: Column, segment: Segment) -> bool:
    """Whether the segment lies between the titles left and right of the column's own."""
    position = columns.index(column)
    left = columns[position - 1].box.x1 if position else float("-inf")
    right = columns[position + 1].box.x0 if position + 1 < len(columns) else float("inf")
    return left < segment.box.x1 and segment.box.x0 < right
