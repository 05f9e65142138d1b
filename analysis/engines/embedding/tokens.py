"""The shipped model's tokenizer."""

from functools import cache

import sentencepiece

from analysis.engines.embedding import e5_files


@cache
def tokenizer() -> sentencepiece.SentencePieceProcessor:
    """Loaded once in each process; many threads may `encode` with it. Raises Unavailable."""
    return sentencepiece.SentencePieceProcessor(model_file=str(e5_files.folder() / e5_files.TOKENIZER))
