"""The model files that came with the wheels, checked against known hashes before anything runs on them."""

import hashlib
from importlib.util import find_spec
from pathlib import Path

from documents.errors import Unavailable

_LIST = Path(__file__).with_name("models.sha256")  # as `sha256sum` writes and checks it, relative to site-packages


def verify_models() -> None:
    """Raises Unavailable (`model_missing`, `model_changed`) unless every listed file is there, byte for byte."""
    for line in _LIST.read_text(encoding="ascii").splitlines():
        expected, name = line.split()
        path = installed(name)
        if not path.is_file():
            raise Unavailable("model_missing", f"The OCR model {name} is missing. Install the requirements again.")
        with path.open("rb") as model:
            if hashlib.file_digest(model, "sha256").hexdigest() != expected:
                raise Unavailable("model_changed", f"The OCR model {name} is not the known one. Reinstall its package.")


def installed(name: str) -> Path:
    """Where a file of a package ("package/folder/file") is, without importing the package."""
    package, _, inner = name.partition("/")
    spec = find_spec(package)
    return Path(spec.origin).parent / inner if spec and spec.origin else Path(name)
