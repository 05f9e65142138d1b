"""Line items from tables: the row of column titles is found by its words, the cells by where they stand."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from analysis.findings import LineItem
from analysis.rules.amounts import Amount, parse_number
from analysis.rules.labels import Label, column_phrases
from analysis.rules.languages import WORDS, pattern_of
from analysis.rules.layout import Row, Segment, overlap
from analysis.rules.sheet import Sheet
from analysis.rules.totals import CENT, decimal_string
from documents.pages import Box

_NUMERIC = {"quantity", "unit_price", "amount", "tax_rate", "tax_amount", "discount"}
_TOTALS = {"subtotal", "line_total", "total", "amount_due", "tax"}
_END = pattern_of(WORDS["terms_end"])


@dataclass(frozen=True, slots=True)
class Column:
    """A titled column: `box` is that of its title, `x0`..`x1` where its cells may stand."""

    name: str
    box: Box
    x0: float
    x1: float


@dataclass(frozen=True, slots=True)
class Table:
    """Titles (in rows `first`..`body`-1 of the sheet) and the rows under them up to `end`."""

    columns: tuple[Column, ...]
    first: int
    body: int
    end: int


@dataclass(slots=True)
class _Cells:
    """What stands in one row, by column."""

    row: Row
    texts: dict[str, list[Segment]]
    amounts: dict[str, Amount]

    @property
    def starts_item(self) -> bool:
        """An amount, and something that was bought for it."""
        return "amount" in self.amounts and bool({"description", "quantity", "unit_price"} & (self.texts.keys() | self.amounts.keys()))

    @property
    def is_priced(self) -> bool:
        """Quantity and price stand there too: nothing but an item has all three."""
        return {"quantity", "unit_price", "amount"} <= self.amounts.keys()


def find_tables(sheet: Sheet) -> list[Table]:
    """The tables of lines, from the top; a table goes on over pages until the totals begin."""
    tables: list[Table] = []
    number = 0
    while number < len(sheet.rows):
        table = _table_at(sheet, number)
        if table is None:
            number += 1
            continue
        tables.append(table)
        number = max(table.end, number + 1)
    return tables


def table_items(sheet: Sheet, table: Table) -> list[LineItem]:
    """The lines of one table; descriptions may go on over the rows below."""
    items: list[_Item] = []
    pending: list[Segment] = []
    for number in range(table.body, table.end):
        cells = _cells(sheet, sheet.rows[number], table)
        if _is_carried(sheet, number):
            continue
        if cells.starts_item and (cells.is_priced or not _is_adjustment(sheet, number)):
            items.append(_Item(cells, pending))
            pending = []
        elif items:
            items[-1].go_on(cells, adjustment=_is_adjustment(sheet, number))
        else:
            pending += cells.texts.get("description", [])
    return [item.line() for item in items]


def _table_at(sheet: Sheet, number: int) -> Table | None:
    """The table whose titles begin on this row; they may take up to three rows."""
    titles = _titles(sheet, number)
    if not titles:
        return None
    columns, body = titles
    end = _end(sheet, number, body, columns)
    return Table(columns, number, body, end) if end > body else None


def _titles(sheet: Sheet, number: int) -> tuple[tuple[Column, ...], int] | None:
    row = sheet.rows[number]
    if not _title_labels(row):
        return None
    best: tuple[tuple[Column, ...], int] | None = None
    for count in (1, 2, 3):
        block = sheet.rows[number : number + count]
        if any(r.page != row.page or r.box.y0 - row.box.y1 > 2.5 * row.height or _has_values(r) for r in block):
            break
        columns = _columns(block)
        if _is_table({c.name for c in columns}) and (best is None or len(columns) > len(best[0])):
            best = columns, number + len(block)
    return best


def _has_values(row: Row) -> bool:
    """Titles hold no numbers, and no labels with their values."""
    return bool(re.search(r"\d\d|\d[.,]\d|:\s", row.text))


def _is_table(names: set[str]) -> bool:
    about_goods = names & {"description", "article"} or {"quantity", "unit_price"} <= names
    more = names & {"description", "quantity", "unit_price", "tax_rate", "article", "position"}
    return "amount" in names and bool(about_goods) and len(more) >= 2


def _title_labels(row: Row) -> list[Label]:
    return column_phrases().in_row(row)


def _columns(block: Sequence[Row]) -> tuple[Column, ...]:
    """Columns from titles that may be stacked over several rows: words that stand over each other are one title."""
    stacks = _stacks([s for row in block for s in row.segments()])
    named: list[tuple[str, Box]] = []
    taken: set[str] = set()
    # From the right, where the amounts stand: "Amount … Total" is a quantity and an amount.
    for stack in sorted(stacks, key=lambda s: -s[0].box.x0):
        name = _title_name(stack, taken)
        if name:
            taken.add(name)
            named.append((name, Box.around([s.box for s in stack])))
        else:
            named += _titles_within(stack, taken)
    named.sort(key=lambda column: column[1].x0)
    return _ranges(named)


def _stacks(segments: Sequence[Segment]) -> list[list[Segment]]:
    stacks: list[list[Segment]] = []
    for segment in segments:
        under = next((s for s in stacks if overlap(s[-1].box, segment.box) > 0.3), None)
        if under is None:
            stacks.append([segment])
        else:
            under.append(segment)
    return stacks


def _title_name(stack: Sequence[Segment], taken: set[str]) -> str | None:
    """The column that the whole stack names, else its first or last row."""
    whole = " ".join(s.text for s in stack).replace("- ", "")
    if whole.strip() == "#" and "position" not in taken:
        return "position"
    for text in (whole, re.sub(r"\(.*?\)", "", whole), stack[0].text, stack[-1].text):
        meanings, _ = column_phrases().find(text, fuzzy=stack[0].row.ocr)
        for name, _ in sorted(meanings, key=lambda m: m[1]):
            if name not in taken:
                return name
    return None


def _titles_within(stack: Sequence[Segment], taken: set[str]) -> list[tuple[str, Box]]:
    """Titles that stand so close that they look like one text."""
    titles = []
    for segment in stack:
        for label in column_phrases().in_row(segment.row):
            if segment.start <= label.start < segment.end and label.name not in taken:
                taken.add(label.name)
                titles.append((label.name, label.box))
    return titles


def _ranges(named: Sequence[tuple[str, Box]]) -> tuple[Column, ...]:
    """Where each column's cells may stand: up to its neighbours' titles."""
    edges = [float("-inf"), *(a[1].x1 for a in named)]
    nexts = [*(b[1].x0 for _, b in pairwise(named)), float("inf")]
    return tuple(
        Column(name, box, left, right) for (name, box), left, right in zip(named, edges, nexts, strict=False)
    )


def _end(sheet: Sheet, first: int, body: int, columns: tuple[Column, ...]) -> int:
    """The first row that belongs to the totals, the terms or another table."""
    for number in range(body, len(sheet.rows)):
        row = sheet.rows[number]
        labels = sheet.labels[number]
        total = any(label.name in _TOTALS and _heads(label) and _is_total(sheet, label) for label in labels)
        ends = _END.fullmatch(row.text.strip(" :\t-–"))
        if total or ends:
            return number
    return len(sheet.rows)


def _heads(label: Label) -> bool:
    """The label begins its column's text, and what stands before it in the row is no description."""
    before = label.row.text[: label.start].strip("#*-–: \t")
    return len(before) <= 2 or (label.row.segment_at(label.start).start == label.start and not re.search(r"\d", before) and len(before) < 25)


