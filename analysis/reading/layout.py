"""Lines and reading order, from where the words stand.

Words are first joined into runs (neighbours of one line without a wide gap), runs into lines, and lines into columns
where two columns of prose stand side by side. Short columns, as in tables and letterheads, are read row by row.
"""

import unicodedata
from collections import Counter
from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter
from statistics import fmean

from documents.pages import Box, Word

Line = list[Word]
Run = list[Word]

WIDE_GAP = 1.5  # times the height of the line: more separates runs, and columns
SAME_LINE = 0.5  # of the smaller height must overlap
PROSE_CHARACTERS = 25  # a run has on average in a column of prose
PROSE_LINES = 6  # at least, side by side, make columns


def arrange(words: Sequence[Word]) -> list[Line]:
    """The lines of a page in reading order, each from left to right.

    Words must come roughly in order already (a text layer's content order, an OCR engine's lines).
    """
    lines = _lines(runs(words))
    return [as_read([word for run in line for word in run]) for line in _by_columns(lines)]


def runs(words: Sequence[Word], gap: float = WIDE_GAP) -> list[Run]:
    """Neighbours of one line without a wide gap, from words that come roughly in order; `gap` is in heights."""
    found: list[Run] = []
    for word in words:
        if found and _continues(found[-1][-1], word, gap):
            found[-1].append(word)
        else:
            found.append([word])
    return found


def is_rightward(line: Line) -> bool:
    """Whether most letters of a line are of a script that is written from left to right."""
    if all(word.text.isascii() for word in line):
        return True  # as most are, and at once
    kinds = Counter(unicodedata.bidirectional(char) for word in line for char in word.text)
    return kinds["L"] >= kinds["R"] + kinds["AL"]


def as_read(line: Line) -> Line:
    """The words in the order in which they are read, which begins on the right in Arabic or Hebrew.

    Latin words and figures within such a line are read from left to right, as they stand.
    """
    if is_rightward(line):
        return line
    parts = (list(part) for _, part in groupby(line, lambda word: is_rightward([word])))
    return [word for part in reversed(list(parts)) for word in (part if is_rightward(part) else reversed(part))]


def in_lines(found: Sequence[Run]) -> list[Line]:
    """Runs put into lines, from top to bottom, whatever columns they may stand in."""
    return [[word for run in line for word in run] for line in _lines(found)]


def height(words: Sequence[Word]) -> float:
    """The mean height of some words (at least one)."""
    return fmean(word.y1 - word.y0 for word in words)


def _continues(last: Word, word: Word, wide: float) -> bool:
    size = min(last.y1 - last.y0, word.y1 - word.y0)
    gap = word.x0 - last.x1
    return _overlap(last, word) >= SAME_LINE and -size < gap < wide * size


def _overlap(one: Word | Box, other: Word | Box) -> float:
    """How much of the lower one's height stands beside the other."""
    shared = min(one.y1, other.y1) - max(one.y0, other.y0)
    return shared / max(min(one.y1 - one.y0, other.y1 - other.y0), 1e-6)


def _lines(found: Sequence[Run]) -> list[list[Run]]:
    """Runs chained from left to right: each joins the line whose end it is level with, so that slanted lines hold."""
    lines: list[list[Run]] = []
    for run in sorted(found, key=lambda run: run[0].x0):
        top, bottom = run[0].y0, run[0].y1
        beside = (line for line in lines if line[-1][-1].y0 < bottom and line[-1][-1].y1 > top)
        fit, line = max(((_fit(line, run), line) for line in beside), key=itemgetter(0), default=(0.0, []))
        if fit >= SAME_LINE:
            line.append(run)
        else:
            lines.append([run])
    return sorted(lines, key=_middle)


def _fit(line: list[Run], run: Run) -> float:
    last, first = line[-1][-1], run[0]
    if first.x0 < last.x1 - (last.y1 - last.y0):
        return 0.0
    return min(_overlap(last, first), _alike(last, first))


def _alike(one: Word, other: Word) -> float:
    """How near the middles are, to choose among overlapping lines: 1 for level, 0 for a height apart."""
    apart = abs((one.y0 + one.y1) - (other.y0 + other.y1)) / 2
    return 1 - apart / max(one.y1 - one.y0, other.y1 - other.y0, 1e-6)


def _middle(line: list[Run]) -> float:
    return fmean(word.y0 + word.y1 for run in line for word in run)


def _by_columns(lines: list[list[Run]]) -> list[list[Run]]:
    """The lines again, with those that hold two columns of prose taken apart: the left column first, then the right."""
    gutter = _gutter(lines)
    if gutter is None:
        return lines
    ordered: list[list[Run]] = []
    left: list[list[Run]] = []
    right: list[list[Run]] = []
    for line in lines:
        before = [run for run in line if run[-1].x1 <= gutter]
        after = [run for run in line if run[0].x0 >= gutter]
        if len(before) + len(after) < len(line):  # something spans the gutter, such as a title: the columns end here
            ordered += left + right + [line]
            left, right = [], []
            continue
        left += [before] if before else []
        right += [after] if after else []
    return ordered + left + right


def _gutter(lines: list[list[Run]]) -> float | None:
    """The x between two columns of prose, or None."""
    pairs = [line for line in lines if len(line) == 2 and _prose(line[0]) and _prose(line[1])]
    if len(pairs) < PROSE_LINES:
        return None
    left = max(sorted(run[0][-1].x1 for run in pairs)[: max(1, len(pairs) * 9 // 10)])
    right = min(sorted(run[1][0].x0 for run in pairs)[len(pairs) // 10 :])
    return (left + right) / 2 if left < right else None


def _prose(run: Run) -> bool:
    return sum(len(word.text) + 1 for word in run) >= PROSE_CHARACTERS
