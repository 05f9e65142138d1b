"""Records of CSV and its kin: the delimiter found, quotes and line breaks in them kept, an open quote contained."""

import csv
import itertools
from collections import Counter, deque
from collections.abc import Iterator
from pathlib import Path

from analysis.reviews.records import LONGEST_CELL, Record

_DELIMITERS = (",", ";", "\t", "|")
_NONE = "\x1f"  # a file of one column has none; this one is in no text
_SAMPLE_LINES = 200
_MOST_LINES = 1_000  # of one record: a quote that is open for longer was never closed

csv.field_size_limit(1 << 30)  # a long cell is refused by us, with its row, and doesn't end the reading


def records(path: Path, encoding: str, *, name: str = "") -> Iterator[Record]:
    """The file's records, its header the first. Blank lines are records without cells, but for those at the end."""
    delimiter = _delimiter(path, encoding, name)
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        yield from _without_last_blanks(_parsed(file, delimiter))


def _delimiter(path: Path, encoding: str, name: str) -> str:
    """Which one makes rows as wide as the header of most of them, and the header the widest."""
    if name.lower().endswith((".tsv", ".tab")):
        return "\t"
    if name.lower().endswith((".txt", ".text")):
        return _NONE  # a text a line; commas are commas
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        sample = [line[:LONGEST_CELL] for line in itertools.islice(file, _SAMPLE_LINES)]
    best = max(_DELIMITERS, key=lambda one: _fit(sample, one))
    return best if _fit(sample, best) > (0, 0) else _NONE


def _fit(sample: list[str], delimiter: str) -> tuple[float, int]:
    """(Share of rows that are as wide as the first, its width); nothing for one that the first row doesn't have."""
    widths = [len(row) for row in csv.reader(sample, delimiter=delimiter) if row]
    if not widths or widths[0] < 2:
        return (0, 0)
    return (round(Counter(widths)[widths[0]] / len(widths), 1), widths[0])


class _Lines:
    """The lines of a file for one reader, which can be given back those of a record that had no end."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._again: deque[str] = deque()
        self.taken: list[str] = []  # by the record at hand
        self.at_end = False

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        if len(self.taken) >= _MOST_LINES:
            raise _NeverClosed
        line = self._again.popleft() if self._again else next(self._lines, None)
        if line is None:
            self.at_end = True
            raise StopIteration
        self.taken.append(line)
        return line

    def give_back(self) -> str:
        """All lines of the record but its first, which is returned."""
        first, *rest = self.taken
        self._again.extendleft(reversed(rest))
        self.taken, self.at_end = [], False
        return first


class _NeverClosed(Exception):
    """A quote stayed open for too many lines."""


def _parsed(file: Iterator[str], delimiter: str) -> Iterator[Record]:
    lines = _Lines(file)
    reader = csv.reader(lines, delimiter=delimiter)
    while True:
        try:
            cells = next(reader, None)
        except _NeverClosed:
            cells = None
        else:
            if cells is None and not lines.taken:
                return
        if cells is None or (lines.at_end and _is_open(lines.taken, delimiter)):
            yield _unclosed(lines.give_back(), delimiter)
            reader = csv.reader(lines, delimiter=delimiter)
        else:
            lines.taken = []
            yield Record(cells)


def _is_open(lines: list[str], delimiter: str) -> bool:
    """Whether the last record of a file ends within a quote, which a lenient reader doesn't tell."""
    try:
        list(csv.reader(lines, delimiter=delimiter, strict=True))
    except csv.Error as error:
        return "unexpected end" in str(error)
    return False


def _unclosed(line: str, delimiter: str) -> Record:
    detail = "A quotation mark in this row is never closed. Close it, or double it where it is meant."
    return Record(line.rstrip("\r\n").split(delimiter), "unclosed_quote", detail)


def _without_last_blanks(found: Iterator[Record]) -> Iterator[Record]:
    blanks = 0
    for record in found:
        if not record.cells:
            blanks += 1
            continue
        for _ in range(blanks):
            yield Record([])
        blanks = 0
        yield record