def _is_total(sheet: Sheet, label: Label) -> bool:
    """A total has an amount and no more than that: not a quantity, a price and an amount."""
    money = [a for a in sheet.amounts(sheet.right_of(label)) if a.is_money]
    return 1 <= len(money) <= 2 and label.name != "tax" or (bool(money) and label.exact and label.start < 3)


def _is_adjustment(sheet: Sheet, number: int) -> bool:
    """A discount or surcharge on the line above."""
    return any(label.name in ("allowance", "charge", "rounding", "tax") and _heads(label) for label in sheet.labels[number])


def _is_carried(sheet: Sheet, number: int) -> bool:
    """A sum carried over from one page to the next."""
    return any(label.name == "carried" and _heads(label) for label in sheet.labels[number])


def _cells(sheet: Sheet, row: Row, table: Table) -> _Cells:
    cells = _Cells(row, {}, {})
    for segment in _split(row, table.columns):
        column = _column_of(segment, table.columns)
        amounts = sheet.amounts(segment) or (_glued(segment, sheet) if column.name == "quantity" else [])
        if column.name in _NUMERIC and amounts and _is_number_cell(segment, amounts):
            cells.amounts.setdefault(column.name, amounts[0] if column.name == "quantity" else amounts[-1])
            if column.name == "quantity":
                _unit_beside(cells, segment, amounts[0])
        else:
            cells.texts.setdefault(column.name, []).append(segment)
    return cells


