"""What a passage is found by in meaning: the vector of the whole, and one of each of its sentences."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from analysis.engines.embedding import Embedder
from analysis.search.windows import windows

_KIND = "<f2"


@dataclass(frozen=True, slots=True)
class Text:
    """A passage as the embedder reads it, and its sentences; None where they are to have no vectors."""

    whole: str
    sentences: list[str] | None


@dataclass(frozen=True, slots=True)
class Vectors:
    """The vector of a passage, of length 1, and those of its sentences, packed."""

    whole: NDArray[np.float32]
    sentences: bytes | None


def text_of(whole: str, text: str, kind: str) -> Text:
    """`whole` is the passage below its headings, `text` the passage alone, of a chunk of this type."""
    if not settings.EMBED_SENTENCES:
        return Text(whole, None)
    return Text(whole, [text[start:end] for start, end in windows(text, table=kind == "table")])


def make(embedder: Embedder, texts: Sequence[Text]) -> list[Vectors]:
    """In the order of the texts; the same words are embedded once. Raises Unavailable."""
    every = list(dict.fromkeys(one for text in texts for one in (text.whole, *(text.sentences or ()))))
    made = dict(zip(every, embedder.passages(every), strict=True)) if every else {}
    return [
        Vectors(made[text.whole], None if text.sentences is None else pack([made[one] for one in text.sentences]))
        for text in texts
    ]


def pack(rows: Sequence[NDArray[np.float32]]) -> bytes:
    return np.asarray(rows, _KIND).tobytes()
