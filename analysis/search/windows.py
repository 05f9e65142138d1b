"""The windows of a passage that have vectors of their own: sentences, short ones together, and rows of tables."""

from analysis.answers import sentences
from analysis.answers.sentences import Span

MOST = 24  # windows of a passage
_LENGTH = 120  # characters, about 30 tokens: as much as short sentences are put together to
_WIDE = "\u2e80"  # from here on a sign says about as much as three letters do


def windows(text: str, *, table: bool = False) -> list[Span]:
    """Offsets of each window, in order; together they hold all words of the text. The same for the same text, always.

    There are at most MOST: where a text has more, they are longer.
    """
    spans = _rows(text) if table else sentences.split(text)
    length = _LENGTH
    while len(found := _packed(text, spans, length)) > MOST:
        length *= 2
    return found


def _packed(text: str, spans: list[Span], length: int) -> list[Span]:
    """Neighbours as one, as long as they are no longer than this together."""
    packed: list[Span] = []
    for start, end in spans:
        if packed and _length(text[packed[-1][0] : end]) <= length:
            packed[-1] = (packed[-1][0], end)
        else:
            packed.append((start, end))
    return packed


def _length(text: str) -> int:
    return len(text) + 2 * sum(sign >= _WIDE for sign in text)


def _rows(text: str) -> list[Span]:
    found, start = [], 0
    for line in text.splitlines(keepends=True):
        if any(map(str.isalnum, line)):
            found.append((start, start + len(line.rstrip())))
        start += len(line)
    return found
