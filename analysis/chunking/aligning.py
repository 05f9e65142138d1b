"""Where a page's text stands: its Markdown and its words, which come in another order, brought together."""

import re
import unicodedata
from collections import Counter, defaultdict, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby, pairwise

from analysis.chunking.blocks import Piece, Span
from analysis.reading import layout
from documents.pages import Box, PageReading, Word

_TOKEN = re.compile(r"[^\s|]+|\||\n")
_RULE = re.compile(r":?-{3,}:?")  # below the head of a table
_SAME_LINE = 0.5  # of the smaller height must overlap
_ANCHOR = 3  # words in a row that stand nowhere else on the page

_Part = tuple[int, int, Word | None]  # start, end, and the word that is written there


@dataclass(slots=True)
class _Token:
    """A word of a piece; `cell` counts the cells and lines of the page's pieces."""

    piece: int
    cell: int
    start: int
    end: int
    key: str


@dataclass(slots=True)
class _Match:
    """Two sequences of keys, and which places of the second belong to each place of the first.

    `runs_on`: whether the place after one of the second sequence stands right beside it.
    """

    keys: list[str]
    others: list[str]
    runs_on: list[bool]
    found: dict[int, tuple[int, ...]] = field(default_factory=dict)
    used: set[int] = field(default_factory=set)
    often: Counter[str] = field(init=False)

    def __post_init__(self) -> None:
        self.often = Counter(self.others)

    def put(self, place: int, *others: int) -> bool:
        """False if one of them has been matched already, or doesn't exist."""
        if place in self.found or not 0 <= place < len(self.keys):
            return False
        if any(other in self.used or not 0 <= other < len(self.others) for other in others):
            return False
        if self.keys[place] != "".join(self.others[other] for other in others):
            return False
        self.found[place] = others
        self.used.update(others)
        return True

    def goes_on(self, place: int, other: int, step: int) -> bool:
        """Whether what follows at `place` is what follows `other`, and not the same word somewhere else."""
        following = other + step
        if not 0 <= following < len(self.others):
            return False
        if self.runs_on[min(other, following)] or self.often[self.others[following]] == 1:
            return True
        ahead, there = place + step, following + step
        if not (0 <= ahead < len(self.keys) and 0 <= there < len(self.others)):
            return True
        return self.keys[ahead] == self.others[there]


def locate(pieces: Sequence[Piece], page: PageReading) -> None:
    """Gives the pieces of a page their spans: one for each line or cell, with the box around its words.

    Text that no word was found for has a box of zeros, as all text of formats without pages has.
    """
    tokens = _tokens(pieces)
    words = [word for word in page.words if _key(word.text)]
    keyed = [token for token in tokens if token.key]
    runs_on = [_level(one, other) and _is_near(one, other) for one, other in pairwise(words)]
    match = _Match([token.key for token in keyed] if words else [], [_key(word.text) for word in words], runs_on)
    _anchor(match, _ANCHOR)
    _anchor(match, 1)
    _rest(match)
    places = {id(keyed[place]): [words[other] for other in others] for place, others in match.found.items()}
    for number, group in groupby(tokens, key=lambda token: token.piece):
        pieces[number].spans = _spans(list(group), places, page.number)
    for piece in pieces:
        piece.spans = piece.spans or [Span(0, len(piece.text), page.number)]


def _tokens(pieces: Sequence[Piece]) -> list[_Token]:
    found: list[_Token] = []
    cell = 0
    for number, piece in enumerate(pieces):
        cell += 1
        for match in _TOKEN.finditer(piece.text):
            if match[0] in ("|", "\n"):
                cell += 1
            elif key := _key(match[0]):
                found.append(_Token(number, cell, match.start(), match.end(), key))
            elif not _RULE.fullmatch(match[0]):
                found.append(_Token(number, cell, match.start(), match.end(), ""))
    return found


