"""Line items from tables: under titles that are known by their words, until the totals begin."""

import re
from collections.abc import Sequence
from decimal import Decimal

from analysis.findings import LineItem
from analysis.rules.amounts import Amount
from analysis.rules.cells import Cells, cells_of, is_product
from analysis.rules.columns import Column, titles_at
from analysis.rules.labels import Label
from analysis.rules.languages import WORDS, pattern_of
from analysis.rules.layout import Segment
from analysis.rules.sheet import Sheet
from analysis.rules.totals import CENT, decimal_string
from documents.pages import Box

_TOTALS = {"subtotal", "line_total", "total", "amount_due"}
_ADJUSTMENTS = {"allowance", "charge", "rounding", "tax"}
_PATIENCE = 100  # rows without a line after which a table is over
_END = pattern_of(WORDS["terms_end"])


def table_lines(sheet: Sheet) -> list[LineItem]:
    """The lines of all tables, from the top. The sheet remembers which rows they took."""
    lines: list[LineItem] = []
    number = 0
    while number < len(sheet.rows):
        titles = titles_at(sheet, number)
        if titles is None:
            number += 1
            continue
        columns, body = titles
        items, end = items_under(sheet, columns, body)
        if items:
            lines += [item.line() for item in items]
            sheet.table_rows.update(range(number, end))
        number = max(end, number + 1)
    return lines


def items_under(sheet: Sheet, columns: Sequence[Column], body: int) -> tuple[list["Item"], int]:
    """The items under the titles from row `body` on, over pages if need be, and the row after the last of them."""
    items: list[Item] = []
    pending: list[Segment] = []
    end = number = body
    while number < len(sheet.rows) and number - end <= _PATIENCE:
        cells = cells_of(sheet, sheet.rows[number], columns)
        if _END.fullmatch(cells.row.text.strip(" :\t-–")):
            break
        if _is_sum(sheet, number, cells, items):
            following = _next_page(sheet, columns, number) if items else None
            if following is None:
                break
            number = following
            continue
        number += 1
        adjustment = _named(sheet, number - 1, _ADJUSTMENTS)
        if _is_carried(sheet, number - 1, cells, items):
            continue
        if cells.starts_item and (cells.is_priced or not adjustment) and not _is_page_head(cells, items):
            items.append(Item(cells, pending))
            pending, end = [], number
        elif items:
            end = number if items[-1].go_on(cells, adjustment=adjustment) else end
        else:
            pending += cells.texts.get("description", [])
    return items, end


def _is_sum(sheet: Sheet, number: int, cells: Cells, items: Sequence["Item"]) -> bool:
    """A row of the totals, or what all lines so far add up to; at the head of a page that is a sum carried over."""
    if _is_total(sheet, number, cells) or _titles_sums(sheet, number):
        return True
    return _ends_by_sum(cells, items) and items[-1].page == cells.row.page


def _is_carried(sheet: Sheet, number: int, cells: Cells, items: Sequence["Item"]) -> bool:
    """A sum carried over from page to page."""
    carried = bool(_named(sheet, number, {"carried"}))
    return not cells.is_priced and (carried or _ends_by_sum(cells, items))


def _is_page_head(cells: Cells, items: Sequence["Item"]) -> bool:
    """A number at the head of a further page that is neither money nor a product: that of the invoice or the page."""
    begins = bool(items) and items[-1].page != cells.row.page
    return begins and not cells.is_priced and not cells.amounts["amount"].is_money


def _next_page(sheet: Sheet, columns: Sequence[Column], number: int) -> int | None:
    """The first row of the next page if lines go on there under the same titles, which stand there no more.

    Lines are quantities times prices: nothing less tells them from what else a last page has.
    """
    page = sheet.rows[number].page
    rows = [index for index in range(number + 1, len(sheet.rows)) if sheet.rows[index].page == page + 1]
    for index in rows:
        if titles_at(sheet, index):
            return None
        if cells_of(sheet, sheet.rows[index], columns).multiplies:
            return rows[0]
    return None


def _is_total(sheet: Sheet, number: int, cells: Cells) -> bool:
    """A row of the totals has a label and an amount, but not quantity and price."""
    if cells.is_priced:
        return False
    labels = [label for label in sheet.labels[number] if label.name in _TOTALS and _heads(label)]
    return any(a.is_money for label in labels for a in sheet.amounts(sheet.right_of(label)))


def _titles_sums(sheet: Sheet, number: int) -> bool:
    """A row of labels, each over its amount in the next row: "Net | VAT 20 % | Total"."""
    row, below = sheet.rows[number], sheet.rows[number + 1 : number + 2]
    columns = list(row.segments())
    names = [_sum_named(sheet, number, column) for column in columns]
    if len(columns) < 2 or not below or not _TOTALS & set(names) or names.count(None) > len(names) / 2:
        return False
    amounts = [a for a in sheet.amounts(Segment(below[0], 0, len(below[0].text))) if a.is_money]
    return below[0].page == row.page and len(amounts) >= len(columns) and titles_at(sheet, number) is None


