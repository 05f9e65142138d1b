"""The order in which a page is read: columns of prose one after the other, all else line by line."""

import math
from collections.abc import Iterator, Sequence
from statistics import fmean

from analysis.reading import layout
from analysis.reading.tables import Table
from documents.pages import Box

Item = layout.Line | Table
Flow = list[Item]  # what stands below each other in one column

MAX_UNITS = 1_000  # on a page, above which no columns are looked for
MIN_GUTTER = 4.0  # points or pixels between columns, at least
PROSE_RUNS = 4  # at least, on either side of a gutter
PROSE_CHARACTERS = 20  # on average, in a run of prose
DEPTH = 4  # of columns within columns

_Unit = layout.Run | Table
_Gap = tuple[float, float]


def flows(runs: Sequence[layout.Run], tables: Sequence[Table] = ()) -> list[Flow]:
    """Runs of words put into lines, and tables, in reading order: a flow for each column and each stretch between."""
    units: list[_Unit] = [*runs, *tables]
    ordered = [_in_lines(units)] if len(units) > MAX_UNITS else _ordered(units, DEPTH)
    joined: list[Flow] = []
    for flow in filter(None, ordered):
        if joined and _goes_on(joined[-1], flow):
            joined[-1] += flow
        else:
            joined.append(flow)
    return joined


def box_of(item: Item) -> Box:
    """Around a line or a table."""
    return item.box if isinstance(item, Table) else Box.around(item)


def _goes_on(flow: Flow, following: Flow) -> bool:
    """Whether two flows share a column: neither side sticks out on both ends, and the second begins below."""
    one, other = Box.around([box_of(item) for item in flow]), Box.around([box_of(item) for item in following])
    apart = abs(one.x0 - other.x0) + abs(one.x1 - other.x1)
    return other.y0 >= one.y0 and other.y1 > one.y1 and apart < 0.2 * max(one.x1 - one.x0, other.x1 - other.x0)


def _ordered(units: list[_Unit], depth: int) -> Iterator[Flow]:
    """Stretches of the page from top to bottom; those with a gutter are read column by column."""
    strips = _strips(units)
    plain: list[_Unit] = []
    start = 0
    while start < len(strips):
        end, gutter = _columns_from(strips, start) if depth else (start, None)
        if gutter is None:
            plain += strips[start]
            start += 1
            continue
        yield _in_lines(plain)
        plain = []
        inside = [unit for strip in strips[start:end] for unit in strip]
        for left in (True, False):
            yield from _ordered([unit for unit in inside if (_box(unit).x0 < gutter) == left], depth - 1)
        start = end
    yield _in_lines(plain)


def _strips(units: list[_Unit]) -> list[list[_Unit]]:
    """Groups that stand beside each other, from top to bottom."""
    strips: list[list[_Unit]] = []
    bottom = -math.inf
    for unit in sorted(units, key=lambda unit: _core(unit)[0]):
        top, end = _core(unit)
        if top >= bottom:
            strips.append([])
        strips[-1].append(unit)
        bottom = max(bottom, end)
    return strips


def _core(unit: _Unit) -> tuple[float, float]:
    """Top and bottom of the middle half: the boxes of close lines overlap."""
    box = _box(unit)
    quarter = (box.y1 - box.y0) / 4
    return box.y0 + quarter, box.y1 - quarter


def _columns_from(strips: list[list[_Unit]], start: int) -> tuple[int, float | None]:
    """Where the stretch of strips from `start` on ends that leave a gutter free, and the gutter's place; or None."""
    free: list[_Gap] = [(-math.inf, math.inf)]
    end, inside = start, free
    while end < len(strips):
        inside = _common(free, _free(strips[end]))
        if not any(math.isfinite(a) and math.isfinite(b) for a, b in inside) and end > start + 1 and _any_finite(free):
            break
        if not inside:
            break
        free, end = inside, end + 1
    units = [unit for strip in strips[start:end] for unit in strip]
    finite = [gap for gap in free if math.isfinite(gap[0]) and math.isfinite(gap[1])]
    for a, b in sorted(finite, key=lambda gap: gap[0] - gap[1]):
        if _is_gutter(units, (a + b) / 2):
            return end, (a + b) / 2
    return end, None


def _any_finite(gaps: list[_Gap]) -> bool:
    return any(math.isfinite(a) and math.isfinite(b) for a, b in gaps)


def _free(strip: list[_Unit]) -> list[_Gap]:
    """The stretches, wide enough for a gutter, that nothing of the strip covers."""
    gaps: list[_Gap] = []
    end = -math.inf
    for box in sorted(_box(unit) for unit in strip):
        if box.x0 - end >= MIN_GUTTER:
            gaps.append((end, box.x0))
        end = max(end, box.x1)
    return [*gaps, (end, math.inf)]


def _common(gaps: list[_Gap], others: list[_Gap]) -> list[_Gap]:
    common = ((max(a, c), min(b, d)) for a, b in gaps for c, d in others)
    return [(a, b) for a, b in common if b - a >= MIN_GUTTER]


def _is_gutter(units: list[_Unit], place: float) -> bool:
    """Whether prose stands on both sides."""
    sides = [unit for unit in units if _box(unit).x0 < place], [unit for unit in units if _box(unit).x0 >= place]
    return all(_is_prose([unit for unit in side if not isinstance(unit, Table)]) for side in sides)


def _is_prose(runs: list[layout.Run]) -> bool:
    return len(runs) >= PROSE_RUNS and fmean(_characters(run) for run in runs) >= PROSE_CHARACTERS


def _characters(run: layout.Run) -> int:
    return sum(len(word.text) + 1 for word in run)


def _in_lines(units: list[_Unit]) -> Flow:
    """Lines and tables from top to bottom."""
    lines: Flow = [*layout.in_lines([unit for unit in units if not isinstance(unit, Table)])]
    lines += [unit for unit in units if isinstance(unit, Table)]
    return sorted(lines, key=lambda item: box_of(item).y0 + (0 if isinstance(item, Table) else _half(item)))


def _half(line: layout.Line) -> float:
    return layout.height(line) / 2


def _box(unit: _Unit) -> Box:
    return unit.box if isinstance(unit, Table) else Box.around(unit)
