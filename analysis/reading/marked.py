"""Headings no larger than the text: told by typeface, colour, capitals, place or number, if a document has several."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import pairwise
from statistics import median

from analysis.reading import layout
from analysis.reading.styles import FIXED, Mark, Style, Type
from analysis.reading.titles import is_listed, is_numbered, may_be, may_be_plain

LARGER = 1.12  # times the size of the text, at least, if set in larger type
SMALLEST = 0.8  # times the size of the text
APART = 0.3  # of a line's height more than between lines of the text, above a heading
SPACED = 0.8  # the same, if nothing else tells
PROSE_CHARACTERS = 25  # at least, in the line below
CAPITALS = 4  # letters, at least
FEW, FEW_PLAIN = 2, 3  # headings alike, at least; the latter if they are set as the text is
UNDER = 0.8  # of the lines, below which not all stand under headings
MOST = 0.5  # of the lines that are set so must be headings


def marked(lines: Sequence[layout.Line], page: Type, known: Collection[Mark] = ()) -> Iterator[tuple[int, int, Mark]]:
    """Lines of a flow that stand as headings do: the first, the one after the last, and what marks them.

    Those whose marks are `known` to be headings' need no space above them if the line before has ended.
    """
    if not lines or not page.body.size:
        return
    right = _sides(lines)[1]
    marks, gaps = marks_of(lines, page), [1.0, *(gap(*pair) for pair in pairwise(lines))]
    leading = _leading(gaps)
    for start, mark in enumerate(marks):
        own, end, above = _has_own_style(mark, page), start + 1, gaps[start] - leading
        if own and end < len(lines) and marks[end] == mark and gaps[end] < leading + APART:
            end += 1
        if not all(_may_be(line) for line in lines[start:end]) or not _fits(mark, page):
            continue
        if own and mark in known and marks[start - 1] != mark and not _is_full(lines[start - 1], lines[start], right):
            above = max(above, APART)
        if end == len(lines):  # its text is in the next column or on the next page
            if own and above >= APART:
                yield start, end, mark
            continue
        full = _is_full(lines[end - 1], lines[end], right)
        stands_out = _stands_out(mark, page, above, gaps[end] - leading, full=full)
        if stands_out and _is_text(lines[start], lines[end], marks[end], mark):
            yield start, end, mark


def marks_of(lines: Sequence[layout.Line], page: Type) -> list[Mark]:
    """The mark of each line of a flow; whether it is centred counts only if it is set as the text is."""
    left, right = _sides(lines)
    marks = [
        Mark(_style_of(line, page), _is_capitals(_text(line)), _is_centred(line, left, right), is_numbered(_text(line)))
        for line in lines
    ]
    return [mark._replace(centred=mark.centred and not _has_own_style(mark, page)) for mark in marks]


def _style_of(line: layout.Line, page: Type) -> Style:
    """Without what doesn't tell; small capitals are of several sizes."""
    style, body = page.of_line(line).rounded._replace(role="", turn=0), page.body._replace(turn=0)
    alike = style._replace(size=body.size) == body and SMALLEST <= style.size / body.size < LARGER
    return body if alike else style


def usual_marks(pages: Iterable[tuple[Sequence[layout.Line], Type]]) -> frozenset[Mark]:
    """The marks that headings of a document have, from its flows: several are set so, and not much else."""
    found: Counter[Mark] = Counter()
    lines_so: Counter[Mark] = Counter()
    under: Counter[Mark] = Counter()  # right below a larger heading: as the names of authors are
    plain = set()
    for lines, page in pages:
        lines_so.update(marks_of(lines, page) if lines else ())
        for start, end, mark in marked(lines, page):
            if end == len(lines):
                lines_so[mark] -= end - start
                continue
            found[mark] += end - start
            under[mark] += bool(start) and page.of_line(lines[start - 1]).size >= LARGER * page.body.size
            if not _has_own_style(mark, page):
                plain.add(mark)
    return frozenset(
        mark
        for mark, count in found.items()
        if count >= (FEW_PLAIN if mark in plain else FEW)
        and under[mark] < UNDER * count
        and (count > MOST * lines_so[mark] or _is_bare(mark, plain))
    )


def gap(line: layout.Line, following: layout.Line) -> float:
    """The space between two lines, in their height; the next column is far."""
    space = (following[0].y0 - line[0].y1) / max(layout.height(following), 0.1)
    return space if space > -1 else 1.0


def _leading(gaps: Sequence[float]) -> float:
    """The space between lines of the text, in their height."""
    return median(gaps[1:]) if len(gaps) > 4 else 0.1


def _may_be(line: layout.Line) -> bool:
    text = _text(line)
    return len(layout.runs(line)) == 1 and may_be(text) and may_be_plain(text) and not is_listed(text)


def _fits(mark: Mark, page: Type) -> bool:
    return mark.style.size >= SMALLEST * page.body.size and (mark.style.family != FIXED or page.body.family == FIXED)


def _has_own_style(mark: Mark, page: Type) -> bool:
    style, body = mark.style, page.body
    slanted = style.italic and not body.italic
    return slanted or (style.family, style.colour) != (body.family, body.colour)


def _is_bare(mark: Mark, plain: set[Mark]) -> bool:
    """Whether nothing but its place tells it from text."""
    return mark in plain and not (mark.capitals or mark.centred or mark.numbered)


def _stands_out(mark: Mark, page: Type, above: float, below: float, *, full: bool) -> bool:
    if _has_own_style(mark, page) or mark.capitals or mark.centred:
        return above >= APART
    return not full and (above >= APART if mark.numbered else above >= SPACED and above > below)


def _is_full(line: layout.Line, following: layout.Line, right: float) -> bool:
    """Whether the next line begins because its first word had no room in this one."""
    return right - _right(line) < following[0].x1 - following[0].x0 + layout.height(line)


def _sides(lines: Sequence[layout.Line]) -> tuple[float, float]:
    """The left and right edges of what is long enough for prose."""
    long = [line for line in lines if len(_text(line)) >= PROSE_CHARACTERS] or lines
    return min(_left(line) for line in long), max(_right(line) for line in long)


def _is_text(line: layout.Line, following: layout.Line, below: Mark, mark: Mark) -> bool:
    """Whether what follows is text that the line may be the heading of."""
    if below[:3] == mark[:3] and (mark.centred or mark.capitals or below.numbered):
        return False
    level = abs(_left(following) - _left(line)) < layout.height(line)
    return len(_text(following)) >= PROSE_CHARACTERS and (level or mark.centred or not mark.numbered)


def _is_capitals(text: str) -> bool:
    return sum(map(str.isupper, text)) >= CAPITALS and text.isupper()


def _is_centred(line: layout.Line, left: float, right: float) -> bool:
    before, after, size = _left(line) - left, right - _right(line), layout.height(line)
    return min(before, after) > 2 * size and abs(before - after) < size


def _left(line: layout.Line) -> float:
    return min(word.x0 for word in line)


def _right(line: layout.Line) -> float:
    return max(word.x1 for word in line)


def _text(line: layout.Line) -> str:
    return " ".join(word.text for word in line)
