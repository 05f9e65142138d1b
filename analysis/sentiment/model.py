"""The classifier: multinomial logistic regressions over sparse columns and the embedder's vectors, as plain numbers.

It has two heads. `embedded` sees everything, and is used where the embedder is the one that it was trained with;
`plain` sees no vectors, and stands in where an operator chose another embedder.
"""

import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from analysis.sentiment import features
from analysis.sentiment.verdicts import LABELS
from documents.errors import InvalidInput

Floats = NDArray[np.float32]
Embed = Callable[[Sequence[str]], Floats]

SCHEMA = 1
PLAIN, EMBEDDED = "plain", "embedded"
_NUMBERS, _ABOUT = "weights.npz", "about.json"
_EPOCH = (1980, 1, 1, 0, 0, 0)  # in archives, so that equal models have equal bytes


@dataclass(frozen=True, slots=True)
class Head:
    """`weights` (columns x 3, the last ones of the vector), `bias` (3), and what its scores are softened by."""

    weights: Floats
    bias: Floats
    temperature: float

    def logits(self, sparse: csr_matrix, vectors: Floats | None) -> Floats:
        """(n, 3), not yet softened."""
        found = sparse @ self.weights[: features.COLUMNS] + self.bias
        return np.asarray(found if vectors is None else found + vectors @ self.weights[features.COLUMNS :], np.float32)

    def likelihoods(self, sparse: csr_matrix, vectors: Floats | None) -> Floats:
        """(n, 3), each row sums up to 1."""
        return softmax(self.logits(sparse, vectors) / self.temperature)


def softmax(logits: Floats) -> Floats:
    """By row."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), np.float32)


@dataclass(frozen=True)
class Model:
    """`embedder` names whose vectors the head `embedded` knows; that is asked where `plain` is less than `sure`."""

    heads: Mapping[str, Head]
    embedder: str = ""
    sure: float = 1.0

    @cached_property
    def name(self) -> str:
        """`sentiment-` and the hash of its numbers."""
        digest = hashlib.sha256(f"{self.embedder} {self.sure:.4f}".encode())
        for title, head in sorted(self.heads.items()):
            digest.update(title.encode() + _stored(head.weights).tobytes() + _stored(head.bias).tobytes())
            digest.update(repr(round(head.temperature, 4)).encode())
        return f"sentiment-{digest.hexdigest()[:12]}"

    def likelihoods(self, texts: Sequence[str], embed: Embed | None = None) -> Floats:
        """(n, 3) in the order of LABELS; `embed` gives the vectors (n x dimensions) of the model's own embedder."""
        sparse = features.columns(texts)
        found = self.heads[PLAIN].likelihoods(sparse, None)
        doubtful = np.flatnonzero(found.max(axis=1) < self.sure)
        if embed is not None and EMBEDDED in self.heads and len(doubtful):
            vectors = embed([texts[place] for place in doubtful.tolist()])
            found[doubtful] = self.heads[EMBEDDED].likelihoods(sparse[doubtful], vectors)
        return found

    def save(self, folder: Path) -> None:
        """Two files, the same to the byte for the same model."""
        folder.mkdir(parents=True, exist_ok=True)
        arrays = {f"{name}_weights": _stored(head.weights) for name, head in self.heads.items()}
        arrays |= {f"{name}_bias": _stored(head.bias) for name, head in self.heads.items()}
        with zipfile.ZipFile(folder / _NUMBERS, "w") as archive:
            for name, array in sorted(arrays.items()):
                archive.writestr(zipfile.ZipInfo(f"{name}.npy", _EPOCH), _bytes(array), zipfile.ZIP_DEFLATED, 9)
        temperatures = {name: round(head.temperature, 4) for name, head in sorted(self.heads.items())}
        about = {"schema": SCHEMA, "labels": LABELS, "embedder": self.embedder, "sure": round(self.sure, 4)}
        (folder / _ABOUT).write_text(json.dumps(about | {"temperatures": temperatures}, indent=1) + "\n", "utf-8")

    @classmethod
    def load(cls, folder: Path) -> "Model":
        """Raises InvalidInput `model_unusable`."""
        try:
            about = json.loads((folder / _ABOUT).read_text("utf-8"))
            if about["schema"] != SCHEMA or tuple(about["labels"]) != LABELS:
                raise ValueError("it was made by another version")
            with np.load(folder / _NUMBERS, allow_pickle=False) as arrays:
                heads = {name: _head(arrays, name, float(t)) for name, t in about["temperatures"].items()}
            return cls({PLAIN: heads[PLAIN], **heads}, about["embedder"], float(about["sure"]))
        except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
            detail = f"The sentiment model in {folder} can't be used ({error}). Train it again."
            raise InvalidInput("model_unusable", detail) from error


def _head(arrays: Mapping[str, NDArray[np.float16]], name: str, temperature: float) -> Head:
    weights, bias = (arrays[f"{name}_{part}"].astype(np.float32) for part in ("weights", "bias"))
    narrowest = features.COLUMNS + (name == EMBEDDED)
    if weights.shape[0] < narrowest or weights.shape[1:] != (len(LABELS),) or bias.shape != (len(LABELS),):
        raise ValueError("its numbers have another shape")
    return Head(weights, bias, temperature)


def _stored(array: Floats) -> NDArray[np.float16]:
    return array.astype(np.float16)


def _bytes(array: NDArray[np.float16]) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()
