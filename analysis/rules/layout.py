"""Words grouped into rows by geometry, each row a text whose every span can be traced back to a box."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise, zip_longest

from analysis.rules.skew import slope_of
from documents.pages import Box, PageReading, Word

# A gap wider than this many row heights separates columns; it stands in a row's text as a tab.
_COLUMN_GAP = 1.0
_MOST_WORDS = 200  # in a row
_WIDEST_CELL = 200  # characters of a table in Markdown; longer ones push aside what follows in their own row alone
_SEAM = re.compile(
    r"(?<=[^\W\d])[.)]*[:：](?=[^\s/:：])|(?<=[:：])(?=RM\d)|(?<=[^\W\d])\.{2,}(?=\d)"
    r"|(?<=[^\W\d])(?=\(\d{1,2}(?:[.,]\d+)?%\))|(?<=\d%)(?=[^\W\d]{2})"
)


@dataclass(frozen=True, slots=True)
class Row:
    """Words on one line of a page, left to right.

    `text` joins them with a blank, or a tab where a column ends; `starts` has the offset of each word in it.
    `boxed` is False for text without geometry (DOCX, TXT), whose boxes are made up from lines and columns.
    """

    page: int
    words: tuple[Word, ...]
    text: str
    starts: tuple[int, ...]
    page_size: tuple[float, float]
    boxed: bool = True
    ocr: bool = False

    @property
    def box(self) -> Box:
        return Box.around(self.words)

    @property
    def height(self) -> float:
        return sorted(w.y1 - w.y0 for w in self.words)[len(self.words) // 2]

    def span_words(self, start: int, end: int) -> list[Word]:
        """The words that the span touches, each cut to the part within it."""
        cut = []
        for word, begin in zip(self.words, self.starts, strict=True):
            first, last = max(start - begin, 0), min(end - begin, len(word.text))
            if first < last:
                cut.append(_part(word, first, last))
        return cut

    def span_box(self, start: int, end: int) -> Box:
        return Box.around(self.span_words(start, end))

    def span_confidence(self, start: int, end: int) -> float:
        """The lowest confidence with which a word in the span was read, 0..1."""
        words = self.span_words(start, end)
        spoken = [w for w in words if any(map(str.isalnum, w.text))]
        return min((w.confidence for w in spoken or words), default=0.0)

    def segments(self) -> Iterator["Segment"]:
        """The runs of words between columns' gaps."""
        for match in re.finditer(r"[^\t]+", self.text):
            yield Segment(self, match.start(), match.end())

    def segment_at(self, offset: int) -> "Segment":
        """The run of words that holds the character at `offset`."""
        return next(s for s in self.segments() if s.end > offset)


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a row: `row.text[start:end]`."""

    row: Row
    start: int
    end: int

    @property
    def text(self) -> str:
        return self.row.text[self.start : self.end]

    @property
    def box(self) -> Box:
        return self.row.span_box(self.start, self.end)


def rows_of(pages: Sequence[PageReading]) -> list[Row]:
    """The rows of all pages, from top to bottom."""
    return [row for page in pages for row in (_markup_rows(page) if page.source == "markup" else _page_rows(page))]


def _portions(words: Sequence[Word]) -> Iterator[Sequence[Word]]:
    """A line of thousands of words (a text without line breaks) as several rows: the rules look at whole rows."""
    yield from (words[i : i + _MOST_WORDS] for i in range(0, len(words), _MOST_WORDS))


def overlap(a: Box, b: Box) -> float:
    """How much two boxes overlap horizontally, as a share of the narrower one; negative when apart."""
    return (min(a.x1, b.x1) - max(a.x0, b.x0)) / max(min(a.x1 - a.x0, b.x1 - b.x0), 0.1)


def _part(word: Word, first: int, last: int) -> Word:
    """Characters `first` to `last` of a word, the box shared out evenly."""
    if first == 0 and last == len(word.text):
        return word
    step = (word.x1 - word.x0) / len(word.text)
    return word._replace(text=word.text[first:last], x0=word.x0 + first * step, x1=word.x0 + last * step)


def _page_rows(page: PageReading) -> Iterator[Row]:
    words = [part for word in page.words if not _is_vertical(word) for part in _split_at_seams(word)]
    size = (page.width or 1.0, page.height or 1.0)
    slope = slope_of(words) if page.source == "ocr" else 0.0
    lines = _levelled(words, slope) if slope else _group(words)
    for portion in (portion for line in lines for portion in _portions(line)):
        yield _row(page.number, portion, size, ocr=page.source == "ocr")


def _is_vertical(word: Word) -> bool:
    """Text along the margin would otherwise be mixed into the rows that it passes."""
    return len(word.text) >= 3 and (word.y1 - word.y0) > 1.5 * (word.x1 - word.x0) > 0


def _split_at_seams(word: Word) -> Iterator[Word]:
    """`Date:18/01/2018`, `TOTAL...7.00` and `VAT(2%)` are label and value; times and web addresses stay whole."""
    begin = 0
    for match in _SEAM.finditer(word.text):
        yield _part(word, begin, match.end())
        begin = match.end()
    yield _part(word, begin, len(word.text))


def _levelled(words: Sequence[Word], slope: float) -> list[list[Word]]:
    """The words of a leaning page in lines, as if it were level."""
    level = {}
    for word in words:
        fall, lean = (
            slope * (word.x0 + word.x1) / 2,
            min(abs(slope) * (word.x1 - word.x0), 0.6 * (word.y1 - word.y0)) / 2,
        )
        level[word._replace(y0=word.y0 - fall + lean, y1=word.y1 - fall - lean)] = word
    return [[level[word] for word in line] for line in _group(list(level))]


def _group(words: Sequence[Word]) -> list[list[Word]]:
    """Words into lines: a word joins the line whose middle it hits and whose nearest word is level with it."""
    lines: list[list[Word]] = []
    for word in sorted(words, key=lambda w: (w.y0 + w.y1) / 2):
        line = next((line for line in lines[:-6:-1] if _on_line(word, line)), None)
        if line is None:
            lines.append([word])
        else:
            line.append(word)
    lines.sort(key=lambda line: sum(w.y0 + w.y1 for w in line) / len(line))
    return [sorted(line, key=lambda w: w.x0) for line in lines]


def _on_line(word: Word, line: Sequence[Word]) -> bool:
    nearest = min(line, key=lambda w: max(w.x0 - word.x1, word.x0 - w.x1))
    height = min(word.y1 - word.y0, nearest.y1 - nearest.y0)
    apart = abs(word.y0 + word.y1 - nearest.y0 - nearest.y1) / 2
    overlaps = min(word.x1, nearest.x1) - max(word.x0, nearest.x0) > 0.5 * min(
        word.x1 - word.x0, nearest.x1 - nearest.x0
    )
    return apart < (0.2 if overlaps else 0.45) * height


def _row(page: int, words: Sequence[Word], size: tuple[float, float], *, ocr: bool = False) -> Row:
    """Builds the text; `words` are in order."""
    text, starts = "", []
    heights = sorted(w.y1 - w.y0 for w in words)
    gap = _COLUMN_GAP * heights[len(heights) // 2]
    for previous, word in pairwise([None, *words]):
        assert word is not None
        if previous is not None:
            text += "\t" if word.x0 - previous.x1 > gap else " "
        starts.append(len(text))
        text += word.text
    return Row(page, tuple(words), text, tuple(starts), size, ocr=ocr)


def _markup_rows(page: PageReading) -> Iterator[Row]:
    """Rows of Markdown or plain text, with boxes made of line and column numbers (cells of a table stand apart)."""
    lines = [line for line in page.markdown.splitlines() if re.search(r"\w", line)] or [page.text]
    portions = [portion for line in _aligned(lines) for portion in _portions(_line_words(line))]
    for number, words in enumerate(portions):
        placed = [word._replace(y0=2 * number, y1=2 * number + 1) for word in words]
        row = _row(page.number, placed, (100.0, 2.0 * len(portions)))
        yield Row(row.page, row.words, row.text, row.starts, row.page_size, boxed=False)


def _aligned(lines: Sequence[str]) -> Iterator[str]:
    """The lines, with the cells of a table below their titles, as they stand on a page."""
    for in_table, run in groupby(lines, key=lambda line: line.startswith("|")):
        if not in_table:
            yield from run
            continue
        rows = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))] for line in run]
        widths = [min(max(map(len, column)), _WIDEST_CELL) for column in zip_longest(*rows, fillvalue="")]
        for row in rows:
            yield "|".join(["", *(cell.ljust(width) for cell, width in zip(row, widths, strict=False))])


def _line_words(line: str) -> list[Word]:
    """The words of a line of Markdown, at their columns."""
    found = re.finditer(r"[^\s|*#`]+", line.replace("|", "     |"))
    return [Word(match.group(), match.start(), 0, match.end(), 1) for match in found]
