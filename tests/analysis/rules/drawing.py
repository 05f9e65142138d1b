"""Pages drawn as text: each character takes 6 x 11 units, so two blanks are a column's gap."""

import re

from documents.pages import PageReading, Word

WIDTH, HEIGHT, LEADING = 6, 11, 13


def page(drawing: str, *, number: int = 1, source: str = "text", confidence: float = 1.0) -> PageReading:
    """A page whose words stand where the drawing has them."""
    words = [
        Word(m.group(), WIDTH * m.start(), LEADING * row, WIDTH * m.end(), LEADING * row + HEIGHT, confidence)
        for row, line in enumerate(drawing.strip("\n").splitlines())
        for m in re.finditer(r"\S+", line)
    ]
    return PageReading(number, 595, 842, 0, source, tuple(words))
