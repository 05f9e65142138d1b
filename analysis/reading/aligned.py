"""Tables whose columns are set apart by white space alone, found in lines that stand below each other."""

import math
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from statistics import fmean, median

from analysis.reading import layout
from analysis.reading.tables import Cell, Table, cell_text, trimmed
from documents.pages import Box, Word

WIDE = 1.0  # times the height of a line: a gap that may part columns
GUTTER = 0.6  # times the height of a line: the least width of what is free between columns; blanks are narrower
APART = 2.5  # times the height of a line: more ends a table
MIN_ROWS = 3
MAX_LINES = 300  # that are taken apart to find tables among them
FULL = 0.6  # of the lines fill two columns or more
LONG = 45  # characters: columns whose cells are all as long as that are prose
_MARK = re.compile(r"^(?:\W|o|\(?\w{1,3}[.)]|\(?[\divx.]+\)?)$")
_LEADER = re.compile(r"[.…·_]{4,}|^\.+$")

_Gap = tuple[float, float]
_Row = list[list[Word]]  # the words of each column


def aligned_tables(lines: Sequence[layout.Line]) -> list[tuple[int, int, Table]]:
    """Tables among the lines of one column of a page: first line, line after the last, table."""
    found: list[tuple[int, int, Table]] = []
    for start, end in _zones(lines):
        found += _tables(lines, start, end)
    return found


def _zones(lines: Sequence[layout.Line]) -> Iterator[tuple[int, int]]:
    """Stretches of lines close to each other, most of them with wide gaps: first line, and the one after the last."""
    start = last = None
    for index, line in enumerate(lines):
        if start is not None and last is not None and (_is_apart(lines[index - 1], line) or index - last > 2):
            yield start, last + 1
            start = None
        if _is_tabular(line):
            start, last = index if start is None else start, index
    if start is not None and last is not None:
        yield start, last + 1


def _is_apart(line: layout.Line, following: layout.Line) -> bool:
    gap = min(word.y0 for word in following) - max(word.y1 for word in line)
    return gap > APART * min(layout.height(line), layout.height(following))


def _is_tabular(line: layout.Line) -> bool:
    """With a wide gap, and without the dots that lead to a page number."""
    dots = sum(bool(_LEADER.search(word.text)) for word in line)
    return dots < 3 and len(layout.runs(line, WIDE)) > 1 and not any(_LEADER.search(word.text) for word in line[1:-1])


def _tables(lines: Sequence[layout.Line], start: int, end: int) -> Iterator[tuple[int, int, Table]]:
    """The table of a stretch, or those above and below its widest gap."""
    tabular = [line for line in lines[start:end] if _is_tabular(line)]
    if len(tabular) < MIN_ROWS:
        return
    gutters = _gutters(tabular)
    table = _table(lines[start:end], gutters) if gutters else None
    if table is not None:
        yield start, end, table
    if table is not None or end - start > MAX_LINES:
        return
    middle = max(range(start + 1, end), key=lambda index: _distance(lines[index - 1], lines[index]))
    for first, last in ((start, middle), (middle, end)):
        trimmed_first, trimmed_last = _trimmed(lines, first, last)
        yield from _tables(lines, trimmed_first, trimmed_last)


def _trimmed(lines: Sequence[layout.Line], start: int, end: int) -> tuple[int, int]:
    """Without the lines at both ends that have no wide gap."""
    inside = [index for index in range(start, end) if _is_tabular(lines[index])]
    return (inside[0], inside[-1] + 1) if inside else (start, start)


def _distance(line: layout.Line, following: layout.Line) -> float:
    return fmean(word.y0 for word in following) - fmean(word.y0 for word in line)


