"""The contract of an embedder, and those that this installation has: `settings.EMBEDDER` is the dotted path of one."""

import threading
from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from django.conf import settings
from django.utils.module_loading import import_string
from numpy.typing import NDArray

from analysis.engines.embedding import e5_files, minilm_files

__all__ = ["Embedder", "MiddleEmbedder", "TokenEmbedder", "count_tokens", "current", "named"]

_OURS = "analysis.engines.embedding.e5.E5"
_SMALL = "analysis.engines.embedding.minilm.MiniLM"

_lock = threading.Lock()
_loaded: dict[str, "Embedder"] = {}  # by dotted path


class Embedder(Protocol):
    """Turns texts into vectors whose inner product says how near they are in meaning. Shared by threads."""

    @property
    def name(self) -> str:
        """Model and version, at most 120 characters: vectors of different names are not to be compared."""
        ...

    @property
    def dimensions(self) -> int: ...

    def passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of what is to be found, len(texts) x dimensions, each of length 1. Raises Unavailable."""
        ...

    def queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of what is asked for, as `passages` gives them."""
        ...


@runtime_checkable
class TokenEmbedder(Protocol):
    """An embedder that gives what it makes of each token, too: 2 x tokens x dimensions for each text, of any length.

    First those of an inner layer, then the last one's, whose mean, brought to length 1, is the text's vector.
    """

    def passage_states(self, texts: Sequence[str]) -> list[NDArray[np.float32]]: ...

    def query_states(self, texts: Sequence[str]) -> list[NDArray[np.float32]]: ...

    def passage_places(self, beginnings: Sequence[str]) -> list[int]:
        """By beginning of a passage, where in the passage's states that of the token behind it is."""
        ...


@runtime_checkable
class MiddleEmbedder(Protocol):
    """An embedder that gives the states of a middle layer, too, which tell the tone that its vectors have forgotten."""

    @property
    def middle_name(self) -> str:
        """Model, version and layer: states of different names are not to be compared."""
        ...

    def middle_states(self, texts: Sequence[str]) -> list[NDArray[np.float32]]:
        """Tokens x dimensions for each text, in less time than its vector takes. Raises Unavailable."""
        ...


def current() -> Embedder:
    """The one that the settings name, loaded once in each process. Raises Unavailable."""
    return _load(settings.EMBEDDER)


def named(name: str) -> Embedder | None:
    """The one that made vectors of this name, where this installation can still load it. Raises Unavailable."""
    if (embedder := current()).name == name:
        return embedder
    if name == minilm_files.NAME and minilm_files.is_installed():
        return _load(_SMALL)
    return _load(_OURS) if name == e5_files.NAME else None


def count_tokens(texts: Sequence[str]) -> list[int]:
    """Tokens of each text in the shipped model's tokenizer, whichever embedder is set; prefix and marks not counted.

    The shipped model reads at most 506 of them, and ignores the others.
    """
    from analysis.engines.embedding import tokens

    return [len(ids) for ids in tokens.encoded(texts)]


def _load(path: str) -> Embedder:
    with _lock:
        if path not in _loaded:
            _loaded[path] = import_string(path)()
        return _loaded[path]
