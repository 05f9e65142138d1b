"""How far the lines of a photographed page lean: words far apart on one of them belong together all the same."""

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from documents.pages import Word

_STEP = 0.004  # of slope
_REACH = 10  # steps to either side of what neighbouring words say
_STEEPEST = 0.35
_LEVEL = 0.01  # slopes up to this are of boxes, not of lines
_FEWEST = 8  # words, with fewer nothing is said


def slope_of(words: Sequence[Word]) -> float:
    """By how much the lines fall per unit to the right; 0.0 where too little says so.

    Neighbouring words say roughly how the lines lean; what makes the page's rows stand out the most, precisely.
    """
    if len(words) < _FEWEST:
        return 0.0
    around = _of_neighbours(words)
    height = sorted(word.y1 - word.y0 for word in words)[len(words) // 2]
    if height <= 0:
        return 0.0
    steps = range(-_REACH, _REACH + 1)
    best = max(steps, key=lambda step: _sharpness(words, around + step * _STEP, height) * (1 - 0.01 * abs(step)))
    slope = around + best * _STEP
    return slope if abs(slope) > _LEVEL else 0.0


def _of_neighbours(words: Sequence[Word]) -> float:
    """The weighted median of the slopes between a word and the next one right beside it."""
    slopes = sorted(
        ((_middle(b) - _middle(a)) / dx, dx)
        for a, b in pairwise(words)
        if (dx := (b.x0 + b.x1 - a.x0 - a.x1) / 2) > 0 and _beside(a, b)
    )
    half, passed = sum(weight for _, weight in slopes) / 2, 0.0
    for slope, weight in slopes:
        passed += weight
        if passed >= half:
            return max(-_STEEPEST, min(_STEEPEST, slope))
    return 0.0


def _beside(a: Word, b: Word) -> bool:
    height = min(a.y1 - a.y0, b.y1 - b.y0)
    return -0.5 * height < b.x0 - a.x1 < 1.5 * height and abs(_middle(b) - _middle(a)) < 0.6 * height


def _middle(word: Word) -> float:
    return (word.y0 + word.y1) / 2


def _sharpness(words: Sequence[Word], slope: float, height: float) -> float:
    """How much the words' middles gather in lines once the slope is taken out."""
    lines: Counter[int] = Counter()
    for word in words:
        at = (_middle(word) - slope * (word.x0 + word.x1) / 2) / (0.2 * height)
        for offset in (-1, 0, 1):
            lines[round(at) + offset] += 2 - abs(offset)
    return sum(count * count for count in lines.values())
