"""MiniLM (all-MiniLM-L6-v2) on this machine's CPU: English alone, at about twice the pace of multilingual E5.

`EMBEDDER=analysis.engines.embedding.minilm.MiniLM`.
"""

import importlib
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.engines.embedding import minilm_files
from analysis.engines.embedding.encoder import STATES, Encoder
from documents.errors import Unavailable

_MARKS = (101, 102)  # [CLS], [SEP]
_MOST = 254  # tokens: it was trained on texts of 256


class MiniLM:
    """Shared by threads. It knows no prefixes: what is asked for and what is to be found are read alike."""

    name = minilm_files.NAME
    dimensions = 384

    def __init__(self) -> None:
        self._tokenizer = _tokenizer()
        self._encoder = Encoder(minilm_files.folder() / minilm_files.ENCODER, self._encoded, _MARKS, _MOST)

    def passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self._encoder.vectors(texts)

    queries = passages

    def passage_states(self, texts: Sequence[str]) -> list[NDArray[np.float32]]:
        return self._encoder.states(texts, (STATES, STATES))

    query_states = passage_states

    def passage_places(self, beginnings: Sequence[str]) -> list[int]:
        return [1 + len(ids) for ids in self._encoded(beginnings)]

    def _encoded(self, texts: Iterable[str]) -> list[list[int]]:
        return [one.ids for one in self._tokenizer.encode_batch(list(texts), add_special_tokens=False)]


def _tokenizer() -> Any:
    try:
        tokenizers: Any = importlib.import_module(minilm_files.READER)
    except ImportError as error:
        detail = f"The package `{minilm_files.READER}` is not installed. {minilm_files.ADVICE}"
        raise Unavailable("model_missing", detail) from error
    return tokenizers.Tokenizer.from_file(str(minilm_files.folder() / minilm_files.TOKENIZER))