def _key(text: str) -> str:
    """Letters and digits, for markup and hyphens come and go."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFC", text)))


def _anchor(match: _Match, length: int) -> None:
    """Matches what stands once in either, `length` in a row, and from there on both ways."""
    here, there = _once(match.keys, length, match.found), _once(match.others, length, match.used)
    for run, place in here.items():
        other = there.get(run)
        if other is None or not match.put(place, other):
            continue
        for step in (1, -1):
            _follow(match, place, other, step)


def _once(keys: list[str], length: int, taken: dict[int, tuple[int, ...]] | set[int]) -> dict[tuple[str, ...], int]:
    places: dict[tuple[str, ...], int] = {}
    for place in range(len(keys) - length + 1):
        if place not in taken:
            run = tuple(keys[place : place + length])
            places[run] = -1 if run in places else place
    return {run: place for run, place in places.items() if place >= 0}


def _follow(match: _Match, place: int, other: int, step: int) -> None:
    """On from a match as long as both go the same way, over words that were broken at the end of a line, too."""
    while True:
        place += step
        if match.goes_on(place, other, step) and match.put(place, other + step):
            other += step
        elif match.put(place, *sorted((other + step, other + 2 * step))):
            other += 2 * step
        else:
            return


def _rest(match: _Match) -> None:
    """What is left: beside what was matched before or after it, or else in order."""
    left: dict[str, deque[int]] = defaultdict(deque)
    for other, key in enumerate(match.others):
        left[key].append(other)
    for place, key in enumerate(match.keys):
        if place in match.found or any(match.put(place, other) for other in _beside(match, place)):
            continue
        places = left[key]
        while places and not match.put(place, places.popleft()):
            pass


def _beside(match: _Match, place: int) -> Iterator[int]:
    before, after = match.found.get(place - 1), match.found.get(place + 1)
    if before and before[-1] < len(match.runs_on) and match.runs_on[before[-1]]:
        yield before[-1] + 1
    if after and after[0] > 0 and match.runs_on[after[0] - 1]:
        yield after[0] - 1


def _spans(tokens: list[_Token], places: dict[int, list[Word]], page: int) -> list[Span]:
    """One for each cell, or line of it."""
    spans: list[Span] = []
    for _, cell in groupby(tokens, key=lambda token: token.cell):
        parts = [part for token in cell for part in _parts(token, places.get(id(token), []))]
        spans += (_span(line, page) for line in _lines(parts))
    return spans


def _parts(token: _Token, words: list[Word]) -> list[_Part]:
    """A word that was broken at the end of a line has two."""
    if len(words) < 2:
        return [(token.start, token.end, words[0] if words else None)]
    middle = min(token.start + len(words[0].text.rstrip("-\u00ad")), token.end)
    return [(token.start, middle, words[0]), (middle, token.end, words[1])]


def _lines(parts: list[_Part]) -> list[list[_Part]]:
    lines: list[list[_Part]] = []
    last: Word | None = None
    for part in parts:
        word = part[2]
        if not lines or (last is not None and word is not None and not _level(last, word)):
            lines.append([])
        lines[-1].append(part)
        last = word or last
    return lines


def _level(one: Word, other: Word) -> bool:
    shared = min(one.y1, other.y1) - max(one.y0, other.y0)
    return shared >= _SAME_LINE * min(one.y1 - one.y0, other.y1 - other.y0)


def _is_near(one: Word, other: Word) -> bool:
    """Whether no more than a blank is between two words of a line, in whatever direction it is written."""
    return max(other.x0 - one.x1, one.x0 - other.x1) < layout.WIDE_GAP * min(one.y1 - one.y0, other.y1 - other.y0)


def _span(parts: list[_Part], page: int) -> Span:
    words = [word for _, _, word in parts if word is not None]
    box = Box.around(words) if words else Box(0.0, 0.0, 0.0, 0.0)
    return Span(parts[0][0], parts[-1][1], page, *(round(float(side), 2) for side in box))
