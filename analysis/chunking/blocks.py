"""A page's Markdown as blocks: headings, paragraphs, lists, tables and captions, in pieces that are not cut."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import Literal, NamedTuple

from analysis.reading.tables import joined

Kind = Literal["heading", "text", "list", "table", "image"]

_HEADING = re.compile(r"(#{1,6})[ \t]+(?=\S)")
_ITEM = re.compile(r"\s*(?:[-*+]|\d{1,3}[.)])\s+\S")
_RULE = re.compile(r"\|?[\s:|-]*-[\s:|-]*")  # below the head of a table
_FENCE = re.compile(r"\s*(?:```|~~~)")
_ESCAPED = re.compile(r"\\(?=[#|>])")
_PICTURE = re.compile(r"!\[.*\]\(\S*\)\s*$")
_CAPTION = re.compile(
    r"(?:fig(?:ure|\.)?|abb(?:ildung|\.)|bild|figur[ae]|figuur|foto|photo|image|immagine)\s*\d+(?:[.-]\d+)*\b",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"(?<=[.!?…])[\"'”»)\]]?(\s+)(?=[\"'„“«(\[]?[^\W_a-zß-öø-ÿ])|(?<=[。！？])(\s*)(?=\S)")
_ENDS = re.compile(r"[.!?:;…。！？][\"'”»)\]]?$")


class Span(NamedTuple):
    """A line or cell: its characters in the text, and its box on the page."""

    start: int
    end: int
    page: int
    x0: float = 0.0
    y0: float = 0.0
    x1: float = 0.0
    y1: float = 0.0

    def moved(self, by: int) -> "Span":
        return self._replace(start=self.start + by, end=self.end + by)


@dataclass(slots=True)
class Piece:
    """A sentence, line or row. `before` parts it from the piece before; `tokens` is 0 until it was measured."""

    text: str
    before: str = ""
    spans: list[Span] = field(default_factory=list)
    tokens: int = 0


@dataclass(slots=True)
class Block:
    """What an empty line sets apart. `level` is that of a heading; `head`: the first piece is the head of a table."""

    kind: Kind
    pieces: list[Piece]
    level: int = 0
    head: bool = False

    @property
    def tokens(self) -> int:
        return sum(piece.tokens for piece in self.pieces)


def blocks(markdown: str) -> Iterator[Block]:
    """All that is written there, in order."""
    for kind, lines in groupby(_by_kind(markdown.rstrip("\n").split("\n")), key=lambda line: line[0]):
        if kind[0] != "":
            yield _block(kind[0], [text for _, text in lines])


def joins(block: Block, following: Block) -> bool:
    """Whether a paragraph goes on in the first one of the next page."""
    if block.kind != "text" or following.kind != "text":
        return False
    return following.pieces[0].text[:1].islower() and not _ENDS.search(block.pieces[-1].text)


def join(block: Block, following: Block) -> Block:
    """Both as one paragraph; the sentence between them is to be measured anew."""
    last, first = block.pieces[-1], following.pieces[0]
    text = joined(last.text, first.text)
    moved = len(text) - len(first.text)
    spans = [span._replace(end=min(span.end, moved)) for span in last.spans]
    spans += [span.moved(moved) for span in first.spans]
    middle = Piece(text, last.before, spans)
    return Block("text", [*block.pieces[:-1], middle, *following.pieces[1:]])


def _by_kind(lines: Iterable[str]) -> Iterator[tuple[tuple[Kind | Literal[""], int], str]]:
    """Each line with its kind and the number of its block; empty lines have none."""
    kind: Kind | Literal[""] = ""
    number, fenced = 0, False
    for line in lines:
        fence = bool(_FENCE.match(line))
        before, kind = kind, "text" if fence or fenced else _kind(line, kind)
        fenced ^= fence
        if kind != before or kind == "heading":
            number += 1
        yield (kind, number), line


def _kind(line: str, before: Kind | Literal[""]) -> Kind | Literal[""]:
    if not line.strip():
        return ""
    if _HEADING.match(line):
        return "heading"
    if line.lstrip().startswith("|"):
        return "table"
    if _ITEM.match(line) or before == "list":
        return "list"
    return "text"


def _block(kind: Kind, lines: list[str]) -> Block:
    if kind == "heading":
        match = _HEADING.match(lines[0])
        assert match
        return Block(kind, [Piece(lines[0][match.end() :].strip())], level=len(match[1]))
    if kind == "table":
        return _table(lines)
    if kind == "text" and (_CAPTION.match(lines[0]) or all(map(_PICTURE.match, lines))):
        kind = "image"
    lines[0] = _ESCAPED.sub("", lines[0], count=1) if lines[0].startswith("\\") else lines[0]
    return Block(kind, list(_pieces(lines)))


def _table(lines: list[str]) -> Block:
    head = len(lines) > 1 and bool(_RULE.fullmatch(lines[1].strip()))
    if head:
        lines = ["\n".join(lines[:2]), *lines[2:]]
    return Block("table", [Piece(line, "\n" if number else "") for number, line in enumerate(lines)], head=head)


def _pieces(lines: Iterable[str]) -> Iterator[Piece]:
    """The sentences of lines, what stands between them kept."""
    before = ""
    for line in lines:
        if line.strip():
            yield from _sentences(line, before)
            before = ""
        before += "\n"


def _sentences(line: str, before: str) -> Iterator[Piece]:
    start = 0
    for match in _SENTENCE_END.finditer(line):
        group = 1 if match[1] is not None else 2
        yield Piece(line[start : match.start(group)], before)
        start, before = match.end(), match[group]
    yield Piece(line[start:], before)