def _sum_named(sheet: Sheet, number: int, column: Segment) -> str | None:
    """The total or adjustment that the column's text names."""
    within = [x for x in sheet.labels[number] if column.start <= x.start < column.end]
    return next((x.name for x in within if x.name in _TOTALS | _ADJUSTMENTS), None)


def _ends_by_sum(cells: Cells, items: Sequence["Item"]) -> bool:
    """An amount without quantity and price that is the sum of all lines so far is their total."""
    amount = cells.amounts.get("amount")
    if amount is None or len(items) < 1 or "quantity" in cells.amounts or "unit_price" in cells.amounts:
        return False
    return amount.value == sum((item.amount for item in items), Decimal()) and amount.value != 0


def _named(sheet: Sheet, number: int, names: set[str]) -> str | None:
    """The one of these labels that heads the row, if any."""
    return next((label.name for label in sheet.labels[number] if label.name in names and _heads(label)), None)


def _heads(label: Label) -> bool:
    """The label begins its column's text, and what stands before it in the row is no description."""
    before = label.row.text[: label.start].strip("#*-–: \t")
    begins = label.row.segment_at(label.start).start == label.start
    return len(before) <= 2 or (begins and len(before) < 25 and not re.search(r"\d", before))


class Item:
    """A line being put together from its rows."""

    def __init__(self, cells: Cells, before: Sequence[Segment]) -> None:
        self.cells = cells
        self.texts = {name: list(segments) for name, segments in cells.texts.items()}
        if "description" not in self.texts and before:
            self.texts["description"] = list(before)[-2:]
        self.amount = cells.amounts["amount"].value
        self._open = True
        self._last = cells.row

    @property
    def page(self) -> int:
        return self.cells.row.page

    def go_on(self, cells: Cells, *, adjustment: str | None) -> bool:
        """Takes in a row below: the rest of the description, a missing number, a discount. False: none of these.

        `adjustment`: the label that heads the row, if it is one of discounts, charges or taxes.
        """
        if adjustment:
            self._open = False
            return adjustment != "tax" and self._adjust(cells)
        self._complete(cells)
        segments = cells.texts.get("description", [])
        gap = cells.row.box.y0 - self._last.box.y1
        near = cells.row.page == self._last.page and gap < 0.9 * cells.row.height
        self._open = self._open and near and bool(segments) and not _is_remark(segments[0].text)
        if self._open:
            self.texts.setdefault("description", []).extend(segments)
            self._last = cells.row
        return near

    def _complete(self, cells: Cells) -> None:
        """Numbers that slipped to the next row, or a price worked out below the gross one: "= 18.00"."""
        close = cells.row.box.y0 - self._last.box.y1 < cells.row.height
        for name in ("quantity", "unit_price", "tax_rate"):
            amount = cells.amounts.get(name)
            if amount and close and name not in self.cells.amounts:
                self.cells.amounts[name] = amount
        price = cells.amounts.get("unit_price")
        if price and cells.row.text[: price.start].rstrip().endswith("="):
            self.cells.amounts["unit_price"] = price

    def _adjust(self, cells: Cells) -> bool:
        quantity, price = self.cells.amounts.get("quantity"), self.cells.amounts.get("unit_price")
        change = cells.amounts.get("amount")
        applies = change and quantity and price and abs(quantity.value * price.value - self.amount) <= CENT
        if change and applies and abs(change.value) < abs(self.amount):
            self.amount += change.value
            return True
        return False

    def line(self) -> LineItem:
        """The finished line."""
        amounts, row = self.cells.amounts, self.cells.row
        boxes = [s.box for part in self.texts.values() for s in part]
        description = " ".join(s.text for s in self.texts.get("description", []))
        return LineItem(
            description=re.sub(r"\s+", " ", description).strip(" :-–,") or None,
            quantity=_number(amounts.get("quantity")),
            unit=" ".join(s.text for s in self.texts.get("unit", [])).strip() or None,
            unit_price=_number(amounts.get("unit_price")),
            amount=decimal_string(self.amount),
            tax_rate=_number(amounts.get("tax_rate")),
            page=row.page,
            box=Box.around([row.box, *boxes]) if row.boxed else None,
            confidence=round(self._certainty() * min(w.confidence for w in row.words), 3),
        )

    def _certainty(self) -> float:
        """Quantity times price is the best witness."""
        quantity, price = self.cells.amounts.get("quantity"), self.cells.amounts.get("unit_price")
        if not quantity or not price:
            return 0.7
        return 0.93 if is_product(quantity.value, price.value, self.amount) else 0.5


def _is_remark(text: str) -> bool:
    """`GTIN: 4012…` or `Notes: …` is no part of the description."""
    return bool(re.match(r"[\w ./-]{2,30}\s?:", text))


def _number(amount: Amount | None) -> str | None:
    return None if amount is None else format(amount.value, "f")
