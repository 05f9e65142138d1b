"""A document as the rules see it: rows, the labels in them, and its own conventions for numbers and dates."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from analysis.findings import Found, Value
from analysis.rules.amounts import Amount, Mark, decimal_mark, find_amounts
from analysis.rules.dates import PrintedDate, find_dates, is_day_first
from analysis.rules.labels import Label, Phrases, field_phrases
from analysis.rules.layout import Row, Segment, overlap, rows_of
from documents.pages import Box, PageReading


@dataclass(frozen=True, slots=True)
class Spot:
    """A place where a label's value may stand; `score` 0..1 says how well it is placed."""

    row: Row
    start: int
    end: int
    score: float

    @property
    def text(self) -> str:
        return self.row.text[self.start : self.end]


@dataclass(frozen=True)
class Sheet:
    """All rows of a document, from top to bottom over all pages."""

    rows: list[Row]
    # Rows within the table of lines; what stands there is no header field and no total.
    table_rows: set[int] = field(default_factory=set)
    # The labels that are looked for.
    phrases: Phrases = field(default_factory=field_phrases)

    @classmethod
    def of(cls, pages: Sequence[PageReading]) -> "Sheet":
        return cls(rows_of(pages))

    @cached_property
    def mark(self) -> Mark:
        return decimal_mark(row.text for row in self.rows)

    @cached_property
    def day_first(self) -> bool:
        """Day first, unless the dates say otherwise, or the page is in dollars and without other hints."""
        text = self.text
        american = "$" in text and not any(sign in text for sign in ("€", "£", "RM", "S$", "A$", "ABN", "GST"))
        return is_day_first((row.text for row in self.rows), default=not american)

    @cached_property
    def text(self) -> str:
        return "\n".join(row.text for row in self.rows)

    @cached_property
    def labels(self) -> list[list[Label]]:
        """The labels in each row."""
        return [self.phrases.in_row(row) for row in self.rows]

    @cached_property
    def _index(self) -> dict[int, int]:
        return {id(row): number for number, row in enumerate(self.rows)}

    def index(self, row: Row) -> int:
        """The row's number in `rows`."""
        return self._index[id(row)]

    def labelled(self, *names: str) -> Iterator[Label]:
        """Labels of these names outside the table of lines, from the top."""
        for number, labels in enumerate(self.labels):
            if number not in self.table_rows:
                yield from (label for label in labels if label.name in names)

    def right_of(self, label: Label) -> Spot:
        """The rest of the label's row, up to the next label of another name."""
        following = [
            other.start
            for other in self.labels[self.index(label.row)]
            if other.start >= label.end and _separates(other)
        ]
        return Spot(label.row, label.end, min(following, default=len(label.row.text)), 1.0)

    def below(self, label: Label, *, rows: int = 2, names: frozenset[str] = frozenset()) -> Iterator[Spot]:
        """What stands under the label on the next rows, as far as no other label stands there."""
        box = label.box
        reach = 3.5 * label.row.height
        found = 0
        for row in self.rows[self.index(label.row) + 1 :]:
            if row.page != label.row.page or row.box.y0 - box.y1 > reach or found >= rows:
                return
            segment = best_under(row, box)
            if segment is None:
                continue
            found += 1
            if any(o.start < segment.end and segment.start < o.end for o in self._fields_in(row, names)):
                return
            yield Spot(row, segment.start, segment.end, 0.75 / found)

    def _fields_in(self, row: Row, allowed: frozenset[str]) -> list[Label]:
        return [label for label in self.labels[self.index(row)] if label.name not in allowed]

    def spots(self, label: Label) -> Iterator[Spot]:
        """Where the label's value may stand, the likeliest first."""
        yield self.right_of(label)
        yield from self.below(label)

    def amounts(self, spot: Spot | Segment) -> list[Amount]:
        """Numbers in the spot, with offsets in its row."""
        found = find_amounts(spot.row.text, self.mark, ocr=spot.row.ocr)
        return [a for a in found if spot.start <= a.start and a.end <= spot.end + 1]

    def dates(self, spot: Spot | Segment) -> list[PrintedDate]:
        """Dates in the spot, with offsets in its row."""
        return [d for d in self.dates_in(spot.row.text) if spot.start <= d.start < spot.end]

    def dates_in(self, text: str) -> list[PrintedDate]:
        """Dates in a text of the document, from left to right."""
        return list(find_dates(text, day_first=self.day_first))


def _separates(label: Label) -> bool:
    """A label of another field ends the search; words within running text, such as "(excl. VAT)", do not."""
    text = label.row.text
    return (
        text[label.start - 1] == "\t"
        or text[label.end - 1] == ":"
        or text[label.end : label.end + 2].strip().startswith(":")
    )


def best_under(row: Row, box: Box) -> Segment | None:
    """The row's segment that stands under the box, if any."""
    best = max(row.segments(), key=lambda s: overlap(s.box, box))
    return best if overlap(best.box, box) > 0.3 else None


def found(value: Value, row: Row, start: int, end: int, score: float) -> Found:
    """A finding with its place; the confidence is that of the evidence times that of the reading."""
    raw = row.text[start:end].replace("\t", " ").strip()
    box = row.span_box(start, end) if row.boxed else None
    confidence = max(0.0, min(0.97, score)) * row.span_confidence(start, end)
    return Found(value, raw=raw, page=row.page, box=box, confidence=round(confidence, 3))
