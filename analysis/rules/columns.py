"""Titles of a table's columns: found by their words, stacked over up to three rows."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from analysis.rules.labels import column_phrases
from analysis.rules.layout import Row, Segment, overlap
from analysis.rules.sheet import Sheet
from documents.pages import Box

NUMERIC = frozenset({"quantity", "unit_price", "amount", "tax_rate", "tax_amount", "discount"})
_MOST_ROWS = 3


@dataclass(frozen=True, slots=True)
class Column:
    """A titled column; `box` is that of its title."""

    name: str
    box: Box

    def apart(self, box: Box) -> float:
        """How far the box is from the title, horizontally; 0 where they overlap."""
        return max(self.box.x0 - box.x1, box.x0 - self.box.x1, 0.0)


def titles_at(sheet: Sheet, number: int) -> tuple[tuple[Column, ...], int] | None:
    """The columns, from left to right, of a table whose titles begin on this row, and the row after the titles."""
    row = sheet.rows[number]
    best: tuple[tuple[Column, ...], int] | None = None
    if not column_phrases().in_row(row):
        return None
    for count in range(1, _MOST_ROWS + 1):
        block = sheet.rows[number : number + count]
        if any(not _goes_on(row, other) for other in block):
            break
        columns = _columns(block)
        if _is_table({c.name for c in columns}) and (best is None or len(columns) > len(best[0])):
            best = columns, number + len(block)
    return best


def nearest(box: Box, columns: Sequence[Column]) -> Column:
    """The column whose title overlaps the box the most, else the nearest title."""
    return min(columns, key=lambda c: (c.apart(box), -overlap(c.box, box)))


def _goes_on(first: Row, other: Row) -> bool:
    """Titles stand close together; they hold no numbers, and no labels with their values."""
    near = other.page == first.page and other.box.y0 - first.box.y1 <= 2.5 * first.height
    return near and not re.search(r"\d\d|\d[.,]\d|:\s", other.text)


def _is_table(names: set[str]) -> bool:
    about_goods = bool(names & {"description", "article"}) or {"quantity", "unit_price"} <= names
    more = names & {"description", "quantity", "unit_price", "tax_rate", "article", "position"}
    return "amount" in names and about_goods and len(more) >= 2


def _columns(block: Sequence[Row]) -> tuple[Column, ...]:
    """Columns from titles: segments that stand over each other are one title."""
    named: list[Column] = []
    # From the right, where the amounts stand: "Amount … Total" is a quantity and an amount.
    for stack in sorted(_stacks(block), key=lambda s: -s[0].box.x0):
        taken = {column.name for column in named}
        name = _name(stack, taken)
        if name:
            named.append(Column(name, Box.around([s.box for s in stack])))
        else:
            named += _within(stack, taken)
    return tuple(sorted(named, key=lambda column: column.box.x0))


def _stacks(block: Sequence[Row]) -> list[list[Segment]]:
    stacks: list[list[Segment]] = []
    for segment in (segment for row in block for segment in row.segments()):
        over = next((s for s in stacks if s[-1].row is not segment.row and overlap(s[-1].box, segment.box) > 0.3), None)
        if over is None:
            stacks.append([segment])
        else:
            over.append(segment)
    return stacks


def _name(stack: Sequence[Segment], taken: set[str]) -> str | None:
    """The column that the whole stack names, else its first or last row."""
    whole = " ".join(s.text for s in stack).replace("- ", "")
    if whole.strip() == "#" and "position" not in taken:
        return "position"
    for text in (whole, re.sub(r"\(.*?\)", "", whole), stack[0].text, stack[-1].text):
        meanings, _ = column_phrases().find(text, fuzzy=stack[0].row.ocr)
        free = [meaning for meaning in meanings if meaning[0] not in taken]
        if free:
            return min(free, key=lambda meaning: meaning[1])[0]
    return None


def _within(stack: Sequence[Segment], taken: set[str]) -> list[Column]:
    """Titles that stand so close that they look like one text."""
    found: dict[str, Column] = {}
    for segment in stack:
        for label in column_phrases().in_row(segment.row):
            if segment.start <= label.start < segment.end and label.name not in taken:
                found.setdefault(label.name, Column(label.name, label.box))
    return list(found.values())
