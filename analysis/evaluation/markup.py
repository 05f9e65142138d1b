"""Comparing Markdown with Markdown: tables cell by cell, headings, and the order of the words."""

import html
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz.distance import Indel

Grid = Sequence[Sequence[str]]  # rows of cells; "" is an empty one

ALIKE = 0.8  # of 1, of two wordings of one heading
_PIPE = re.compile(r"(?<!\\)\|")
_SEPARATOR = re.compile(r"^\|[\s|:-]+\|$")
_HEADING = re.compile(r"^#{1,6}\s+(.*)$")
_NOT_TEXT = re.compile(r"<!--.*?-->|!\[[^\]]*\]\([^)]*\)|^\|[\s|:-]+\|$", re.DOTALL | re.MULTILINE)
_MARKS = re.compile(r"^\s*(?:[-*+]|#{1,6}|\d+[.)])\s+|[*_`|$]+", re.MULTILINE)
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—−", "-") | dict.fromkeys("‘’", "'") | dict.fromkeys("“”", '"'))


@dataclass(slots=True)
class Overlap:
    """How many were asked for, how many were found, and how many of them are the same."""

    right: int = 0
    found: int = 0
    asked: int = 0

    def add(self, other: "Overlap") -> None:
        self.right += other.right
        self.found += other.found
        self.asked += other.asked

    @property
    def f1(self) -> float:
        """2PR / (P + R); 0 if nothing was asked for or found."""
        return 2 * self.right / (self.found + self.asked) if self.found + self.asked else 0.0

    def as_dict(self) -> dict[str, float | int]:
        return {"right": self.right, "found": self.found, "asked": self.asked, "f1": round(self.f1, 4)}


def tables_of(markdown: str) -> list[list[list[str]]]:
    """The tables written with pipes: rows of cells, without the line under the head."""
    tables: list[list[list[str]]] = []
    before = False
    for line in markdown.splitlines():
        is_row = line.startswith("|") and line.endswith("|") and len(line) > 1
        if is_row and not before:
            tables.append([])
        if is_row and not _SEPARATOR.match(line):
            tables[-1].append([html.unescape(cell.strip()) for cell in _PIPE.split(line)[1:-1]])
        before = is_row
    return tables


def headings_of(markdown: str) -> list[str]:
    """The texts of the headings, in their order."""
    return [match[1] for line in markdown.splitlines() if (match := _HEADING.match(line))]


def words_of(markdown: str) -> list[str]:
    """The words, plain, in their order and without markup."""
    text = html.unescape(_MARKS.sub(" ", _NOT_TEXT.sub(" ", markdown).replace("\\", "")))
    return [word for word in (plain(word) for word in text.split()) if word]


def plain(text: str) -> str:
    """Without case, white space and emphasis, and with one kind of dash and quote."""
    text = unicodedata.normalize("NFKC", text).translate(_DASHES).casefold()
    return re.sub(r"[\s\\*_`]+", "", text)


def compare_headings(truth: Sequence[str], found: Sequence[str]) -> Overlap:
    """Each text counts as often as it stands there; levels are not compared."""
    return _overlap(Counter(map(plain, truth)), Counter(map(plain, found)))


def compare_alike(truth: Sequence[str], found: Sequence[str]) -> Overlap:
    """The same for headings that may be worded a little otherwise, or lack their number; each is paired once."""
    asked, left = Counter(map(_bare, truth)), Counter(map(_bare, found))
    same = asked & left
    right, left = same.total(), left - same
    for text in (asked - same).elements():
        best = max(left, key=lambda other: Indel.normalized_similarity(text, other), default="")
        if best and Indel.normalized_similarity(text, best) >= ALIKE:
            right, left = right + 1, left - Counter([best])
    return Overlap(right, len(found), len(truth))


def _bare(heading: str) -> str:
    """Plain, without the number or date before it."""
    text = plain(heading)
    return re.sub(r"^(?:[\W\d]|[a-z](?=[.)]))+", "", text) or text


def compare_tables(truth: Sequence[Grid], found: Sequence[Grid], *, all_given: bool) -> Overlap:
    """Cells that stand in the right row and in the right order there; empty ones are not asked for.

    Tables are paired by the cells they share, the most alike first. Cells of tables that have no pair are missed; found
    tables without one count as wrong if the truth gives all tables.
    """
    total, spare = Overlap(), set(range(len(found)))
    for i, j in _pairs(truth, found):
        spare.discard(j)
        total.add(_compare(_rows(truth[i]), _rows(found[j]) if j >= 0 else []))
    if all_given:
        total.found += sum(len(row) for j in spare for row in _rows(found[j]))
    return total


def order_similarity(truth: Sequence[str], found: Sequence[str]) -> tuple[float, float]:
    """How alike the order of the words is that both have (0..1), and the share of the truth's words that were found."""
    shared = Counter(truth) & Counter(found)
    ours, theirs = _only(truth, shared), _only(found, shared)
    return Indel.normalized_similarity(ours, theirs), len(ours) / len(truth) if truth else 1.0


def _only(words: Sequence[str], shared: Counter[str]) -> list[str]:
    """The first ones of each word, as many as are shared."""
    left, kept = Counter(shared), []
    for word in words:
        if left[word] > 0:
            left[word] -= 1
            kept.append(word)
    return kept


def _rows(table: Grid) -> list[list[str]]:
    rows = ([text for cell in row if (text := plain(cell))] for row in table)
    return [row for row in rows if row]


def _pairs(truth: Sequence[Grid], found: Sequence[Grid]) -> list[tuple[int, int]]:
    """Each true table with the found one that is most like it, or -1."""
    bags = [[Counter(text for row in _rows(table) for text in row) for table in tables] for tables in (truth, found)]
    alike = [(_overlap(t, f).f1, -abs(i - j), i, j) for i, t in enumerate(bags[0]) for j, f in enumerate(bags[1])]
    pairs: dict[int, int] = {}
    for share, _, i, j in sorted(alike, reverse=True):
        if share > 0 and i not in pairs and j not in pairs.values():
            pairs[i] = j
    return [(i, pairs.get(i, -1)) for i in range(len(truth))]


def _compare(truth: list[list[str]], found: list[list[str]]) -> Overlap:
    """Rows are paired in their order so that most cells agree."""
    best = [[0] * (len(found) + 1) for _ in range(len(truth) + 1)]
    for i, row in enumerate(truth, 1):
        for j, other in enumerate(found, 1):
            best[i][j] = max(best[i - 1][j], best[i][j - 1], best[i - 1][j - 1] + _in_common(row, other))
    return Overlap(best[-1][-1], sum(map(len, found)), sum(map(len, truth)))


def _in_common(row: list[str], other: list[str]) -> int:
    """The longest common subsequence of the cells."""
    return (len(row) + len(other) - Indel.distance(row, other)) // 2 if set(row) & set(other) else 0


def _overlap(truth: Counter[str], found: Counter[str]) -> Overlap:
    return Overlap((truth & found).total(), found.total(), truth.total())
