"""How long pieces are, in tokens, and pieces that are too long cut."""

from collections.abc import Sequence

from analysis.chunking.blocks import Block, Piece, Span
from analysis.engines import embedding

MAX_TOKENS = 400  # of a passage: the shipped model reads some hundred more, which leaves room for the section's name


def measure(found: Sequence[Block]) -> None:
    """Counts the tokens of pieces that were not counted yet; those beyond MAX_TOKENS are cut between words."""
    new = [piece for block in found for piece in block.pieces if not piece.tokens]
    for piece, count in zip(new, _counts(new), strict=True):
        piece.tokens = max(count, 1)
    for block in found:
        if any(piece.tokens > MAX_TOKENS for piece in block.pieces):
            block.head = block.head and block.pieces[0].tokens <= MAX_TOKENS
            block.pieces = [part for piece in block.pieces for part in _cut(piece)]


def _counts(pieces: Sequence[Piece]) -> list[int]:
    return embedding.count_tokens([piece.text for piece in pieces]) if pieces else []


def _cut(piece: Piece) -> list[Piece]:
    """Halves of halves; words so long that they alone are too much are cut, too."""
    if piece.tokens <= MAX_TOKENS or len(piece.text) < 2:
        return [piece]
    halves = _halves(piece)
    for half, count in zip(halves, _counts(halves), strict=True):
        half.tokens = max(count, 1)
    return [part for half in halves for part in _cut(half)]


def _halves(piece: Piece) -> list[Piece]:
    text, middle = piece.text, len(piece.text) // 2
    blank = text.rfind(" ", middle // 2, middle)
    end, start = (blank, blank + 1) if blank > 0 and text[:blank].strip() else (middle, middle)
    first = Piece(text[:end], piece.before, _between(piece.spans, 0, end))
    return [first, Piece(text[start:], text[end:start], _between(piece.spans, start, len(text)))]


def _between(spans: list[Span], start: int, end: int) -> list[Span]:
    """The spans of a part; where none are, as between two cells, the nearest."""
    inside = [
        span._replace(start=max(span.start, start) - start, end=min(span.end, end) - start)
        for span in spans
        if span.start < end and span.end > start
    ]
    return inside or [min(spans, key=lambda span: abs(span.start - start))._replace(start=0, end=end - start)]
