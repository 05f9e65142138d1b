"""The shipped model's tokenizer."""

from collections.abc import Iterable
from functools import cache

import sentencepiece

from analysis.engines.embedding import e5_files


@cache
def tokenizer() -> sentencepiece.SentencePieceProcessor:
    """Loaded once in each process; many threads may `encode` with it. Raises Unavailable."""
    return sentencepiece.SentencePieceProcessor(model_file=str(e5_files.folder() / e5_files.TOKENIZER))


def encoded(texts: Iterable[str]) -> list[list[int]]:
    """By text its tokens. Raises Unavailable."""
    encode = tokenizer().encode
    return [encode(text) for text in texts]  # a list, given as such, has threads started for it, which cost far more
