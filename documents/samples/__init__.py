"""The documents that a new installation reads first; all of them made, by `python -m documents.samples.make`."""

from pathlib import Path

FOLDER = Path(__file__).parent
_SUFFIXES = {".pdf", ".jpg", ".xml", ".docx"}


def sample_files() -> list[Path]:
    """The sample documents, by name; `<stem>.expected.json` beside each says what is in it."""
    return sorted(path for path in FOLDER.iterdir() if path.suffix in _SUFFIXES)
