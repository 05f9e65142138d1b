"""An embedder for tests where the weights don't matter: letters counted, in no time, and noted what was embedded."""

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from django.conf import settings
from numpy.typing import NDArray


class Letters:
    """Vectors by the letters of a text. What it embeds is written to a file, for tests that look from outside."""

    name, dimensions = "letters-1", 27

    def passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        with (Path(settings.DATA_DIR) / "embedded.log").open("a") as log:
            log.writelines(f"{hash_of(text)}\n" for text in texts)
        return self.queries(texts)

    def queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        counts = np.ones((len(texts), self.dimensions), np.float32)
        for row, text in enumerate(texts):
            for char in text.lower():
                counts[row, ord(char) % self.dimensions] += 1
        vectors: NDArray[np.float32] = counts / np.linalg.norm(counts, axis=1, keepdims=True)
        return vectors


class OtherLetters(Letters):
    name = "letters-2"


class SlowLetters(Letters):
    """Slow enough to be killed at it; a part that dies leaves no note."""

    def passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        time.sleep(1.5)
        return super().passages(texts)


def hash_of(text: str) -> str:
    return f"{len(text)}-{text[:40]!r}"


def embedded() -> list[str]:
    """What was embedded in this data folder, one for each text."""
    log = Path(settings.DATA_DIR) / "embedded.log"
    return log.read_text().splitlines() if log.exists() else []


def forget() -> None:
    (Path(settings.DATA_DIR) / "embedded.log").unlink(missing_ok=True)
