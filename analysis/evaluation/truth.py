"""Documents with their ground truth: pairs of files in a folder."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from documents.errors import InvalidInput

Half = Literal["development", "held out"]


@dataclass(frozen=True, slots=True)
class Case:
    """A document and what it says; `truth` is the JSON of its ground truth."""

    id: str
    path: Path
    truth: dict[str, Any]

    @property
    def family(self) -> str:
        """What stands before the first underscore of the id, such as the source of the documents."""
        return self.id.split("_")[0] if "_" in self.id else "documents"

    @property
    def issuer_group(self) -> str:
        return str(self.truth.get("issuer_group") or self.id)

    @property
    def half(self) -> Half:
        """Rules are written looking at one half of the issuers; the other half says whether they hold in general."""
        digest = hashlib.sha256(self.issuer_group.encode()).digest()
        return "held out" if digest[-1] % 2 else "development"


def cases(folder: Path, *, only: str = "", limit: int | None = None, asked: str = "fields_given") -> list[Case]:
    """The documents of the folder whose truth has the key `asked`, by id.

    Raises InvalidInput (`nothing_to_evaluate`).
    """
    known = (case for case in _cases(folder) if case.id.startswith(only) and asked in case.truth)
    found = sorted(known, key=lambda case: case.id)[:limit]
    if not found:
        detail = (
            f"There is no document with ground truth in {folder}; put <id>.pdf beside <id>.json or <id>.expected.json."
        )
        raise InvalidInput("nothing_to_evaluate", detail)
    return found


def _cases(folder: Path) -> Iterator[Case]:
    documents = {path.stem: path for path in folder.glob("*.*") if path.suffix not in (".json", ".md", ".py")}
    for path in folder.glob("*.json"):
        id = path.name.removesuffix(".json").removesuffix(".expected")
        if id in documents:
            yield Case(id, documents[id], _named(_flat(json.loads(path.read_text("utf-8")))))


def _named(truth: dict[str, Any]) -> dict[str, Any]:
    """Truths that call the type `document_type` as those that call it `doc_type`."""
    kind = truth.get("document_type")
    return {"doc_type": kind, **truth} if kind else truth


def _flat(truth: dict[str, Any]) -> dict[str, Any]:
    """Truths that keep their values under `fields` as those that have them at the top.

    Documents of one source that names no issuers count as one issuer's: they may share a layout.
    """
    if not isinstance(truth.get("fields"), dict):
        return truth
    source = truth.get("source")
    group = truth.get("issuer_group") or (source.get("repository", "") if isinstance(source, dict) else "")
    return {**truth, **truth["fields"], "issuer_group": group}
