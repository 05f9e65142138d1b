"""A page's words as one searchable string without white space, whose every character knows its word."""

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from documents.pages import Box, PageReading, Word

_DASHES = str.maketrans({"−": "-", "–": "-", "—": "-", "‐": "-", "‑": "-", "’": "'", "´": "'", "\xad": ""})


def folded(text: str) -> str:
    """`text` without white space, differences of case and typographic variants."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().translate(_DASHES).split())


@dataclass(frozen=True)
class Place:
    """A run of words on a page, `tier` the rank of the form that was found (0 is best)."""

    page: int
    words: tuple[Word, ...]
    tier: int = 0

    @cached_property
    def box(self) -> Box:
        return Box.around(self.words)

    @cached_property
    def key(self) -> tuple[int, Box]:
        return self.page, self.box

    @property
    def raw(self) -> str:
        return " ".join(word.text for word in self.words)

    @property
    def middle(self) -> float:
        return (self.box.y0 + self.box.y1) / 2

    @property
    def height(self) -> float:
        return max(word.y1 - word.y0 for word in self.words)


class PageText:
    """The searchable text of one page."""

    def __init__(self, page: PageReading) -> None:
        self.number, self.words = page.number, page.words
        pieces = [folded(word.text) for word in page.words]
        self._joined = "".join(pieces)
        self._owner = [index for index, piece in enumerate(pieces) for _ in piece]

    def find(self, form: str, tier: int = 0) -> Iterator[Place]:
        """Every place where `form` stands by itself, not as a part of a longer number, identifier or word."""
        sought = folded(form)
        start = self._joined.find(sought) if sought else -1
        while start >= 0:
            end = start + len(sought)
            if self._is_free_before(start) and self._is_free_after(end):
                first, last = self._owner[start], self._owner[end - 1]
                yield Place(self.number, self.words[first : last + 1], tier)
            start = self._joined.find(sought, start + 1)

    def left_of(self, place: Place) -> str:
        """The folded text of the last words on the same row before `place`."""
        row = [w for w in self.words if place.box.y0 < (w.y0 + w.y1) / 2 < place.box.y1 and w.x1 <= place.box.x0 + 1]
        return folded(" ".join(word.text for word in sorted(row, key=lambda word: word.x0)[-8:]))

    def above(self, place: Place) -> str:
        """The folded text that stands over `place`, as a label or a column's heading does."""
        box, height = place.box, place.height
        over = [
            word.text
            for word in self.words
            if box.y0 - 3 * height < word.y0 < word.y1 <= box.y0 + height / 3
            and word.x1 > box.x0 - 2 * height
            and word.x0 < box.x1 + 2 * height
        ]
        return folded(" ".join(over))

    def _same_word(self, left: int, right: int) -> bool:
        return left >= 0 and right < len(self._joined) and self._owner[left] == self._owner[right]

    def _is_free_before(self, start: int) -> bool:
        if not self._same_word(start - 1, start):
            return True
        before = self._joined[start - 2] if self._same_word(start - 2, start) else ""
        return _parts(before, self._joined[start - 1], self._joined[start])

    def _is_free_after(self, end: int) -> bool:
        if not self._same_word(end - 1, end):
            return True
        after = self._joined[end + 1] if self._same_word(end, end + 1) else ""
        return _parts(after, self._joined[end], self._joined[end - 1])


def _parts(beyond: str, neighbour: str, edge: str) -> bool:
    """Whether `neighbour` sets off the match that has `edge` at its end; `beyond` stands on its other side."""
    if neighbour.isalnum():
        return neighbour.isdigit() != edge.isdigit() or not edge.isalnum()
    glue = beyond.isdigit() if neighbour in ".,'" else beyond.isalnum() and neighbour in "-/_"
    return not glue


def is_tight(place: Place) -> bool:
    """Whether the words stand as close as the parts of one number ("1 234,50"), not as two columns."""
    gaps = (right.x0 - left.x1 for left, right in pairwise(place.words))
    return all(-place.height < gap < 0.6 * place.height for gap in gaps)


def find_all(pages: Sequence[PageText], tiers: Iterable[Iterable[str]]) -> list[Place]:
    """Every place of the forms of the best tier that is on the pages at all."""
    for tier, forms in enumerate(tiers):
        places = {p.key: p for page in pages for form in forms for p in page.find(form, tier)}
        if places:
            return list(places.values())
    return []
