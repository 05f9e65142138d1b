"""Vectors that are made once: kept in a file of a folder, by the texts they were made of."""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

_BATCH = 64
_SAVED_EVERY = 20  # batches

Make = Callable[[Sequence[str]], NDArray[np.float32]]


class KeptVectors:
    """What one embedder makes of one kind of texts (passages or queries); without a folder nothing is kept."""

    def __init__(self, folder: Path | None, kind: str, make: Make) -> None:
        self._path = folder / f"{kind}.npz" if folder else None
        self._make = make
        self._known: dict[str, NDArray[np.float16]] = {}
        if self._path and self._path.exists():
            with np.load(self._path) as kept:
                self._known = dict(zip(kept["keys"].tolist(), kept["vectors"], strict=True))

    def of(self, texts: Sequence[str], console: Console) -> NDArray[np.float32]:
        """len(texts) x dimensions."""
        keys = [hashlib.sha256(text.encode()).hexdigest() for text in texts]
        # Texts of one length in one batch: the shorter ones need no padding.
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in self._known}
        todo = sorted(missing.items(), key=lambda item: len(item[1]))
        batches = [todo[start : start + _BATCH] for start in range(0, len(todo), _BATCH)]
        for number, batch in enumerate(track(batches, "Embedding", console=console, transient=True), 1):
            made = self._make([text for _, text in batch]).astype(np.float16)
            self._known |= dict(zip((key for key, _ in batch), made, strict=True))
            if number % _SAVED_EVERY == 0:
                self._save()
        if batches:
            self._save()
        return np.array([self._known[key] for key in keys], np.float32)

    def _save(self) -> None:
        if self._path:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            half = self._path.with_suffix(".new.npz")
            np.savez(half, keys=np.array(list(self._known)), vectors=np.array(list(self._known.values())))
            half.replace(self._path)
