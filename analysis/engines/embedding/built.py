"""Model files that are built once for all processes under MODELS_DIR, and checked before they are loaded."""

import fcntl
import hashlib
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import structlog
from django.conf import settings

from documents.errors import Unavailable

log = structlog.get_logger(__name__)

_SUMS = "SHA256SUMS"  # as `sha256sum` writes and checks it


def folder(name: str, build: Callable[[Path], None]) -> Path:
    """Where the files are, after `build` has written them into a folder or they were found sound.

    Raises Unavailable `model_not_built`, and what `build` raises.
    """
    place: Path = settings.MODELS_DIR / name
    try:
        if not is_sound(name):
            with _alone(place.parent):
                if not is_sound(name):  # another process may have built them meanwhile
                    _build(place, build)
    except OSError as error:
        detail = (
            f"The embedder can't be built in {place.parent} ({error.strerror}). Set MODELS_DIR to a writable folder."
        )
        raise Unavailable("model_not_built", detail) from error
    return place


def is_sound(name: str) -> bool:
    """Whether all files have the hashes that they had when they were built."""
    place: Path = settings.MODELS_DIR / name
    if not (place / _SUMS).is_file():
        return False
    lines = (place / _SUMS).read_text(encoding="ascii").splitlines()
    return all(_has(place / name, digest) for digest, name in (line.split() for line in lines))


def weights(package: str, name: str, sha256: str, advice: str) -> Path:
    """The package's weight file, found without importing the package, if it is the known one.

    Raises Unavailable: `model_missing` with this advice, `model_changed`.
    """
    spec = find_spec(package)
    path = Path(spec.origin).parent / name if spec and spec.origin else Path(name)
    if not path.is_file():
        raise Unavailable("model_missing", f"The embedder's weights ({package}/{name}) are missing. {advice}")
    if _digest(path) != sha256:
        raise Unavailable("model_changed", f"The weights of {package} are not the known ones. Reinstall the package.")
    return path


@contextmanager
def _alone(parent: Path) -> Iterator[None]:
    """One process at a time; the lock goes with its process."""
    parent.mkdir(parents=True, exist_ok=True)
    with (parent / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _build(place: Path, build: Callable[[Path], None]) -> None:
    """In a folder beside, which then takes the place of what was there."""
    log.info("embedder_building", folder=str(place))
    made = Path(tempfile.mkdtemp(prefix=".building-", dir=place.parent))
    try:
        build(made)
        sums = [f"{_digest(path)}  {path.name}\n" for path in sorted(made.iterdir())]
        (made / _SUMS).write_text("".join(sums), encoding="ascii")
        for path in (*made.iterdir(), made):
            path.chmod(0o755 if path is made else 0o644)  # an image is built by root, and used by others
        shutil.rmtree(place, ignore_errors=True)
        made.rename(place)
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _has(path: Path, digest: str) -> bool:
    return path.is_file() and _digest(path) == digest


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