def _gutters(lines: Sequence[layout.Line]) -> list[float]:
    """The places between columns: free in all lines, or in most of many, and a gap wide enough in some."""
    size = median(layout.height(line) for line in lines)
    spared = len(lines) // 8
    events = sorted(
        (place, step)
        for line in lines
        for run in layout.runs(line, GUTTER)
        for place, step in ((run[0].x0, 1), (run[-1].x1, -1))
    )
    gaps: list[_Gap] = []
    covered, free_from = 0, -math.inf
    for place, step in events:
        before, covered = covered, covered + step
        if before <= spared < covered and place - free_from >= GUTTER * size:
            gaps.append((free_from, place))
        if covered <= spared < before:
            free_from = place
    return [(a + b) / 2 for a, b in gaps if math.isfinite(a) and _parts(lines, (a + b) / 2)]


def _parts(lines: Sequence[layout.Line], place: float) -> bool:
    """Whether there is a wide gap at the place in at least two lines."""
    wide = 0
    for line in lines:
        for word, following in pairwise(line):
            if word.x1 <= place <= following.x0 and following.x0 - word.x1 >= WIDE * (word.y1 - word.y0):
                wide += 1
    return wide > 1


def _table(lines: Sequence[layout.Line], gutters: list[float]) -> Table | None:
    """The lines in the columns that the gutters part, or None if that makes no table."""
    box = Box.around([word for line in lines for word in line])
    edges = list(pairwise([box.x0, *gutters, box.x1]))
    rows = [_cells(row, edges) for row in _wrapped([_columns(line, gutters) for line in lines])]
    table = trimmed(Table(box, tuple(rows)))
    return table if table is not None and _is_table(table) else None


def _columns(line: layout.Line, gutters: Sequence[float]) -> _Row:
    """The words of a line by column; what goes over a gutter belongs to the column in which it begins."""
    row: _Row = [[] for _ in range(len(gutters) + 1)]
    for run in layout.runs(line, GUTTER):
        crossing = any(run[0].x0 < gutter < run[-1].x1 for gutter in gutters)
        for word in run:
            place = run[0].x0 if crossing else (word.x0 + word.x1) / 2
            row[sum(place > gutter for gutter in gutters)].append(word)
    return row


def _wrapped(rows: list[_Row]) -> list[_Row]:
    """Rows again, with lines that only go on with the text of the row above put into it."""
    pitch = median(_top(row) - _top(above) for above, row in pairwise(rows)) if len(rows) > 1 else 0.0
    merged: list[_Row] = []
    for above, row in pairwise([rows[0], *rows]):
        if merged and row is not above and _top(row) - _top(above) <= 1.05 * pitch and _continues(merged[-1], row):
            merged[-1] = [words + more for words, more in zip(merged[-1], row, strict=True)]
        else:
            merged.append(row)
    return merged


def _top(row: _Row) -> float:
    return min(word.y0 for words in row for word in words)


def _continues(above: _Row, row: _Row) -> bool:
    """Whether a row has but text, no figures, below text of the row above, and nothing in the first column."""
    filled = [index for index, words in enumerate(row) if words]
    if row[0] and len(filled) == 1:
        return row[0][0].text[:1].islower() and bool(above[0])
    if row[0] or len(filled) >= sum(map(bool, above)):
        return False
    return all(above[index] and not any(map(str.isdigit, row[index][0].text)) for index in filled)


def _cells(row: _Row, edges: Sequence[_Gap]) -> tuple[Cell, ...]:
    words = [word for part in row for word in part]
    top, bottom = min(word.y0 for word in words), max(word.y1 for word in words)
    return tuple(Cell(cell_text(part), Box(x0, top, x1, bottom)) for part, (x0, x1) in zip(row, edges, strict=True))


def _is_table(table: Table) -> bool:
    """Enough rows that fill several columns, and neither a list with its marks nor prose in columns."""
    texts = [[cell.text for cell in row] for row in table.rows]
    full = sum(sum(map(bool, row)) > 1 for row in texts)
    if len(texts) < MIN_ROWS or full < FULL * len(texts):
        return False
    if all(_MARK.match(row[0]) for row in texts if row[0]) and len(texts[0]) == 2:
        return False
    lengths = [fmean([len(row[index]) for row in texts if row[index]]) for index in range(len(texts[0]))]
    return sum(length < LONG for length in lengths) > len(lengths) / 2
