"""What tells a heading from text, line by line, as numbers: relative to the page, the document and the neighbours."""

from collections.abc import Collection, Sequence
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from analysis.reading import layout
from analysis.reading.styles import FIXED, Style, Type, Usage, is_running
from analysis.reading.titles import (
    is_caption,
    is_chapter,
    is_figure,
    is_listed,
    is_number,
    is_numbered,
    may_be,
    may_be_plain,
    section_of,
)

RISING = (0, 1, 2, 35, 75)  # features that only make headings likelier: size, bold, space above, the rules' word
FAR = 4.0  # heights: how far away neighbours may count
_PROSE_CHARACTERS = 25
_STOPS = ".。!?؟"
_BREAKS = ",;、，；-–"
_BULLETS = "•◦▪▫■□●○‣⁃∙·–—*-\uf0b7\uf0a7"
_UNKNOWN = Usage()


class Seen(NamedTuple):
    """A line with what is asked of it more than once."""

    line: layout.Line
    text: str
    style: Style
    left: float
    right: float
    runs: int

    @classmethod
    def of(cls, line: layout.Line, page: Type) -> "Seen":
        text = " ".join(word.text for word in layout.as_read(line))
        left, right = min(word.x0 for word in line), max(word.x1 for word in line)
        if not layout.is_rightward(line):  # mirrored, as if it were written from left to right
            left, right = -right, -left
        return cls(line, text, page.of_line(line).key, left, right, len(layout.runs(line)))


def features(
    lines: Sequence[layout.Line], page: Type, levels: Sequence[int | None], chosen: Collection[int]
) -> list[list[float]]:
    """A row of numbers for each of the `chosen` lines of a flow; `levels` is what the rules took for headings."""
    if not chosen:
        return []
    seen = [Seen.of(line, page) for line in lines]
    gaps = _gaps(lines)
    leading = median(gaps[1:-1]) if len(gaps) > 5 else 0.2
    long = [one for one in seen if len(one.text) >= _PROSE_CHARACTERS] or seen
    sides = min(one.left for one in long), max(one.right for one in long)
    top, bottom = min(word.y0 for word in page.styles), max(word.y1 for word in page.styles)
    starts = _groups(seen, gaps, leading)
    usage, text_share = dict(page.document.usage), page.text_share
    rows = []
    for index in chosen:
        one = seen[index]
        before = seen[index - 1] if index else None
        after = seen[index + 1] if index + 1 < len(seen) else None
        start, end = starts[index]
        rows.append(
            [
                *_type(one, page),
                *_words(one),
                *_place(one, sides),
                (one.line[0].y0 - top) / max(bottom - top, 1.0),
                min(gaps[index] - leading, FAR),
                min(gaps[index + 1] - leading, FAR),
                *_neighbour(one, before, page, sides),
                *_neighbour(one, after, page, sides),
                float(start == index),
                index - start,
                end - index,
                sum(len(other.text) for other in seen[start:end]),
                float(index == 0),
                float(index + 1 == len(seen)),
                *_around(seen, index),
                *usage.get(one.style, _UNKNOWN),
                text_share,
                float(levels[index] is not None),
                float(bool(index) and bool(levels[index - 1])),
                float(index + 1 < len(seen) and bool(levels[index + 1])),
                float(is_running(one.line, page)),
            ]
        )
    return rows


def _gaps(lines: Sequence[layout.Line]) -> list[float]:
    """The space above each line and below the last, in heights; FAR where a column begins."""
    between = (
        (below[0].y0 - above[0].y1) / max(min(layout.height(above), layout.height(below)), 0.1)
        for above, below in pairwise(lines)
    )
    return [FAR, *(space if space > -1 else FAR for space in between), FAR]


def _groups(seen: Sequence[Seen], gaps: Sequence[float], leading: float) -> list[tuple[int, int]]:
    """For each line the first and the one after the last of those that are set alike and stand close."""
    bounds: list[tuple[int, int]] = []
    start = 0
    for index in range(1, len(seen) + 1):
        if index == len(seen) or seen[index].style != seen[start].style or gaps[index] > leading + 0.3:
            bounds += [(start, index)] * (index - start)
            start = index
    return bounds


def _type(one: Seen, page: Type) -> list[float]:
    style, body = one.style, page.body
    bold = [page.styles[word].bold for word in one.line if word in page.styles]
    lead = next((index for index, is_bold in enumerate(bold) if not is_bold), len(bold))
    document = page.document.body or body
    return [
        style.size / max(body.size, 0.1),
        style.size / max(document.size, 0.1),
        style.bold - body.bold,
        style.italic - body.italic,
        float(style.family != body.family),
        float(style.family == FIXED),
        float(style.colour != body.colour),
        lead / max(len(bold), 1),
    ]


def _words(one: Seen) -> list[float]:
    text, letters = one.text, [char for char in one.text if char.isalpha()]
    words = [word.text for word in one.line]
    first = next(iter(letters), "")
    return [
        float(len(text)),
        float(len(words)),
        len(letters) / len(text),
        sum(map(str.isdigit, text)) / len(text),
        float(len(letters) > 2 and text.isupper()),
        sum(word[0].isupper() for word in words) / len(words),
        float(first.islower()),
        float(text[0] in _BULLETS),
        float(text[-1] in _STOPS),
        float(text[-1] in _BREAKS),
        float(text[-1] in ":："),
        float(text[-1].isdigit()),
        float(":" in text[:-1]),
        float(is_numbered(text)),
        float((section_of(text) or -1) + 1),
        float(is_number(text)),
        float(is_chapter(text)),
        float(is_listed(text)),
        float(is_caption(text)),
        float(may_be(text)),
        float(may_be_plain(text)),
        float(one.runs),
    ]


def _place(one: Seen, sides: tuple[float, float]) -> list[float]:
    left, right = sides
    width, height = max(right - left, 1.0), max(layout.height(one.line), 0.1)
    before, after = one.left - left, right - one.right
    return [
        (one.right - one.left) / width,
        min(before / height, 20),
        min(after / height, 20),
        float(min(before, after) > 2 * height and abs(before - after) < height),
    ]


def _neighbour(one: Seen, other: Seen | None, page: Type, sides: tuple[float, float]) -> list[float]:
    if other is None:
        return [-1.0] * 10
    return [
        other.style.size / max(one.style.size, 0.1),
        float(other.style == one.style),
        float(other.style == page.body.key),
        float(other.style.bold),
        float(len(other.text)),
        (other.right - other.left) / max(sides[1] - sides[0], 1.0),
        float(other.text[-1] in _STOPS),
        float(is_numbered(other.text) or other.text[0] in _BULLETS),
        (other.left - one.left) / max(layout.height(one.line), 0.1),
        float(is_figure(other.text) or is_caption(other.text)),
    ]


def _around(seen: Sequence[Seen], index: int) -> list[float]:
    """What the three lines on either side are like: rows of tables and words of drawings have short neighbours."""
    near = [*seen[max(index - 3, 0) : index], *seen[index + 1 : index + 4]]
    count = max(len(near), 1)
    return [
        sum(len(other.text) for other in near) / count,
        sum(other.runs > 1 for other in near) / count,
        sum(other.style == seen[index].style for other in near) / count,
    ]
