"""Labels on the page: the phrases of all languages, found in rows whatever their spacing, accents or slips of OCR."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from analysis.rules.languages import COLUMNS, LABELS, phrase
from analysis.rules.layout import Row
from documents.pages import Box

_LONGEST = 8  # words in a phrase
_FUZZY_FROM = 7  # letters from which one slip is forgiven
_SHAPES = str.maketrans("015834", "olsbea")  # what OCR confuses is compared as one


@dataclass(frozen=True, slots=True)
class Label:
    """A phrase on the page that names a field. `rank` is its place in the language's list: 0 is the surest."""

    name: str
    rank: int
    row: Row
    start: int
    end: int
    exact: bool = True

    @property
    def box(self) -> Box:
        return self.row.span_box(self.start, self.end)


class Phrases:
    """A dictionary of phrases that forgives blanks, punctuation and, where asked, one wrong letter."""

    def __init__(self, phrases: Mapping[str, Sequence[tuple[str, int]]]) -> None:
        self._exact: dict[str, list[tuple[str, int]]] = {}
        self._slips: dict[str, tuple[str, int]] = {}
        for name, variants in phrases.items():
            for variant, rank in variants:
                self._add(phrase(variant), name, rank)

    def _add(self, letters: str, name: str, rank: int) -> None:
        if not letters:
            return
        meanings = self._exact.setdefault(letters, [])
        known = next((meaning for meaning in meanings if meaning[0] == name), None)
        if known and known[1] > rank:
            meanings.remove(known)
        if known is None or known[1] > rank:
            meanings.append((name, rank))
        shape = letters.translate(_SHAPES)
        for slip in _slips(shape):
            self._slips.setdefault(slip, (name, rank))

    def find(self, text: str, *, fuzzy: bool) -> tuple[list[tuple[str, int]], bool]:
        """The (name, rank) pairs that the text may mean, and whether it was found letter by letter."""
        return self._look_up(phrase(text), fuzzy=fuzzy)

    def _look_up(self, letters: str, *, fuzzy: bool) -> tuple[list[tuple[str, int]], bool]:
        if meanings := self._exact.get(letters):
            return meanings, True
        if fuzzy and len(letters) >= _FUZZY_FROM - 1:
            for slip in _slips(letters.translate(_SHAPES)):
                if slip in self._slips:
                    return [self._slips[slip]], False
        return [], False

    def in_row(self, row: Row) -> list[Label]:
        """All labels in the row, the longest first wins, none overlapping; one per meaning."""
        labels: list[Label] = []
        letters = [phrase(word.text) for word in row.words]
        first = 0
        while first < len(row.words):
            found = self._longest_at(row, first, letters) if re.match(r"[\w#*(]", row.words[first].text) else []
            labels += found
            first += 1 if not found else sum(found[0].start <= start < found[0].end for start in row.starts)
        return labels

    def _longest_at(self, row: Row, first: int, letters: Sequence[str]) -> list[Label]:
        """The labels that the longest known run of words from `first` on means, within one column."""
        start = row.starts[first]
        for last in range(min(first + _LONGEST, len(letters)) - 1, first - 1, -1):
            end = row.starts[last] + len(row.words[last].text)
            if not letters[last] or "\t" in row.text[start:end]:
                continue
            meanings, exact = self._look_up("".join(letters[first : last + 1]), fuzzy=row.ocr)
            if meanings:
                return [Label(name, rank, row, start, end, exact) for name, rank in meanings]
        return []


def _slips(shape: str) -> Iterable[str]:
    """The shape itself and, when it is long, all that one letter left out makes of it."""
    yield shape
    if len(shape) >= _FUZZY_FROM:
        yield from (shape[:i] + shape[i + 1 :] for i in range(len(shape)))


@lru_cache(maxsize=1)
def field_phrases() -> Phrases:
    """The labels of fields, in all languages."""
    return Phrases(LABELS)


@lru_cache(maxsize=1)
def column_phrases() -> Phrases:
    """The titles of columns, in all languages."""
    return Phrases(COLUMNS)
