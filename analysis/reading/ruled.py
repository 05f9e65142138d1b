"""Tables whose cells are ruled: a grid is made of the lines that cross or touch each other."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import product

from analysis.reading import layout
from analysis.reading.tables import Cell, Table, cell_text, trimmed
from documents.pages import Box, Word

TOUCH = 3.0  # points between lines that are meant to touch
COVERED = 0.6  # of a cell's side must be ruled to close it
MAX_LINES = 800  # on a page, above which it shows a drawing
MAX_CELLS = 4_000  # of one table
MIN_FILLED = 0.25  # of the cells must hold text, or it is a chart
MIN_LINES = 3  # of text in several cells of one row, that may make rows of their own
ROWS_FULL = 0.7  # of those lines must go on in the cells that make them rows
FIGURES = 0.8  # of the words in a column of figures hold digits
RUNS_APART = 0.8  # times the height of the line: more parts what stands in neighbouring cells


def ruled_tables(words: Sequence[Word], rules: Iterable[Box]) -> list[Table]:
    """The tables that the rules draw around words, of at least two rows and columns."""
    across, down = _merged(rules)
    if not across or not down or len(across) + len(down) > MAX_LINES:
        return []
    found = [_table(words, *part) for part in _connected(across, down)]
    return [table for table in found if table is not None]


def _merged(rules: Iterable[Box]) -> tuple[list[Box], list[Box]]:
    """Horizontal and vertical lines without thickness; pieces of one line are put together."""
    across, down = [], []
    for rule in rules:
        if rule.x1 - rule.x0 >= rule.y1 - rule.y0:
            middle = (rule.y0 + rule.y1) / 2
            across.append(Box(rule.x0, middle, rule.x1, middle))
        else:
            middle = (rule.x0 + rule.x1) / 2
            down.append(Box(middle, rule.y0, middle, rule.y1))
    return _joined(across), [_turned(box) for box in _joined([_turned(box) for box in down])]


def _turned(box: Box) -> Box:
    return Box(box.y0, box.x0, box.y1, box.x1)


def _joined(lines: list[Box]) -> list[Box]:
    """Horizontal lines at one height that touch or overlap become one."""
    levels: list[list[Box]] = []
    for line in sorted(lines, key=lambda line: line.y0):
        if levels and line.y0 - levels[-1][0].y0 <= TOUCH:
            levels[-1].append(line)
        else:
            levels.append([line])
    return [box for level in levels for box in _runs(level)]


def _runs(level: list[Box]) -> list[Box]:
    found: list[Box] = []
    for line in sorted(level):
        if found and line.x0 - found[-1].x1 <= TOUCH:
            found[-1] = found[-1]._replace(x1=max(found[-1].x1, line.x1))
        else:
            found.append(line)
    return found


def _connected(across: list[Box], down: list[Box]) -> list[tuple[list[Box], list[Box]]]:
    """Groups of lines that cross or touch, directly or by way of others."""
    parent = list(range(len(across) + len(down)))
    for i, j in product(range(len(across)), range(len(down))):
        if _crosses(across[i], down[j]):
            parent[_root(parent, i)] = _root(parent, len(across) + j)
    groups: dict[int, tuple[list[Box], list[Box]]] = defaultdict(lambda: ([], []))
    for index, line in enumerate((*across, *down)):
        groups[_root(parent, index)][index >= len(across)].append(line)
    return [group for group in groups.values() if group[0] and group[1]]


def _root(parent: list[int], index: int) -> int:
    while parent[index] != index:
        parent[index] = parent[parent[index]]
        index = parent[index]
    return index


def _crosses(line: Box, other: Box) -> bool:
    return line.x0 - TOUCH <= other.x0 <= line.x1 + TOUCH and other.y0 - TOUCH <= line.y0 <= other.y1 + TOUCH


def _table(words: Sequence[Word], across: list[Box], down: list[Box]) -> Table | None:
    box = Box.around([*across, *down])
    xs = _edges([line.x0 for line in down], box.x0, box.x1)
    ys = _edges([line.y0 for line in across], box.y0, box.y1)
    if len(xs) < 3 or len(xs) * len(ys) > MAX_CELLS:
        return None
    inside = [word for word in words if _holds(box, word)]
    regions = _regions(inside, xs, ys, across, down)
    rows = _filled(inside, xs, ys, regions)
    table = trimmed(Table(box, tuple(rows)))
    cells = [cell for row in rows for cell in row]
    regions_count = len(set(regions.values()))
    if table is None or sum(bool(cell.text) for cell in cells) < MIN_FILLED * regions_count:
        return None
    return table


def _edges(places: list[float], first: float, last: float) -> list[float]:
    """Where rows or columns begin and end, also where a table is open at its sides."""
    edges: list[float] = []
    for place in sorted([*places, first, last]):
        if not edges or place - edges[-1] > TOUCH:
            edges.append(place)
    return edges


def _holds(box: Box, word: Word) -> bool:
    return box.x0 <= (word.x0 + word.x1) / 2 <= box.x1 and box.y0 <= (word.y0 + word.y1) / 2 <= box.y1


def _regions(
    words: list[Word], xs: list[float], ys: list[float], across: list[Box], down: list[Box]
) -> dict[tuple[int, int], int]:
    """Which cells of the grid are one: the number of its first one for each.

    Cells above each other are one if no line parts them, those beside each other if text runs on from one to the other.
    """
    width = len(xs) - 1
    parent = list(range(width * (len(ys) - 1)))
    turned = [_turned(line) for line in down]
    rows = [[word for word in words if ys[row] <= (word.y0 + word.y1) / 2 <= ys[row + 1]] for row in range(len(ys) - 1)]
    for row, column in product(range(len(ys) - 1), range(width)):
        index = row * width + column
        open_side = column + 1 < width and not _covered(turned, xs[column + 1], ys[row], ys[row + 1])
        if open_side and _runs_across(rows[row], xs[column + 1]):
            _unite(parent, index, index + 1)
        if row + 2 < len(ys) and not _covered(across, ys[row + 1], xs[column], xs[column + 1]):
            _unite(parent, index, index + width)
    return {divmod(index, width): _root(parent, index) for index in range(len(parent))}


def _runs_across(words: list[Word], place: float) -> bool:
    """Whether a word, or two with no more than a blank between them, stand across a place."""
    return any(
        run[0].x0 < place < run[-1].x1 for line in layout.arrange(words) for run in layout.runs(line, RUNS_APART)
    )


def _unite(parent: list[int], one: int, other: int) -> None:
    first, second = sorted((_root(parent, one), _root(parent, other)))
    parent[second] = first


def _covered(lines: list[Box], y: float, x0: float, x1: float) -> bool:
    """Whether horizontal lines at `y` cover most of what lies between x0 and x1."""
    shares = (min(line.x1, x1) - max(line.x0, x0) for line in lines if abs(line.y0 - y) <= TOUCH)
    return sum(share for share in shares if share > 0) >= COVERED * (x1 - x0)


def _filled(
    words: list[Word], xs: list[float], ys: list[float], regions: dict[tuple[int, int], int]
) -> list[tuple[Cell, ...]]:
    width = len(xs) - 1
    held: dict[int, list[Word]] = defaultdict(list)
    for word in words:
        column, row = _interval(xs, (word.x0 + word.x1) / 2), _interval(ys, (word.y0 + word.y1) / 2)
        held[regions[row, column]].append(word)
    rows: list[tuple[Cell, ...]] = []
    for row in range(len(ys) - 1):
        cells = [held[row * width + column] for column in range(width)]
        boxes = [Box(xs[column], ys[row], xs[column + 1], ys[row + 1]) for column in range(width)]
        rows += _rows(cells, boxes)
    return rows


def _interval(edges: list[float], place: float) -> int:
    return next((index for index in range(len(edges) - 2) if place < edges[index + 1]), len(edges) - 2)


def _rows(cells: list[list[Word]], boxes: list[Box]) -> list[tuple[Cell, ...]]:
    """One row, or, where no rules part the rows of a column of figures, one for each line of text."""
    lines = layout.arrange([word for cell in cells for word in cell])
    if not _are_rows(cells, lines):
        return [tuple(Cell(cell_text(cell), box) for cell, box in zip(cells, boxes, strict=True))]
    return [tuple(_on_line(cell, line, box) for cell, box in zip(cells, boxes, strict=True)) for line in lines]


def _are_rows(cells: list[list[Word]], lines: list[layout.Line]) -> bool:
    """Whether most lines go over several cells, and one of the cells has nothing but figures."""
    counts = [len(layout.arrange(cell)) for cell in cells]
    full = [cell for cell, count in zip(cells, counts, strict=True) if count >= max(MIN_LINES, ROWS_FULL * len(lines))]
    return len(full) > 1 and any(_is_figures(cell) for cell in full)


def _is_figures(words: list[Word]) -> bool:
    return sum(any(map(str.isdigit, word.text)) for word in words) >= FIGURES * len(words)


def _on_line(cell: list[Word], line: layout.Line, box: Box) -> Cell:
    words = [word for word in line if word in cell]
    around = Box.around(line)
    return Cell(" ".join(word.text for word in words), Box(box.x0, around.y0, box.x1, around.y1))
