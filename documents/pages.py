"""What is known of one page: its size, its words and where they stand."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

PageSource = Literal["text", "ocr", "markup", "none"]


class Box(NamedTuple):
    """A rectangle on the upright page, origin top left, in the page's own unit (PDF points, image pixels)."""

    x0: float
    y0: float
    x1: float
    y1: float

    @classmethod
    def around(cls, boxes: Sequence["Box | Word"]) -> "Box":
        """The smallest box that holds all of `boxes` (at least one)."""
        return cls(
            min(b.x0 for b in boxes), min(b.y0 for b in boxes), max(b.x1 for b in boxes), max(b.y1 for b in boxes)
        )


class Word(NamedTuple):
    """One word and its box; `confidence` is 0..1, and 1.0 for words of a text layer."""

    text: str
    x0: float
    y0: float
    x1: float
    y1: float
    confidence: float = 1.0

    @property
    def box(self) -> Box:
        return Box(self.x0, self.y0, self.x1, self.y1)


@dataclass(frozen=True, slots=True)
class PageReading:
    """What was read from one page.

    `number` counts from 1. `width` and `height` are those of the upright page, in PDF points or image pixels, and 0
    where a format has no pages to show (DOCX, text). `rotation` is what was turned clockwise, in degrees, to make it
    upright. `words` stand in reading order. `source`: text layer, OCR, markup (DOCX, TXT, MD: text without boxes) or
    none (nothing to read). `markdown` is the page's text for people. A page that could not be read has `error` (a
    stable code), and no words.
    """

    number: int
    width: float = 0
    height: float = 0
    rotation: int = 0
    source: PageSource = "none"
    words: tuple[Word, ...] = field(default=())
    markdown: str = ""
    error: str = ""
    detail: str = ""

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)