def _glued(segment: Segment, sheet: Sheet) -> list[Amount]:
    """A quantity whose unit follows without a blank: 60m."""
    match = re.match(r"\d+(?:[.,]\d+)?(?=[^\W\d]{1,4}$)", segment.text)
    if match is None:
        return []
    value = parse_number(match.group(), sheet.mark)
    return [Amount(segment.start, segment.start + match.end(), value, max(0, -int(value.as_tuple().exponent)))]


def _is_number_cell(segment: Segment, amounts: Sequence[Amount]) -> bool:
    """Mostly digits, or a number with a unit."""
    text = segment.text
    letters = sum(c.isalpha() for c in text)
    return letters <= 12 and (amounts[0].start - segment.start) <= 6


def _unit_beside(cells: _Cells, segment: Segment, amount: Amount) -> None:
    rest = segment.row.text[amount.end : segment.end].strip()
    if rest and rest[0].isalpha():
        cells.texts.setdefault("unit", []).append(Segment(segment.row, segment.end - len(rest), segment.end))


def _split(row: Row, columns: Sequence[Column]) -> Iterator[Segment]:
    """Segments, cut where one runs over into the next column's title."""
    for segment in row.segments():
        starts = [
            begin
            for begin, word in zip(row.starts, row.words, strict=True)
            if segment.start < begin < segment.end and _enters(row, begin, segment, columns)
        ]
        for start, end in pairwise([segment.start, *starts, segment.end]):
            yield Segment(row, start, end if end == segment.end else end - 1)


def _enters(row: Row, begin: int, segment: Segment, columns: Sequence[Column]) -> bool:
    """Whether the word at `begin` is the first of the segment that stands under another numeric column's title."""
    position = row.starts.index(begin)
    word, previous = row.words[position], row.words[position - 1]
    under, before = _nearest(word.box, columns), _nearest(previous.box, columns)
    text_before = before.name in _NUMERIC and not re.search(r"\d", previous.text)
    if under.name == before.name and not (text_before and overlap(under.box, word.box) > 0):
        return False
    near = _apart(under, word.box) < 1.5 * row.height
    numeric = under.name in _NUMERIC | {"unit"} and re.search(r"\d", word.text) and near
    leaves = before.name in _NUMERIC | {"position", "article"} and overlap(before.box, previous.box) > 0
    return bool(numeric or leaves)


def _nearest(box: Box, columns: Sequence[Column]) -> Column:
    """The column whose title overlaps the most, else the nearest title."""
    return min(columns, key=lambda c: (_apart(c, box), -overlap(c.box, box)))


def _apart(column: Column, box: Box) -> float:
    """How far the box is from the column's title, horizontally."""
    return max(column.box.x0 - box.x1, box.x0 - column.box.x1, 0.0)


