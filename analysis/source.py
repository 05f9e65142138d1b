"""Where a stage finds its document's bytes: the address is loaded with the task, the bytes come with the work."""

from dataclasses import dataclass
from pathlib import Path

from documents import intake
from documents.models import Document


@dataclass(frozen=True, slots=True)
class Source:
    """A document's bytes in the storage."""

    storage_key: str
    sha256: str
    media_type: str

    @classmethod
    def of(cls, document: Document | None) -> "Source":
        assert document is not None, "the document pipeline works on documents"
        return cls(document.storage_key, document.sha256, document.media_type)

    def fetch(self, folder: Path) -> Path:
        """A local copy, checked against the hash."""
        return intake.fetch(self.storage_key, self.sha256, folder / "original")
