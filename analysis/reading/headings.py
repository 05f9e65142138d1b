"""Headings, known by how they are set and numbered, by bookmarks, and by what the whole document is set in."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from statistics import median
from typing import NamedTuple

from analysis.reading import layout
from documents.pages import Word

LARGER = 1.12  # times the size of the text, at least, if set in larger type
LARGER_SEEN = 1.4  # the same where only the height of scanned words is known
LEVELS = (1.7, 1.3)  # times the size of the text, for headings of the first and the second level
MAX_CHARACTERS = 160
SHORT = 60  # characters, of headings that only slanted type tells
_LIGHT = 0.25  # of the letters, at least, that are not bold make the text
PLAIN = 100  # characters, of headings that are no larger than the text
HEADING_LINES = 3  # at most; more in large type is a text
_NO_END = (",", ";", ":", ".", "…")
_NUMBERED = re.compile(r"^(?:\d+(?:\.\d+)*[.)]?|[A-Z][.)]|[IVX]+\.)\s+\S")
_SECTION = re.compile(r"^\d{1,2}((?:\.\d{1,2}){1,4})\.?\s+[^\W\d_a-z]")  # "2.1 Scope": set as the text is, too
_NUMBERING = re.compile(r"^\W*(?:(?:\d+(?:[.-]\d+)*|[A-Za-z]|[IVX]+)[.):]*\s+)?")
_LISTED = re.compile(r"\.\s?\.\s?\.|\s\d+$")  # with dots or the number of a page, as in a table of contents
_SENTENCE = re.compile(r"[^\W\d]{3}[.!?]\s+\S")
_WEB = re.compile(r"@\w|www\.|https?:|\w\.(?:com|org|net)\b")
_CAPTION = re.compile(
    r"(?:fig(?:ure|\.)?|table|chart|abb(?:ildung|\.)|tab(?:elle|leau|la|ella|el|\.)|figur[ae]|figuur|gráfico|schéma)"
    r"\s*[\dIVX]+(?:[.-]\d+)*\b",
    re.IGNORECASE,
)


class Style(NamedTuple):
    """How a word is set: size in points, whether in bold or slanted type, and its turn in degrees (by 90)."""

    size: float
    bold: bool = False
    italic: bool = False
    turn: int = 0

    @property
    def rounded(self) -> "Style":
        """With the size to half a point."""
        return self._replace(size=round(self.size * 2) / 2)


class Bookmark(NamedTuple):
    """An entry of the outline: its page from 1, its level from 0, and the letters and digits of its title."""

    page: int
    level: int
    key: str


class Typography(NamedTuple):
    """What is known of the whole document, from a sample of its pages.

    `body`: what most of its text is set in. `prose`: styles in which it also sets text, such as warnings in bold.
    `running`: the places (`place_of`) of lines that page after page has, such as its heads and feet.
    """

    body: Style | None = None
    prose: frozenset[Style] = frozenset()
    running: frozenset[tuple[int, Style]] = frozenset()
    bookmarks: tuple[Bookmark, ...] = ()

    def on_page(self, number: int) -> "Typography":
        """The same with the bookmarks of one page."""
        return self._replace(bookmarks=tuple(mark for mark in self.bookmarks if mark.page == number))


class Type(NamedTuple):
    """The type of a page: how its words are set, and what most of the text is set in."""

    styles: Mapping[Word, Style]
    body: Style
    document: Typography = Typography()

    @classmethod
    def of(cls, words: Sequence[Word], styles: Mapping[Word, Style], document: Typography | None = None) -> "Type":
        """Without `styles`, as in scans, the heights of the words have to do."""
        if not styles:
            return cls(styles, Style(median(word.y1 - word.y0 for word in words) if words else 0.0))
        counts = letters_by_style(words, styles)
        own = body_of(counts)
        if document is None or document.body is None:
            return cls(styles, own)
        # A page may be set smaller than the others; one with few large words is not all headings.
        smaller = own.size < document.body.size and not own.bold
        return cls(styles, own if smaller else document.body._replace(turn=own.turn), document)

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


def letters_by_style(words: Sequence[Word], styles: Mapping[Word, Style]) -> Counter[Style]:
    """How many characters are set in each style."""
    counts: Counter[Style] = Counter()
    for word in words:
        counts[(styles.get(word) or Style(word.y1 - word.y0)).rounded] += len(word.text)
    return counts


def body_of(letters: Counter[Style]) -> Style:
    """What text is set in: its commonest style, and a bold one only if next to nothing else is there."""
    light = Counter({style: count for style, count in letters.items() if not style.bold})
    enough = light.total() > _LIGHT * letters.total()
    return next((style for style, _ in (light if enough else letters).most_common(1)), Style(0.0))


def heading_levels(lines: Sequence[layout.Line], page: Type) -> list[int | None]:
    """For each line of a flow 1 to 6 if it is (a part of) a heading; None otherwise."""
    levels = [heading_level(line, page) for line in lines]
    for start, end in groups(lines, page):
        if not _is_larger(page.of_line(lines[start]), page) and is_text(lines[start:end]):
            kept = [bool(_NUMBERED.match(_text(line))) for line in lines[start:end]]
            levels[start:end] = [level if keep else None for level, keep in zip(levels[start:end], kept, strict=True)]
    for index, level in _sections(lines):
        if levels[index] is None and not _is_running(lines[index], page):
            levels[index] = level
    for start, end, level in _bookmarked(lines, page):
        levels[start:end] = [level] * (end - start)
    return levels


def heading_level(line: layout.Line, page: Type) -> int | None:
    """1 to 3 if the line, taken for itself, may be a heading; None otherwise."""
    text, style = _text(line), page.of_line(line)
    if not may_be(text) or len(layout.runs(line)) > 2 or not page.body.size or _is_running(line, page):
        return None
    ratio = style.size / page.body.size
    if _is_larger(style, page):
        return None if _is_prose(style, page.document) else 1 if ratio >= LEVELS[0] else 2 if ratio >= LEVELS[1] else 3
    stressed = (style.bold and not page.body.bold) or (style.italic and not page.body.italic and len(text) < SHORT)
    return 3 if stressed and ratio > 0.95 and _may_be_plain(text) else None


def groups(lines: Sequence[layout.Line], page: Type) -> Iterator[tuple[int, int]]:
    """Runs of lines, as (first, after the last), that stand below each other and are set alike."""
    styles, start = [page.of_line(line).rounded for line in lines], 0
    for index in range(1, len(lines) + 1):
        if index == len(lines) or styles[index] != styles[start] or not _is_below(lines[index - 1], lines[index]):
            yield start, index
            start = index


def is_text(group: Sequence[layout.Line]) -> bool:
    """Whether lines that are set alike are a text rather than a heading: too many, or with the end of a sentence."""
    return len(group) > HEADING_LINES or (len(group) > 1 and not all(may_be(_text(line)) for line in group))


def may_be(text: str) -> bool:
    """Whether the words alone allow for a heading."""
    letters = sum(map(str.isalpha, text))
    if letters < 2 or letters < len(text) / 3 or len(text) > MAX_CHARACTERS:
        return False
    if _CAPTION.match(text) or _WEB.search(text):
        return False
    return not text.endswith(_NO_END) or bool(_NUMBERED.match(text) and not text.endswith((",", ";")))


def place_of(line: layout.Line, page: Type) -> tuple[int, Style]:
    """Where a line stands on its page, to three points, and how it is set."""
    return round(line[0].y0 / 3), page.of_line(line).rounded


def key_of(text: str) -> str:
    """Letters and digits alone, without the numbering before them: bookmarks often leave it out."""
    bare = _NUMBERING.sub("", text, count=1)
    return "".join(filter(str.isalnum, bare or text)).casefold()


def _may_be_plain(text: str) -> bool:
    """What is no larger than the text must look all the more like a heading."""
    first = next(filter(str.isalpha, text), "")
    sentence = _SENTENCE.search(text) or first.islower()
    return not sentence and len(text) <= PLAIN


def _is_prose(style: Style, document: Typography) -> bool:
    """Whether the document sets text so: as most of it, or in some places."""
    body = document.body and not style.bold and not style.italic and style.size < 1.05 * document.body.size
    return bool(body) or style.rounded in document.prose


def _is_larger(style: Style, page: Type) -> bool:
    return style.size >= (LARGER if page.styles else LARGER_SEEN) * page.body.size > 0


def _is_running(line: layout.Line, page: Type) -> bool:
    return bool(page.document.running) and place_of(line, page) in page.document.running


def _is_below(line: layout.Line, following: layout.Line) -> bool:
    return -0.5 < (following[0].y0 - line[0].y1) / max(layout.height(line), 0.1) < 1.2


def _sections(lines: Sequence[layout.Line]) -> Iterator[tuple[int, int]]:
    """Lines with a number such as 2.1 before their words, set apart; not those of a table of contents."""
    numbers = [_SECTION.match(_text(line)) for line in lines]
    for index, match in enumerate(numbers):
        beside = [*numbers[max(index - 1, 0) : index], *numbers[index + 1 : index + 2]]
        text = _text(lines[index])
        if match is None or any(beside) or len(text) > PLAIN or _LISTED.search(text) or not may_be(text):
            continue
        if index and _gap(lines[index - 1], lines[index]) < 0.4:
            continue
        if len(layout.runs(lines[index])) <= 2 and not text.endswith("."):
            yield index, min(match[1].count(".") + 1, 3)


def _gap(line: layout.Line, following: layout.Line) -> float:
    """The space between two lines, in their height; the next column is far."""
    gap = (following[0].y0 - line[0].y1) / max(layout.height(following), 0.1)
    return gap if gap > -1 else 1.0


def _bookmarked(lines: Sequence[layout.Line], page: Type) -> Iterator[tuple[int, int, int]]:
    """Where a bookmark's words stand as one to three whole lines: first line, the one after the last, and the level.

    At the head of the page only if they stand nowhere else: chapters are named there on every page.
    """
    levels = {mark.key: min(mark.level + 1, 6) for mark in page.document.bookmarks if len(mark.key) > 2}
    places: dict[str, list[tuple[int, int]]] = {}
    for start in range(len(lines) if levels else 0):
        for end in range(start + 1, min(start + HEADING_LINES, len(lines)) + 1):
            key = key_of(" ".join(_text(line) for line in lines[start:end]))
            if key in levels:
                places.setdefault(key, []).append((start, end))
    for key, found in places.items():
        start, end = min(found, key=lambda place: _is_running(lines[place[0]], page))
        yield start, end, levels[key]


def _text(line: layout.Line) -> str:
    return " ".join(word.text for word in line)
