"""What people approved or corrected as a dataset: JSON lines, one document each, the same to the byte each time.

A line is `{"schema", "id", "issuer", "document_type", "status", "model_version", "pages", "fields", "line_items"}`.
`fields` has `before` (as it was read), `after` (as people left it), where it stands and what read it; `corrected` says
whether a person changed it. Nothing in it names who did. `issuer` keeps one sender's documents together.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from analysis.learned import Example
from analysis.models import Result
from analysis.results import LINE_ITEMS
from analysis.rules.languages import plain
from documents import tenancy
from documents.errors import InvalidInput
from documents.pages import PageReading, Word
from jobs.models import Job

SCHEMA = 1
NAME = "corrections.jsonl"
_MOST_PAGES = 10  # of a document
_CHUNK = 1 << 20

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Exported:
    """The file that was written, how many documents are in it, and its SHA-256."""

    path: Path
    documents: int
    sha256: str


def export(folder: Path, workspaces: Sequence[UUID] = ()) -> Exported:
    """Writes the documents of these workspaces (none: of all) and, beside it, the file by which DVC tracks it."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / NAME
    found = sorted(records(workspaces), key=lambda record: str(record["id"]))
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for record in found:
            file.write(json.dumps(record, ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n")
    exported = Exported(path, len(found), _digest(path, "sha256"))
    _track(exported)
    return exported


def _track(exported: Exported) -> None:
    """What `dvc add` writes; the SHA-256, the schema and the count go into the part that it leaves to its users."""
    path = exported.path
    lines = [
        "outs:",
        f"- md5: {_digest(path, 'md5')}",
        f"  size: {path.stat().st_size}",
        "  hash: md5",
        f"  path: {path.name}",
        "meta:",
        f"  sha256: {exported.sha256}",
        f"  schema: {SCHEMA}",
        f"  documents: {exported.documents}",
    ]
    path.with_name(path.name + ".dvc").write_text("\n".join(lines) + "\n", "utf-8")


def _digest(path: Path, name: str) -> str:
    digest = hashlib.new(name, usedforsecurity=False)
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def read(folder: Path) -> tuple[list[Record], str]:
    """The exported documents and the SHA-256 of their file. Raises InvalidInput `dataset_unusable`."""
    path = folder / NAME
    try:
        found = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
        if any(record["schema"] != SCHEMA for record in found):
            raise ValueError("another schema")
    except (OSError, ValueError, KeyError, TypeError) as error:
        detail = f"{path} can't be used ({error}). Write it anew with `manage.py export_corrections {folder}`."
        raise InvalidInput("dataset_unusable", detail) from error
    return found, _digest(path, "sha256")


def workspaces_with_jobs() -> list[UUID]:
    """All that can have results, for operators' commands."""
    with tenancy.as_sweeper():
        return list(Job.objects.order_by("workspace_id").values_list("workspace_id", flat=True).distinct())


def records(workspaces: Sequence[UUID] = ()) -> Iterator[Record]:
    """The documents that people looked at, of these workspaces (none: of all)."""
    for workspace_id in workspaces or workspaces_with_jobs():
        with tenancy.as_workspace(workspace_id):
            ids = list(reviewed().values_list("pk", flat=True))
        for result_id in ids:
            with tenancy.as_workspace(workspace_id):
                result = reviewed().filter(pk=result_id).first()
                if result is not None:  # it may have been deleted meanwhile
                    yield record_of(result)


def reviewed() -> "QuerySet[Result]":
    """Results that a person approved or corrected, in the scope of the caller."""
    status = (Result.ReviewStatus.APPROVED, Result.ReviewStatus.CORRECTED)
    return Result.objects.filter(review_status__in=status, automatic=False).select_related("document").order_by("pk")


def record_of(result: Result) -> Record:
    """The result as a line of the dataset."""
    before: dict[str, Any] = {one.field: one.old_value for one in result.corrections.order_by("-id")}
    now = {field.name: field for field in result.fields.all()}
    fields = {}
    for name in sorted({*now, *before} - {LINE_ITEMS}):
        field = now.get(name)
        value = field.value if field else None
        fields[name] = {
            "before": before.get(name, value),
            "after": value,
            "corrected": name in before,
            "page": field.page if field else None,
            "box": field.box if field else None,
            "source": field.source if field else "person",
        }
    vendor = next((str(now[name].value) for name in ("vendor", "insurer") if name in now), "")
    return {
        "schema": SCHEMA,
        "id": str(result.pk),
        "issuer": plain(vendor) or str(result.pk),
        "document_type": result.document_type,
        "status": result.review_status,
        "model_version": result.model_version,
        "pages": [_page(row.reading()) for row in result.document.pages.all()[:_MOST_PAGES]],
        "fields": fields,
        "line_items": {"before": before.get(LINE_ITEMS, result.line_items), "after": result.line_items},
    }


def _page(reading: PageReading) -> dict[str, Any]:
    return asdict(reading) | {"words": [list(word) for word in reading.words]}


def pages_of(record: Record) -> list[PageReading]:
    """The pages of a line as they were read."""
    return [PageReading(**page | {"words": tuple(Word(*word) for word in page["words"])}) for page in record["pages"]]


def examples(records: Iterable[Record]) -> list[Example]:
    """What there is to learn from them: documents with at least one known value on their pages."""
    made = [
        Example(pages_of(one), one["document_type"], _truths(one), issuer=one["issuer"], id=one["id"])
        for one in records
    ]
    return [one for one in made if one.fields and any(page.words for page in one.pages)]


def _truths(record: Record) -> dict[str, str]:
    """Values that a person vouches for: all of an approved document, else those that were corrected.

    What an XML said counts only where it was found on the page.
    """
    approved = record["status"] == Result.ReviewStatus.APPROVED
    return {
        name: value["after"]
        for name, value in record["fields"].items()
        if isinstance(value["after"], str)
        and (approved or value["corrected"])
        and (value["source"] != "xml" or value["page"] is not None)
    }
