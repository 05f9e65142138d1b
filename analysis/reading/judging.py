"""Which lines are headings: trees that know many documents judge what the rules see in this one."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np

from analysis.reading import layout
from analysis.reading.lines import features
from analysis.reading.styles import Type
from analysis.reading.titles import is_chapter, is_listed, is_number, may_be, may_be_plain, section_of
from analysis.reading.trees import Trees

SHIPPED = Path(__file__).parent / "shipped" / "headings.npz"
LIKELY = 0.5  # from which a line is a heading that the rules didn't take for one
UNLIKELY = 0.1  # below which it is none although they did
LARGER = 1.05  # times the size of the text, or bold, is what the rules may have missed
_LEVELS = (1.7, 1.3)  # times the size of the text, for headings of the first and the second level


def judged(lines: Sequence[layout.Line], page: Type, levels: Sequence[int | None]) -> list[int | None]:
    """The rules' `levels` of a flow's lines, put right where the trees are sure; what is numbered as sections stays."""
    found, chosen = list(levels), candidates(lines, page, levels)
    if not chosen:
        return found
    likelihoods = shipped().likelihoods(np.array(features(lines, page, levels, chosen)))
    for index, likelihood in zip(chosen, likelihoods, strict=True):
        text = " ".join(word.text for word in lines[index])
        if levels[index] is None and likelihood >= LIKELY and _may_be(lines[index], text, page):
            found[index] = level_by_size(lines[index], page)
        elif likelihood < UNLIKELY and section_of(text) is None and not is_chapter(text):
            found[index] = None
    return found


def is_one(line: layout.Line) -> bool:
    """Whether a line has no wide gap, or only the one after a number: else it is a row of several texts."""
    runs = layout.runs(line)
    return len(runs) == 1 or (len(runs) == 2 and is_number(" ".join(word.text for word in runs[0])))


def _may_be(line: layout.Line, text: str, page: Type) -> bool:
    """Whether a line that the rules passed over may be a heading: not for a colour or a typeface alone."""
    style = page.of_line(line)
    stands_out = style.size >= LARGER * page.body.size or (style.bold and not page.body.bold)
    return stands_out and is_one(line) and may_be(text) and may_be_plain(text) and not is_listed(text)


def candidates(lines: Sequence[layout.Line], page: Type, levels: Sequence[int | None]) -> list[int]:
    """The lines that are looked at: all but those that are surely text, which are most."""
    text = page.body.key
    right = max((line[-1].x1 for line in lines), default=0.0)
    left = min((line[0].x0 for line in lines), default=0.0)
    return [
        index
        for index, line in enumerate(lines)
        if levels[index] or page.of_line(line).key != text or line[-1].x1 - line[0].x0 < 0.8 * (right - left)
    ]


def level_by_size(line: layout.Line, page: Type) -> int:
    """1 to 3."""
    ratio = page.of_line(line).size / max(page.body.size, 0.1)
    return 1 if ratio >= _LEVELS[0] else 2 if ratio >= _LEVELS[1] else 3


@lru_cache(maxsize=1)
def shipped() -> Trees:
    """The trees that come with the product."""
    return Trees.load(SHIPPED)
