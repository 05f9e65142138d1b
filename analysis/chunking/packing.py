"""Blocks packed into passages."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Literal

from analysis.chunking.blocks import Block, Kind, Piece, Span
from analysis.chunking.measuring import MAX_TOKENS

Type = Literal["text", "table", "image", "composite"]

_SMALL = 4  # a passage of less than the target's fourth goes on over the end of its section
_TITLE = 160  # characters of a heading, in the names of sections
_TYPES: dict[Kind, Type] = {"heading": "text", "text": "text", "list": "text", "table": "table", "image": "image"}


@dataclass(frozen=True, slots=True)
class Passage:
    """A part of a document that is found and quoted.

    `section`: the headings above it, outermost first, joined by ' › '. `spans`: where its text stands, [start, end,
    page, x0, y0, x1, y1] for each line or cell, in characters and the page's unit; the box is zeros where the format
    has no pages or no word was found. `tokens` are counted as `embedding.count_tokens` does.
    """

    type: Type
    text: str
    section: str
    page: int
    last_page: int
    spans: list[Span]
    tokens: int


@dataclass(slots=True)
class _Part:
    """Pieces of a block as they stand in a passage; `again`: they stand in the one before, too."""

    kind: Kind
    section: tuple[str, ...]
    pieces: list[Piece]
    again: bool = False


class Packer:
    """Takes blocks in order and gives the passages that are full."""

    def __init__(self, target: int, overlap: int) -> None:
        self._target, self._overlap = target, overlap
        self._path: list[tuple[int, str]] = []  # level and text of the headings that are open
        self._parts: list[_Part] = []
        self._tokens = 0

    def add(self, block: Block) -> Iterator[Passage]:
        """Packs a measured block; passages that it fills or ends."""
        if block.kind == "heading":
            yield from self._heading(block)
        tokens = block.tokens
        if self._is_full(tokens):
            yield from self._flush()
        if self._tokens + tokens > MAX_TOKENS and self._is_only_again():
            self._clear()
        if self._tokens + tokens <= MAX_TOKENS:
            self._append(block.kind, block.pieces)
            return
        for number, piece in enumerate(block.pieces):
            most = MAX_TOKENS if self._is_heading() else self._target
            if self._parts and self._tokens + piece.tokens > most:
                yield from self._flush(self._carried(block) if number else [])
                if self._tokens + piece.tokens > MAX_TOKENS:
                    self._clear()
            self._append(block.kind, [piece])

    def end(self) -> Iterator[Passage]:
        """What is left."""
        yield from self._flush()

    def _heading(self, block: Block) -> Iterator[Passage]:
        said = any(part.kind != "heading" for part in self._parts)
        if said and (self._tokens * _SMALL >= self._target or self._is_only_again()):
            yield from self._flush()
        title = " ".join(block.pieces[0].text.split())[:_TITLE]
        above = [one for one in self._path if one[0] < block.level]
        self._path = [*above, (block.level, title)]

    def _is_full(self, tokens: int) -> bool:
        """Whether the next block begins a passage of its own."""
        if self._is_heading() or self._tokens + tokens <= self._target:
            return False
        small = self._tokens * _SMALL < self._target
        return not small or tokens <= MAX_TOKENS < self._tokens + tokens

    def _is_heading(self) -> bool:
        return all(part.kind == "heading" for part in self._parts)

    def _is_only_again(self) -> bool:
        return all(part.again for part in self._parts)

    def _append(self, kind: Kind, pieces: Sequence[Piece], again: bool = False) -> None:
        section = tuple(title for _, title in self._path)
        last = self._parts[-1] if self._parts else None
        if last is not None and last.kind == kind and len(pieces) == 1 and pieces[0].before:
            last.pieces.extend(pieces)
            last.again &= again
        else:
            self._parts.append(_Part(kind, section, list(pieces), again))
        self._tokens += sum(piece.tokens for piece in pieces)

    def _carried(self, block: Block) -> list[Piece]:
        """What the next passage of a block that is cut begins with: the head of a table, or the last sentences."""
        if block.head:
            return block.pieces[:1] if block.pieces[0].tokens * 2 <= self._target else []
        last, room, count = self._parts[-1], self._overlap, 0
        if block.kind != "text" or last.again:
            return []
        for piece in reversed(last.pieces[1:]):
            if piece.tokens > room:
                break
            room, count = room - piece.tokens, count + 1
        return last.pieces[len(last.pieces) - count :]

    def _flush(self, carried: Sequence[Piece] = ()) -> Iterator[Passage]:
        kind = self._parts[-1].kind if self._parts else "text"
        if not self._is_only_again():
            yield _passage(self._parts, self._tokens)
        self._clear()
        if carried:
            self._append(kind, carried, again=True)

    def _clear(self) -> None:
        self._parts, self._tokens = [], 0


def _passage(parts: Sequence[_Part], tokens: int) -> Passage:
    text, spans = "", list[Span]()
    for part in parts:
        for number, piece in enumerate(part.pieces):
            text += piece.before if number else "\n\n" if text else ""
            spans += [span.moved(len(text)) for span in piece.spans]
            text += piece.text
    pages = [span.page for span in spans]
    return Passage(_type(parts), text, _section(parts), min(pages), max(pages), spans, tokens)


def _type(parts: Sequence[_Part]) -> Type:
    types = {_TYPES[part.kind] for part in parts if part.kind != "heading"} or {_TYPES["heading"]}
    return types.pop() if len(types) == 1 else "composite"


def _section(parts: Sequence[_Part]) -> str:
    """The headings that all of it stands below; those that nothing follows here don't count."""
    paths = [part.section for part in parts if part.kind != "heading"] or [parts[-1].section]
    shared = takewhile(lambda titles: len(set(titles)) == 1, zip(*paths, strict=False))
    return " › ".join(titles[0] for titles in shared)
