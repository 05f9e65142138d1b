"""Requests that may be repeated: what a request with an Idempotency-Key was answered, kept for the next of the same."""

from datetime import timedelta

from django.conf import settings
from django.db import OperationalError, connection
from django.db.models.functions import Now
from psycopg import errors as postgres

from documents import tenancy
from documents.errors import Conflict
from documents.models import IdempotencyKey, User, Workspace

_WAIT_SECONDS = 5  # for a request with the same key that is under way; each that waits holds a connection


def claim(user: User, key: str, fingerprint: str) -> IdempotencyKey | None:
    """None if the key is ours: `keep` the answer in this transaction. Else the row of the same request's answer.

    A request with the same key that is under way is waited for: its commit makes its answer ours, its failure frees the
    key. Raises Conflict if that takes too long, or if the key came with another request.
    """
    _insert(IdempotencyKey(workspace_id=Workspace.personal_id(user), user=user, key=key, fingerprint=fingerprint))
    row = IdempotencyKey.objects.filter(user=user, key=key).first()
    if row is None:  # it expired while we waited
        raise _in_use()
    if row.fingerprint != fingerprint:
        detail = "That Idempotency-Key came with another request. Use a new key for each request that is a new one."
        raise Conflict("idempotency_key_reused", detail)
    return row if row.status else None


def keep(user: User, key: str, *, status: int, body: str, location: str = "") -> None:
    """The answer to the request that holds the key; `body` is JSON."""
    IdempotencyKey.objects.filter(user=user, key=key).update(status=status, body=body, location=location)


def forget_expired() -> int:
    """Removes keys that are older than IDEMPOTENCY_HOURS; returns how many."""
    with tenancy.as_sweeper():
        oldest = Now() - timedelta(hours=settings.IDEMPOTENCY_HOURS)
        return IdempotencyKey.objects.filter(created_at__lt=oldest).delete()[0]


def _insert(row: IdempotencyKey) -> None:
    """Inserts the row unless there is one. The unique index makes us wait for whoever is about to insert the same."""
    with connection.cursor() as cursor:
        cursor.execute("select set_config('lock_timeout', %s, true)", [f"{_WAIT_SECONDS}s"])
    try:
        IdempotencyKey.objects.bulk_create([row], ignore_conflicts=True)
    except OperationalError as error:
        if isinstance(error.__cause__, postgres.LockNotAvailable):
            raise _in_use() from error
        raise


def _in_use() -> Conflict:
    detail = "A request with the same Idempotency-Key is under way. Send the same again in a second for its answer."
    return Conflict("idempotency_key_in_use", detail, retry_after=1)
