"""A document's bytes: as an open file to send, or as a local file for parsers that need a path."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.conf import settings
from django.core.files import File
from django.core.files.storage import default_storage

from documents import intake
from documents.models import Document


def open_file(document: Document) -> "File[Any]":
    """The stored bytes, to be closed by the caller. Raises Unavailable."""
    try:
        return default_storage.open(document.storage_key)
    except intake.STORAGE_ERRORS as error:
        raise intake.unavailable(error) from error


@contextmanager
def local_file(document: Document) -> Iterator[Path]:
    """The path of the stored file itself where the storage is a folder, else of a copy that lives as long as the block.

    Raises Unavailable.
    """
    try:
        stored = Path(default_storage.path(document.storage_key))
    except NotImplementedError:
        stored = None
    if stored is not None and stored.exists():
        yield stored
        return
    scratch = settings.DATA_DIR / "tmp"
    scratch.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="task-", dir=scratch) as folder:
        yield intake.fetch(document.storage_key, document.sha256, Path(folder) / "original")
