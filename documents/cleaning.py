"""What accidents leave behind: bytes in the storage without a document, and temporary folders without a process."""

import shutil
import time
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import structlog
from django.conf import settings
from django.core.files.storage import FileSystemStorage, default_storage

from documents import intake, tenancy
from documents.models import Document

log = structlog.get_logger(__name__)

_BATCH = 500
_SCRATCH_HOURS = 6  # no task takes so long
# More orphans than this, and than a tenth of all documents, look like another database rather than like accidents.
_FEW = 20


def remove_orphans(older_than: timedelta, *, dry_run: bool = False, all_of_them: bool = False) -> int:
    """Removes the objects under keys of documents that have no row, if they are old enough; returns how many.

    None is removed if they are suspiciously many, unless `all_of_them` says that they are meant. Anything in the
    storage that isn't under a document's key is left alone. Raises Unavailable if the storage fails.
    """
    found = _by_document(datetime.now(UTC) - older_than)
    orphans = [
        (one, key) for workspace, its in found.items() for one in _without_row(workspace, its) for key in its[one]
    ]
    documents = sum(len(its) for its in found.values())
    if len(orphans) > max(_FEW, documents // 10) and not (all_of_them or dry_run):
        log.error("too_many_orphans", objects=len(orphans), documents=documents, remedy="manage.py clean --all-orphans")
        return 0
    return sum(dry_run or _remove(document, key) for document, key in orphans)


def remove_scratch() -> int:
    """Removes the temporary folders on this host that killed processes left; returns how many."""
    oldest = time.time() - _SCRATCH_HOURS * 3600
    old = [folder for folder in (settings.DATA_DIR / "tmp").glob("task-*") if _changed_at(folder) < oldest]
    for folder in old:
        shutil.rmtree(folder, ignore_errors=True)
    return len(old)


def _changed_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:  # somebody else removed it
        return time.time()


def _by_document(before: datetime) -> dict[UUID, dict[UUID, list[str]]]:
    """The keys of objects that were last written before that, by workspace and document."""
    found: dict[UUID, dict[UUID, list[str]]] = defaultdict(lambda: defaultdict(list))
    try:
        for key, written_at in _objects():
            owner = _owner(key)
            if owner and written_at < before:
                found[owner[0]][owner[1]].append(key)
    except intake.STORAGE_ERRORS as error:
        raise intake.unavailable(error) from error
    return found


def _owner(key: str) -> tuple[UUID, UUID] | None:
    """Workspace and document that a key belongs to; see Document.key_for."""
    try:
        workspace, document, _name = key.split("/", 2)
        return UUID(workspace), UUID(document)
    except ValueError:
        return None


def _objects() -> Iterator[tuple[str, datetime]]:
    """All keys with the time of their last change."""
    if isinstance(default_storage, FileSystemStorage):
        root = Path(default_storage.location)
        for path in root.glob("*/*/**/*"):
            if path.is_file():
                yield path.relative_to(root).as_posix(), datetime.fromtimestamp(_changed_at(path), UTC)
        return
    prefix = f"{default_storage.location}/".lstrip("/")  # type: ignore[attr-defined]
    for entry in default_storage.bucket.objects.filter(Prefix=prefix):  # type: ignore[attr-defined]
        yield entry.key.removeprefix(prefix), entry.last_modified


def _without_row(workspace_id: UUID, documents: dict[UUID, list[str]]) -> Iterator[UUID]:
    """Those of a workspace's documents that have no row."""
    ids = sorted(documents)
    for first in range(0, len(ids), _BATCH):
        batch = ids[first : first + _BATCH]
        with tenancy.as_workspace(workspace_id):
            known = set(Document.objects.filter(pk__in=batch).values_list("pk", flat=True))
        yield from (one for one in batch if one not in known)


def _remove(document_id: UUID, key: str) -> bool:
    """Unless the same file comes in at this moment: under the lock that intake takes it is looked at again."""
    with tenancy.as_workspace(key.partition("/")[0]):
        intake.lock(document_id)
        if Document.objects.filter(pk=document_id).exists():
            return False
        intake.discard(key)
    log.info("orphan_removed", storage_key=key)
    return True
