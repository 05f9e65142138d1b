"""The classifier: a regression over sparse columns and a small network over the embedder's states, as plain numbers.

It has two heads. `plain` sees no states: it is quick, and decides where it is sure. `embedded` is asked about the
other texts, where the embedder is the one that it was trained with.
"""

import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from analysis.sentiment import features, mixture
from analysis.sentiment.network import Network, States
from analysis.sentiment.verdicts import LABELS
from documents.errors import InvalidInput

Floats = NDArray[np.float32]
Stored = NDArray[np.float16]
Embed = Callable[[Sequence[str]], States]

SCHEMA = 4
PLAIN, EMBEDDED = "plain", "embedded"
_PLAIN_ARRAYS = ("weights", "bias")
_EMBEDDED_ARRAYS = ("queries", "inner", "inner_bias", "outer", "outer_bias")
_NUMBERS, _ABOUT = "weights.npz", "about.json"
_EPOCH = (1980, 1, 1, 0, 0, 0)  # in archives, so that equal models have equal bytes


@dataclass(frozen=True, slots=True)
class Plain:
    """`weights` (columns x experts), `bias`, both as in `mixture`, and what its logits are softened by."""

    weights: Floats
    bias: Floats
    temperature: float = 1.0

    def logits(self, sparse: csr_matrix) -> Floats:
        """(n, 3), not yet softened."""
        return mixture.logits(np.asarray(sparse @ self.weights + self.bias, np.float32))


@dataclass(frozen=True, slots=True)
class Embedded:
    """A network, to whose scores `share` of the plain head's are added: words that it knows, states may not tell."""

    network: Network
    share: float
    temperature: float = 1.0

    def logits(self, sparse: csr_matrix, states: States, plain: Floats) -> Floats:
        """(n, 3), not yet softened, of rows, their states, and the plain head's logits."""
        return np.asarray(self.network.logits(states, features.cues(sparse)) + self.share * plain, np.float32)


def softmax(logits: Floats) -> Floats:
    """By row."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), np.float32)


@dataclass(frozen=True)
class Model:
    """`embedder` names whose states the head `embedded` knows; that is asked where `plain` is less than `sure`.

    `common` is the expert of the project's own texts, if there is one.
    """

    plain: Plain
    embedded: Embedded | None = None
    embedder: str = ""
    sure: float = 1.0
    common: int | None = None

    @cached_property
    def name(self) -> str:
        """`sentiment-` and the hash of its numbers."""
        digest = hashlib.sha256(json.dumps(self._about(), sort_keys=True).encode())
        for title, array in sorted(self._arrays().items()):
            digest.update(title.encode() + array.tobytes())
        return f"sentiment-{digest.hexdigest()[:12]}"

    def likelihoods(self, texts: Sequence[str], embed: Embed | None = None) -> Floats:
        """(n, 3) in the order of LABELS; `embed` gives the states of the model's own embedder."""
        sparse = features.columns(texts)
        logits = self.plain.logits(sparse)
        found = softmax(logits / self.plain.temperature)
        doubtful = np.flatnonzero(found.max(axis=1) < self.sure)
        if embed is not None and self.embedded is not None and len(doubtful):
            states = embed([texts[place] for place in doubtful.tolist()])
            asked = self.embedded.logits(sparse[doubtful], states, logits[doubtful])
            found[doubtful] = softmax(asked / self.embedded.temperature)
        return found

    def save(self, folder: Path) -> None:
        """Two files, the same to the byte for the same model."""
        folder.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(folder / _NUMBERS, "w") as archive:
            for name, array in sorted(self._arrays().items()):
                archive.writestr(zipfile.ZipInfo(f"{name}.npy", _EPOCH), _bytes(array), zipfile.ZIP_DEFLATED, 9)
        (folder / _ABOUT).write_text(json.dumps(self._about(), indent=1) + "\n", "utf-8")

    @classmethod
    def load(cls, folder: Path) -> "Model":
        """Raises InvalidInput `model_unusable`."""
        try:
            about = json.loads((folder / _ABOUT).read_text("utf-8"))
            if about["schema"] != SCHEMA or tuple(about["labels"]) != LABELS:
                raise ValueError("it was made by another version")
            with np.load(folder / _NUMBERS, allow_pickle=False) as stored:
                arrays = {name: stored[name].astype(np.float32) for name in stored.files}
            return _model(arrays, about)
        except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
            detail = f"The sentiment model in {folder} can't be used ({error}). Train it again."
            raise InvalidInput("model_unusable", detail) from error

    def _about(self) -> dict[str, Any]:
        about: dict[str, Any] = {"schema": SCHEMA, "labels": list(LABELS), "embedder": self.embedder}
        about |= {"sure": round(self.sure, 4), "plain": {"temperature": round(self.plain.temperature, 4)}}
        if self.common is not None:
            about["common"] = self.common
        if self.embedded is not None:
            own = self.embedded
            about["embedded"] = {"share": round(own.share, 4), "temperature": round(own.temperature, 4)}
        return about

    def _arrays(self) -> dict[str, Stored]:
        network = self.embedded and self.embedded.network
        heads = {PLAIN: (self.plain, _PLAIN_ARRAYS), EMBEDDED: (network, _EMBEDDED_ARRAYS)}
        return {
            f"{title}_{name}": getattr(head, name).astype(np.float16)
            for title, (head, names) in heads.items()
            if head is not None
            for name in names
        }


def _model(arrays: Mapping[str, Floats], about: Mapping[str, Any]) -> Model:
    plain = Plain(arrays["plain_weights"], arrays["plain_bias"], float(about[PLAIN]["temperature"]))
    embedded = None
    if own := about.get(EMBEDDED):
        network = Network(*(arrays[f"{EMBEDDED}_{name}"] for name in _EMBEDDED_ARRAYS))
        embedded = Embedded(network, float(own["share"]), float(own["temperature"]))
    if not _fits(plain, embedded):
        raise ValueError("its numbers have another shape")
    common = about.get("common")
    if common is not None and common not in range(plain.bias.size // mixture.WIDTH):
        raise ValueError("it has no such expert")
    return Model(plain, embedded, str(about["embedder"]), float(about["sure"]), common)


def _fits(plain: Plain, embedded: Embedded | None) -> bool:
    scores = plain.bias.size
    if not mixture.fits(scores) or plain.weights.shape != (features.COLUMNS, scores) or plain.bias.shape != (scores,):
        return False
    return embedded is None or embedded.network.fits(features.CUES)


def _bytes(array: Stored) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()
