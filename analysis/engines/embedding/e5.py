"""Multilingual E5 (small) on this machine's CPU: 384 dimensions, about a hundred languages."""

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from analysis.engines.embedding import e5_files, tokens
from analysis.engines.embedding.encoder import STATES, Encoder

_MARKS = (0, 2)  # <s>, </s>
_MOST = 510  # tokens of a text and its prefix; the model has 512 places
_BOTH = (e5_files.INNER, STATES)


class E5:
    """Shared by threads."""

    name = e5_files.NAME
    dimensions = 384

    middle_name = f"{e5_files.NAME}/layer-{e5_files.MIDDLE_LAYERS}"

    def __init__(self) -> None:
        self._encoder = _encoder(e5_files.ENCODER)

    def passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self._encoder.vectors(_prefixed("passage: ", texts))

    def queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self._encoder.vectors(_prefixed("query: ", texts))

    def passage_states(self, texts: Sequence[str]) -> list[NDArray[np.float32]]:
        return self._encoder.states(_prefixed("passage: ", texts), _BOTH)

    def query_states(self, texts: Sequence[str]) -> list[NDArray[np.float32]]:
        return self._encoder.states(_prefixed("query: ", texts), _BOTH)

    def passage_places(self, beginnings: Sequence[str]) -> list[int]:
        return [1 + len(ids) for ids in tokens.encoded(_prefixed("passage: ", beginnings))]

    def middle_states(self, texts: Sequence[str]) -> list[NDArray[np.float32]]:
        return [middle for [middle] in _lower().states(_prefixed("passage: ", texts), [e5_files.MIDDLE])]


def _prefixed(prefix: str, texts: Sequence[str]) -> list[str]:
    return [prefix + text.strip() for text in texts]


@cache
def _lower() -> Encoder:
    """Loaded where it is asked for: most processes never are."""
    return _encoder(e5_files.LOWER)


def _encoder(name: str) -> Encoder:
    return Encoder(e5_files.folder() / name, tokens.encoded, _MARKS, _MOST)
