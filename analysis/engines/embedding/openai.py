"""Vectors from a server that speaks OpenAI's `/embeddings`: in batches, waiting where it asks to."""

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from analysis.engines.embedding.server import Server, guarded, unusable
from analysis.engines.llm.circuit import Circuit

BATCH = 256  # texts of a request

_LONGEST_NAME = 120


class OpenAi:
    """The model EMBEDDING_MODEL of the server at EMBEDDING_URL. Shared by threads.

    `passages` and `queries` raise Unavailable: `embedding_timeout`, `embedding_unreachable`, `embedding_rate_limited`,
    `embedding_quota_exceeded`, `embedding_status`, `embedding_answer`, `embedding_resting` (it failed repeatedly, and
    is left alone for a minute).
    """

    def __init__(self) -> None:
        self._query_prefix, self._passage_prefix = settings.EMBEDDING_PREFIXES
        self._circuit = Circuit()

    @property
    def name(self) -> str:
        """All that other vectors would come of."""
        parts = [
            settings.EMBEDDING_MODEL,
            settings.EMBEDDING_DIMENSIONS or "",
            self._query_prefix,
            self._passage_prefix,
        ]
        return "|".join(map(str, parts)).rstrip("|")[:_LONGEST_NAME]

    @cached_property
    def dimensions(self) -> int:
        """Those that were asked for, or else those of a vector that the server is asked for now. Raises Unavailable."""
        return settings.EMBEDDING_DIMENSIONS or self.queries(["dimensions"]).shape[1]

    def passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self._vectors(self._passage_prefix, texts)

    def queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self._vectors(self._query_prefix, texts)

    def _vectors(self, prefix: str, texts: Sequence[str]) -> NDArray[np.float32]:
        if not texts:
            return np.empty((0, self.dimensions), np.float32)
        prefixed = [prefix + text.strip() or " " for text in texts]  # an empty text is refused
        batches = [self._guarded(prefixed[begin : begin + BATCH]) for begin in range(0, len(prefixed), BATCH)]
        if len({batch.shape[1] for batch in batches}) > 1:
            raise unusable()
        return np.concatenate(batches)

    def _guarded(self, texts: list[str]) -> NDArray[np.float32]:
        return guarded(self._circuit, lambda: _server().vectors(texts, settings.EMBEDDING_TIMEOUT_SECONDS))


def _server() -> Server:
    return Server(
        "EMBEDDING",
        settings.EMBEDDING_URL,
        settings.EMBEDDING_MODEL,
        settings.EMBEDDING_API_KEY,
        settings.EMBEDDING_DIMENSIONS,
    )
