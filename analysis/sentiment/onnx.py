"""A transformer as Hugging Face's optimum exports it: `SENTIMENT_ENGINE=analysis.sentiment.onnx.Transformer`."""

import hashlib
import importlib
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from django.conf import settings
from numpy.typing import NDArray

from analysis.engines import batching
from analysis.sentiment.model import Floats, softmax
from analysis.sentiment.texts import legible
from analysis.sentiment.verdicts import LABELS
from documents.errors import InvalidInput, Unavailable

GRAPH, TOKENIZER, CONFIG = "model.onnx", "tokenizer.json", "config.json"
_LIMITS = "tokenizer_config.json"  # may be missing
_LONGEST = 512  # tokens; what more a model takes is of no use: texts have so many characters
_BESIDE = 2  # places that RoBERTa and its kin count among theirs and can't use
_AT_ONCE = 4_096  # tokens of a batch
_NAMES = {"pos": "positive", "neu": "neutral", "neg": "negative"}
_STARS = ("negative", "negative", "neutral", "positive", "positive")


class Transformer:
    """The model in the folder `SENTIMENT_MODEL`. Shared by threads: a session runs for many at once.

    Raises Unavailable `sentiment_model_missing` where a file or the package `tokenizers` is, and InvalidInput
    `model_unusable` for files that don't go together.
    """

    def __init__(self) -> None:
        folder = Path(settings.SENTIMENT_MODEL)
        _check_files(folder)
        config = json.loads((folder / CONFIG).read_text("utf-8"))
        self._version = f"{folder.resolve().name[:100]}-{_hash(folder)}"
        self._columns = columns(config.get("id2label", {}))
        self._tokenizer = _tokenizer(folder, _longest(folder, config))
        self._session = _session(folder / GRAPH)
        self._inputs = {one.name for one in self._session.get_inputs()}
        if unknown := self._inputs - {"input_ids", "attention_mask", "token_type_ids"}:
            raise _unusable(folder, f"it asks for {', '.join(sorted(unknown))}")

    def version(self) -> str:
        return self._version

    def scores(self, texts: Sequence[str]) -> list[dict[str, float]]:
        encoded = self._tokenizer.encode_batch([legible(text) for text in texts])
        found = np.empty((len(texts), len(LABELS)), np.float32)
        for places in batching.by_length([len(one.ids) for one in encoded], _AT_ONCE):
            found[places] = self._likelihoods(np.array([encoded[place].ids for place in places], np.int64))
        return [dict(zip(LABELS, row, strict=True)) for row in found.tolist()]

    def _likelihoods(self, ids: NDArray[np.int64]) -> Floats:
        """(texts, 3) of token ids (texts, tokens), none of which is padding."""
        given = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        [logits] = self._session.run(None, {name: given[name] for name in self._inputs})[:1]
        if logits.shape != (len(ids), len(self._columns)):
            raise _unusable(Path(settings.SENTIMENT_MODEL), f"it answers {logits.shape}, not a score for each label")
        return np.asarray(softmax(logits) @ self._columns, np.float32)


def columns(names: Mapping[str, str]) -> Floats:
    """(the model's labels, ours): 1 where they mean the same; `names` is the config's `id2label`.

    Known are names that begin with pos, neu or neg, "very" before it or not, and one to five stars.
    """
    found = np.zeros((len(names), len(LABELS)), np.float32)
    for place in range(len(names)):
        found[place, LABELS.index(_label(names.get(str(place), "")))] = 1
    if not found[:, LABELS.index("positive")].any() or not found[:, LABELS.index("negative")].any():
        raise _unnamed(", ".join(names.values()))
    return found


def _label(name: str) -> str:
    if stars := re.fullmatch(r"([1-5]) stars?", name.strip().lower()):
        return _STARS[int(stars[1]) - 1]
    meant = _NAMES.get(re.sub(r"^very[\W_]*", "", name.strip().lower())[:3])
    if meant is None:
        raise _unnamed(name)
    return meant


def _unnamed(said: str) -> InvalidInput:
    detail = f"The labels of the sentiment model are called {said[:80]!r}. Name them positive, neutral and negative in"
    return InvalidInput("model_unusable", f"{detail} `id2label` of its {CONFIG}.")


def _check_files(folder: Path) -> None:
    missing = [name for name in (GRAPH, TOKENIZER, CONFIG) if not (folder / name).is_file()]
    if missing:
        detail = f"SENTIMENT_MODEL has no {' and no '.join(missing)}. Name a folder that optimum exported for ONNX."
        raise Unavailable("sentiment_model_missing", detail)


def _tokenizer(folder: Path, longest: int) -> Any:
    try:
        tokenizers: Any = importlib.import_module("tokenizers")
    except ImportError:
        detail = "The package `tokenizers` is not installed. Install it (pip install tokenizers) and restart."
        raise Unavailable("sentiment_model_missing", detail) from None
    try:
        tokenizer = tokenizers.Tokenizer.from_file(str(folder / TOKENIZER))
    except Exception as error:  # the package raises nothing more specific
        raise _unusable(folder, f"{TOKENIZER}: {error}") from error
    tokenizer.no_padding()
    tokenizer.enable_truncation(longest)
    return tokenizer


def _longest(folder: Path, config: Mapping[str, Any]) -> int:
    """How many tokens a text may have."""
    limits = json.loads((folder / _LIMITS).read_text("utf-8")) if (folder / _LIMITS).is_file() else {}
    places = int(config.get("max_position_embeddings", _LONGEST + _BESIDE)) - _BESIDE
    return int(min(_LONGEST, limits.get("model_max_length", places)))  # some say 10^30


def _session(graph: Path) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1  # workers are many
    try:
        return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's own have no base but this
        raise _unusable(graph.parent, f"{GRAPH}: {error}") from error


def _unusable(folder: Path, reason: str) -> InvalidInput:
    detail = f"The sentiment model in {folder.name} can't be used ({' '.join(reason.split())[:200]}). Export it anew."
    return InvalidInput("model_unusable", detail)


def _hash(folder: Path) -> str:
    """Of all that verdicts depend on: large graphs keep their numbers in files beside them."""
    digest = hashlib.sha256()
    for path in sorted([*folder.glob(GRAPH + "*"), folder / TOKENIZER, folder / CONFIG]):
        with path.open("rb") as file:
            digest.update(path.name.encode() + hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:12]
