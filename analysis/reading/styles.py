"""How the words of a page and of a whole document are set: sizes, weights, roles, and what the text is set in."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from statistics import median
from typing import NamedTuple, TypeVar

from analysis.reading import layout
from documents.pages import Word

TAGGED = {"Title": 1, "H": 2} | {f"H{level}": level for level in range(1, 7)}  # levels of headings by role
FIXED = "fixed"
ARTIFACT = "Artifact"  # what belongs to no text, as its author says: running heads, ornaments
_USUAL = 0.2  # of the letters of a page, set as the document's text is, make it the page's, too
_LIGHT = 0.25  # of the letters, at least, that are not bold make the text


_Value = TypeVar("_Value", str, int)


class Style(NamedTuple):
    """How a word is set: size in points, whether in bold or slanted type, and its turn in degrees (by 90).

    `role`: what its author tagged it as, of "H1" to "H6", "H", "Title" and "Artifact" (a running head, an ornament).
    `family`: the typeface's name in small letters, FIXED for one of a typewriter. `colour`: red, green and blue, two
    bits each.
    """

    size: float
    bold: bool = False
    italic: bool = False
    turn: int = 0
    role: str = ""
    family: str = ""
    colour: int = 0

    @property
    def rounded(self) -> "Style":
        """With the size to half a point."""
        return self._replace(size=round(self.size * 2) / 2)

    @property
    def key(self) -> "Style":
        """Rounded, whatever it is tagged as and wherever it is turned: by this, uses of one style are counted."""
        return self._replace(size=round(self.size * 2) / 2, turn=0, role="")


class Bookmark(NamedTuple):
    """An entry of the outline: its page from 1, its level from 0, and the letters and digits of its title."""

    page: int
    level: int
    key: str


class Mark(NamedTuple):
    """What tells a line from the text around it; `style` without a role and as if it were upright."""

    style: Style
    capitals: bool
    centred: bool
    numbered: bool


class Usage(NamedTuple):
    """What a style is used for in a document: shares of 1, and characters.

    `lines` and `letters`: of all. `characters`: of its average line. `ended`: of its lines end as a sentence does.
    `alone`: of its lines stand in ones or twos. `above_text`: of them stand above a line of the text. `distinct`: of
    them say something of their own. `pages`: of the pages have it.
    """

    lines: float = 0.0
    letters: float = 0.0
    characters: float = 0.0
    ended: float = 0.0
    alone: float = 0.0
    above_text: float = 0.0
    distinct: float = 0.0
    pages: float = 0.0


class Typography(NamedTuple):
    """What is known of the whole document, from a sample of its pages.

    `body`: what most of its text is set in. `prose`: styles in which it also sets text, such as warnings in bold.
    `running`: the places (`place_of`) of lines that page after page has, such as its heads and feet.
    `tagged`: whether its author tagged headings. `headings`: marks of headings that are no larger than the text.
    `usage`: what each style (`Style.key`) is used for.
    """

    body: Style | None = None
    prose: frozenset[Style] = frozenset()
    running: frozenset[tuple[int, Style]] = frozenset()
    bookmarks: tuple[Bookmark, ...] = ()
    tagged: bool = False
    headings: frozenset[Mark] = frozenset()
    usage: tuple[tuple[Style, Usage], ...] = ()

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
        # A page may be set smaller than the others; one with few large words is not all headings, and one whose
        # drawings are set smaller still has a text.
        body = document.body._replace(turn=own.turn)
        usual = sum(count for style, count in counts.items() if style[:4] == body[:4]) > _USUAL * counts.total()
        smaller = own.size < document.body.size and not own.bold and not usual
        return cls(styles, own if smaller else body, document)

    @property
    def text_share(self) -> float:
        """Of the page's letters, those that are set as most of the document's are (0..1)."""
        key = (self.document.body or self.body).key
        same = total = 0
        for word, style in self.styles.items():
            total += len(word.text)
            same += len(word.text) * (style.key == key)
        return same / max(total, 1)

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
            role=lettered[0].role if len({style.role for style in lettered}) == 1 else "",
            family=_commonest(style.family for style in lettered),
            colour=_commonest(style.colour for style in lettered),
        )


def letters_by_style(words: Sequence[Word], styles: Mapping[Word, Style]) -> Counter[Style]:
    """How many characters are set in each style."""
    counts: Counter[Style] = Counter()
    for word in words:
        counts[(styles.get(word) or Style(word.y1 - word.y0)).rounded._replace(role="")] += len(word.text)
    return counts


def body_of(letters: Counter[Style]) -> Style:
    """What text is set in: its commonest style, and a bold one only if next to nothing else is there.

    Typeface and colour are those that are commonest in that size.
    """
    light = Counter({style: count for style, count in letters.items() if not style.bold})
    enough = light if light.total() > _LIGHT * letters.total() else letters
    shapes: Counter[Style] = Counter()
    for style, count in enough.items():
        shapes[style._replace(family="", colour=0)] += count
    shape = next((style for style, _ in shapes.most_common(1)), Style(0.0))
    same = Counter({style: count for style, count in enough.items() if style._replace(family="", colour=0) == shape})
    return next((style for style, _ in same.most_common(1)), shape)


def _commonest(values: Iterable[_Value]) -> _Value:
    return Counter(values).most_common(1)[0][0]


def place_of(line: layout.Line, page: Type) -> tuple[int, Style]:
    """Where a line stands on its page, to three points, and how it is set."""
    return round(line[0].y0 / 3), page.of_line(line).rounded


def is_running(line: layout.Line, page: Type) -> bool:
    """Whether a line stands where page after page has the same one, or its author says that it belongs to no text."""
    if page.document.tagged and page.of_line(line).role == ARTIFACT:
        return True
    return bool(page.document.running) and place_of(line, page) in page.document.running
