"""Headings, known by the size and weight of their type and by where they stand."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import median
from typing import NamedTuple

from analysis.reading import layout
from documents.pages import Word

LARGER = 1.12  # times the size of the text, at least, if set in larger type
LARGER_SEEN = 1.4  # the same where only the height of scanned words is known
LEVELS = (1.7, 1.3)  # times the size of the text, for headings of the first and the second level
MAX_CHARACTERS = 160
SHORT = 60  # characters, of headings that only slanted type tells
_NO_END = (",", ";", ":", ".", "…")
_NUMBERED = re.compile(r"^(?:\d+(?:\.\d+)*\.?|[A-Z]\.|[IVX]+\.)\s+\S")


class Style(NamedTuple):
    """How a word is set: size in points, whether in bold or slanted type, and its turn in degrees (by 90)."""

    size: float
    bold: bool = False
    italic: bool = False
    turn: int = 0


class Type(NamedTuple):
    """The type of a page: how its words are set, and what most of its text is set in."""

    styles: Mapping[Word, Style]
    body: Style

    @classmethod
    def of(cls, words: Sequence[Word], styles: Mapping[Word, Style]) -> "Type":
        """Without `styles`, as in scans, the heights of the words have to do."""
        counts: Counter[Style] = Counter()
        for word in words:
            counts[_rounded(styles.get(word) or Style(word.y1 - word.y0))] += len(word.text)
        if not styles:
            return cls(styles, Style(median(word.y1 - word.y0 for word in words) if words else 0.0))
        return cls(styles, counts.most_common(1)[0][0] if counts else Style(0.0))

    def is_turned(self, word: Word) -> bool:
        """Whether a word is written in another direction than most, as along a margin."""
        return word in self.styles and self.styles[word].turn != self.body.turn

    def of_line(self, line: layout.Line) -> Style:
        """The size of most of its letters; bold or slanted only if all its words are."""
        sizes = [(self.styles.get(word) or Style(word.y1 - word.y0)) for word in line]
        lettered = [style for word, style in zip(line, sizes, strict=True) if any(map(str.isalnum, word.text))] or sizes
        return Style(
            median(style.size for style in lettered),
            all(style.bold for style in lettered),
            all(style.italic for style in lettered),
        )


def heading_level(line: layout.Line, page: Type) -> int | None:
    """1 to 3 if the line, taken for itself, may be a heading; None otherwise."""
    text, style = " ".join(word.text for word in line), page.of_line(line)
    if not _may_be(text) or len(layout.runs(line)) > 2 or not page.body.size:
        return None
    ratio = style.size / page.body.size
    if ratio >= (LARGER if page.styles else LARGER_SEEN):
        return 1 if ratio >= LEVELS[0] else 2 if ratio >= LEVELS[1] else 3
    stressed = (style.bold and not page.body.bold) or (style.italic and not page.body.italic and len(text) < SHORT)
    return 3 if stressed and ratio > 0.95 else None


def _may_be(text: str) -> bool:
    letters = sum(map(str.isalpha, text))
    if letters < 2 or letters < len(text) / 3 or len(text) > MAX_CHARACTERS:
        return False
    return not text.endswith(_NO_END) or bool(_NUMBERED.match(text) and not text.endswith((",", ";")))


def _rounded(style: Style) -> Style:
    return style._replace(size=round(style.size * 2) / 2)
