"""Taking a file in: what is it, is it allowed, do we have it, and are its bytes safe?"""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, cast
from uuid import UUID

import structlog
from botocore.exceptions import BotoCoreError, ClientError, FlexibleChecksumError
from django.conf import settings
from django.core.files import File
from django.core.files.storage import default_storage
from django.db import connection
from prometheus_client import Counter
from s3transfer.exceptions import RetriesExceededError

from documents.errors import InvalidInput, TooLarge, Unavailable
from documents.models import Document, User
from documents.sniffing import safe_filename, sniff
from documents.sniffing_tables import sniff_table

log = structlog.get_logger(__name__)

UPLOADED = Counter("vouch_storage_objects_uploaded_total", "Objects written to the storage")
STORAGE_ERRORS = (OSError, BotoCoreError, ClientError, RetriesExceededError)
_CHUNK = 1 << 20


def receive(upload: "File[Any]", *, filename: str, workspace_id: UUID, user: User | None) -> tuple[Document, bool]:
    """The document for these bytes, and whether it is new. Runs in the caller's transaction and scope.

    Raises InvalidInput, TooLarge or UnsupportedType for what is not taken in, and Unavailable if the storage fails.
    """
    return _receive(upload, filename, workspace_id, user, sniff, settings.MAX_UPLOAD_MB)


def receive_table(
    upload: "File[Any]", *, filename: str, workspace_id: UUID, user: User | None, max_mb: int
) -> tuple[Document, bool]:
    """The same for a table or a list of texts, of which documents/sniffing_tables.py says what is taken in."""
    return _receive(upload, filename, workspace_id, user, sniff_table, max_mb)


def _receive(
    upload: "File[Any]",
    filename: str,
    workspace_id: UUID,
    user: User | None,
    sniffer: Callable[[BinaryIO, str], str],
    max_mb: int,
) -> tuple[Document, bool]:
    _check_size(upload, max_mb)
    media_type = sniffer(cast(BinaryIO, upload), filename)
    sha256 = _hash(upload)
    document_id = Document.id_for(workspace_id, sha256)
    lock(document_id)
    if existing := Document.objects.filter(pk=document_id).first():
        return existing, False
    key = Document.key_for(workspace_id, document_id)
    _store(key, upload)
    document = Document.objects.create(
        id=document_id,
        workspace_id=workspace_id,
        sha256=sha256,
        filename=safe_filename(filename),
        media_type=media_type,
        size=upload.size,
        storage_key=key,
        uploaded_by=user,
    )
    return document, True


def fetch(storage_key: str, sha256: str, to: Path) -> Path:
    """Copies a document's bytes to a file and checks that they are what came in. Raises Unavailable."""
    digest = hashlib.sha256()
    try:
        with default_storage.open(storage_key) as source, to.open("wb") as target:
            while chunk := source.read(_CHUNK):
                digest.update(chunk)
                target.write(chunk)
    except FlexibleChecksumError as error:  # S3 keeps a checksum, too
        raise _damaged() from error
    except STORAGE_ERRORS as error:
        raise unavailable(error) from error
    if digest.hexdigest() != sha256:
        raise _damaged()
    return to


def _damaged() -> Unavailable:
    return Unavailable("storage_damaged", "The stored bytes differ from what was uploaded. Check the storage.")


def discard(storage_key: str) -> None:
    """Removes a document's bytes; bytes that are gone already are no error."""
    try:
        default_storage.delete(storage_key)
    except STORAGE_ERRORS as error:
        raise unavailable(error) from error


def _check_size(upload: "File[Any]", max_mb: int) -> None:
    if upload.size > max_mb * 2**20:
        raise TooLarge("file_too_large", f"The file is larger than {max_mb} MB. Send a smaller one.")
    if upload.size == 0:
        raise InvalidInput("empty_file", "The file is empty. Choose another one.")


def _hash(upload: "File[Any]") -> str:
    digest = hashlib.sha256()
    for chunk in upload.chunks():
        digest.update(chunk)
    upload.seek(0)
    return digest.hexdigest()


def lock(document_id: UUID) -> None:
    """Until the transaction's end nobody else takes in the same document: who comes second finds it there."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [document_id.int >> 65])


def _store(key: str, upload: "File[Any]") -> None:
    """Writes the bytes before the row: what a crash in between leaves, the next upload of the same writes over."""
    try:
        if default_storage.exists(key):
            default_storage.delete(key)
        saved = default_storage.save(key, upload)
    except STORAGE_ERRORS as error:
        raise unavailable(error) from error
    if saved != key:
        raise Unavailable("storage_failed", "The storage kept the file under another name. Try again in a minute.")
    UPLOADED.inc()


def unavailable(error: Exception) -> Unavailable:
    log.error("storage_failed", error=type(error).__name__, errno=getattr(error, "errno", None))
    return Unavailable("storage_failed", "The storage of documents doesn't work at present. Try again in a minute.")
