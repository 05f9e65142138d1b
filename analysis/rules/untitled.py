"""Line items of tables without titles: the columns follow from rows in which quantity times price is the amount."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from analysis.findings import LineItem
from analysis.rules.amounts import Amount
from analysis.rules.cells import is_product
from analysis.rules.columns import Column
from analysis.rules.layout import Row, Segment, overlap
from analysis.rules.sheet import Sheet
from analysis.rules.tables import items_under
from documents.pages import Box

_ROWS = 2  # that multiply, at least; one alone may do so by chance
_MOST_NUMBERS = 8  # in a row of a table
_UNIT_LETTERS = 6
_SUMS = {"subtotal", "line_total", "total", "amount_due", "tax", "prepaid", "cash", "change"}


@dataclass(frozen=True, slots=True)
class _Product:
    """A row in which two numbers, from the left, multiply to the last one."""

    number: int
    row: Row
    factors: tuple[Amount, Amount]
    amount: Amount

    def box_of(self, amount: Amount) -> Box:
        return self.row.span_box(amount.start, amount.end)

    @property
    def texts(self) -> list[Segment]:
        return [s for s in self.row.segments() if sum(map(str.isalpha, s.text)) > 1]


def untitled_lines(sheet: Sheet) -> list[LineItem]:
    """The lines of the table that has the most rows that multiply. The sheet remembers which rows they took."""
    products = _alike([found for number in range(len(sheet.rows)) if (found := _product(sheet, number))])
    if len(products) < _ROWS:
        return []
    columns = tuple(sorted(_columns(sheet, products), key=lambda column: column.box.x0))
    first = products[0].number
    items, end = items_under(sheet, columns, first)
    sheet.table_rows.update(range(first, end))
    return [item.line() for item in items]


def _product(sheet: Sheet, number: int) -> _Product | None:
    row = sheet.rows[number]
    amounts = [a for a in sheet.amounts(Segment(row, 0, len(row.text))) if not a.percent]
    if any(label.name in _SUMS for label in sheet.labels[number]) or not 3 <= len(amounts) <= _MOST_NUMBERS:
        return None
    if not amounts[-1].is_money or not amounts[-1].value or not re.search(r"[^\W\d]{2}", row.text):
        return None
    pairs = ((one, other) for i, one in enumerate(amounts[:-1]) for other in amounts[i + 1 : -1])
    right = [pair for pair in pairs if is_product(pair[0].value, pair[1].value, amounts[-1].value)]
    return _Product(number, row, right[-1], amounts[-1]) if right else None


def _alike(products: Sequence[_Product]) -> list[_Product]:
    """The most rows whose numbers stand below each other."""
    sets = ([other for other in products if _is_aligned(one, other)] for one in products)
    return max(sets, key=len, default=[])


def _is_aligned(one: _Product, other: _Product) -> bool:
    pairs = zip((*one.factors, one.amount), (*other.factors, other.amount), strict=True)
    return all(overlap(one.box_of(a), other.box_of(b)) > 0.3 for a, b in pairs)


def _columns(sheet: Sheet, products: Sequence[_Product]) -> Iterator[Column]:
    """Columns as wide as what stands in them."""
    quantity, price = (0, 1) if _quantity_first(products) else (1, 0)
    yield Column("quantity", Box.around([p.box_of(p.factors[quantity]) for p in products]))
    yield Column("unit_price", Box.around([p.box_of(p.factors[price]) for p in products]))
    yield Column("amount", Box.around([p.box_of(p.amount) for p in products]))
    texts = [max(p.texts, key=lambda s: len(s.text)) for p in products if p.texts]
    if texts:
        yield Column("description", Box.around([s.box for s in texts]))
    rates = [p.box_of(a) for p in products for a in sheet.amounts(Segment(p.row, 0, len(p.row.text))) if a.percent]
    if rates:
        yield Column("tax_rate", Box.around(rates))
    yield from _texts_before(products, quantity)


def _texts_before(products: Sequence[_Product], quantity: int) -> Iterator[Column]:
    """Units between the quantity and what follows, and positions or articles' numbers at the left."""
    units = [
        segment.box
        for p in products
        for segment in p.texts
        if p.factors[quantity].end <= segment.start <= p.factors[quantity].end + 2
        and len(segment.text) <= _UNIT_LETTERS
    ]
    if len(units) > len(products) / 2:
        yield Column("unit", Box.around(units))
    firsts = [next(p.row.segments()) for p in products]
    if all(
        first.text.strip(".)").isdigit() and first.end <= p.factors[0].start
        for first, p in zip(firsts, products, strict=True)
    ):
        yield Column("position", Box.around([first.box for first in firsts]))


def _quantity_first(products: Sequence[_Product]) -> bool:
    """Whether the left one of the factors is the quantity: prices have two decimals, and quantities come first."""
    votes = Counter(
        left.decimals <= right.decimals and not left.currency
        for left, right in (product.factors for product in products)
    )
    return votes[True] >= votes[False]
