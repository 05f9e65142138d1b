"""Taking a document out again: its rows at once, its bytes when that is certain."""

from collections.abc import Callable
from functools import partial
from uuid import UUID

import structlog
from django.db import transaction

from documents import intake, tenancy
from documents.errors import Unavailable
from documents.models import Document

log = structlog.get_logger(__name__)

# What other rooms do, in the same transaction, when a document goes: with its id and its workspace's.
before_removal: list[Callable[[UUID, UUID], None]] = []


def remove(document: Document) -> None:
    """Deletes the document and all that hangs on it, in the caller's transaction; its bytes go after the commit."""
    workspace_id, document_id, key = document.workspace_id, document.id, document.storage_key
    for forget in before_removal:
        forget(document_id, workspace_id)
    document.delete()
    transaction.on_commit(partial(_remove_bytes, workspace_id, document_id, key))


def _remove_bytes(workspace_id: UUID, document_id: UUID, key: str) -> None:
    """Unless the same file came in again meanwhile: it has the same id and so the same key."""
    try:
        with tenancy.as_workspace(workspace_id):
            intake.lock(document_id)
            if not Document.objects.filter(pk=document_id).exists():
                intake.discard(key)
    except Unavailable:  # the user's document is gone; its bytes are the operator's business
        log.error("bytes_left_behind", storage_key=key)