def _column_of(segment: Segment, columns: Sequence[Column]) -> Column:
    nearest = _nearest(segment.box, columns)
    if nearest.name in _NUMERIC and not re.search(r"\d", segment.text):
        within = [c for c in columns if c.name in ("description", "unit", "article") and c.x0 < segment.box.x1 and c.x1 > segment.box.x0]
        return min(within, key=lambda c: abs(c.box.x0 - segment.box.x0), default=nearest)
    return nearest


class _Item:
    """A line being put together from its rows."""

    def __init__(self, cells: _Cells, before: Sequence[Segment]) -> None:
        self.cells = cells
        self.texts = {name: list(segments) for name, segments in cells.texts.items()}
        if "description" not in self.texts and before:
            self.texts["description"] = list(before)[-2:]
        self.amount = cells.amounts["amount"].value
        self._open = True
        self._last = cells.row

    def go_on(self, cells: _Cells, *, adjustment: bool) -> None:
        """Takes in a row below: the rest of the description, a missing number, or a discount."""
        if adjustment:
            self._open = False
            self._adjust(cells)
            return
        for name in ("quantity", "unit_price", "tax_rate"):
            if name in cells.amounts and name not in self.cells.amounts and cells.row.box.y0 - self._last.box.y1 < cells.row.height:
                self.cells.amounts[name] = cells.amounts[name]
        self._take_net_price(cells)
        segments = cells.texts.get("description", [])
        near = cells.row.page == self._last.page and cells.row.box.y0 - self._last.box.y1 < 0.9 * cells.row.height
        if self._open and near and segments and self._continues(segments):
            self.texts.setdefault("description", []).extend(segments)
            self._last = cells.row
        else:
            self._open = False

    def _take_net_price(self, cells: _Cells) -> None:
        """A price that was worked out below the gross one: "= 18.00"."""
        price = cells.amounts.get("unit_price")
        if price and cells.row.text[: price.start].rstrip().endswith("="):
            self.cells.amounts["unit_price"] = price

    def _continues(self, segments: Sequence[Segment]) -> bool:
        """A remark such as `GTIN: 4012…` or `Notes: …` is no more part of the description."""
        return not re.match(r"[\w ./-]{2,30}\s?:", segments[0].text)

    def _adjust(self, cells: _Cells) -> None:
        quantity, price = self.cells.amounts.get("quantity"), self.cells.amounts.get("unit_price")
        change = cells.amounts.get("amount")
        if change and quantity and price and abs(quantity.value * price.value - self.amount) <= CENT:
            self.amount += change.value

    def line(self) -> LineItem:
        amounts = self.cells.amounts
        description = " ".join(s.text.replace("\t", " ").strip() for s in self.texts.get("description", []))
        boxes = [s.box for part in self.texts.values() for s in part] + [self.cells.row.box]
        fits = self._fits(amounts)
        return LineItem(
            description=_tidy(description) or None,
            quantity=_number(amounts.get("quantity")),
            unit=" ".join(s.text for s in self.texts.get("unit", [])).strip() or None,
            unit_price=_number(amounts.get("unit_price")),
            amount=decimal_string(self.amount),
            tax_rate=_number(amounts.get("tax_rate")),
            page=self.cells.row.page,
            box=Box.around(boxes) if self.cells.row.boxed else None,
            confidence=round((0.93 if fits else 0.7 if fits is None else 0.5) * min(w.confidence for w in self.cells.row.words), 3),
        )

    def _fits(self, amounts: dict[str, Amount]) -> bool | None:
        """Whether quantity times price is the amount; None where one isn't printed."""
        quantity, price = amounts.get("quantity"), amounts.get("unit_price")
        if not quantity or not price:
            return None
        return abs(abs(quantity.value * price.value) - abs(self.amount)) <= max(CENT, Decimal("0.005") * abs(quantity.value))


def _number(amount: Amount | None) -> str | None:
    return None if amount is None else format(amount.value, "f")


def _tidy(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip(" :-–,")

