"""Tables: rows of cells with their boxes, made of words in a grid; and how they are written as Markdown."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from analysis.reading import layout
from documents.pages import Box, Word


class Cell(NamedTuple):
    """What stands in a cell, as one line of text; of merged cells the first has it, the others are empty."""

    text: str
    box: Box


@dataclass(frozen=True, slots=True)
class Table:
    """Rows from top to bottom, all of the same length."""

    box: Box
    rows: tuple[tuple[Cell, ...], ...]

    @property
    def markdown(self) -> str:
        """With pipes, in the order of reading; the first row makes the head."""
        text = " ".join(cell.text for row in self.rows for cell in row)
        step = 1 if layout.is_rightward([Word(text, *self.box)]) else -1
        return table_markdown([[cell.text for cell in row][::step] for row in self.rows])


def table_markdown(rows: Sequence[Sequence[str]]) -> str:
    """Rows as a Markdown table, shorter ones filled up; "" without any."""
    width = max(map(len, rows), default=0)
    lines = ["| " + " | ".join([*(_escaped(text) for text in row), *[""] * (width - len(row))]) + " |" for row in rows]
    return "\n".join([*lines[:1], "|" + " --- |" * width, *lines[1:]]) if lines else ""


def cell_text(words: Sequence[Word]) -> str:
    """The words of a cell in reading order, as one line; words broken over lines are joined."""
    text = ""
    for line in layout.arrange(words):
        text = joined(text, " ".join(word.text for word in line))
    return text


def joined(text: str, following: str) -> str:
    """Two lines as one: without the hyphen that broke a word."""
    if not text:
        return following
    if len(text) > 1 and text[-1] in "-\u00ad" and text[-2].isalpha() and following[:1].islower():
        return text[:-1] + following
    return f"{text} {following}"


def trimmed(table: Table) -> Table | None:
    """Without empty rows and columns; None if that leaves fewer than two rows or columns."""
    rows = [row for row in table.rows if any(cell.text for cell in row)]
    kept = [index for index in range(len(table.rows[0])) if any(row[index].text for row in rows)] if rows else []
    if len(rows) < 2 or len(kept) < 2:
        return None
    return Table(table.box, tuple(tuple(row[index] for index in kept) for row in rows))


def _escaped(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
