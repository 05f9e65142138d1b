"""Scopes: who is asking decides which rows exist. Every query on tenant tables happens inside one of these."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from uuid import UUID

from django.db import connection, transaction

from documents import sql
from documents.models import Membership, User, Workspace

_READ = (
    "select current_setting('vouch.user_id', true), current_setting('vouch.workspaces', true),"
    " current_setting('vouch.role', true)"
)
_WRITE = (
    "select set_config('vouch.user_id', %(user)s, true), set_config('vouch.workspaces', %(workspaces)s, true),"
    " set_config('vouch.role', %(role)s, true)"
)


@contextmanager
def as_user(user: User) -> Iterator[None]:
    """Sees the rows of the user's workspaces."""
    with _scope(user_id=user.pk):
        mine = list(Membership.objects.filter(user=user).values_list("workspace_id", flat=True))
        if not mine:
            mine = [personal_workspace(user).id]
        _set(user_id=user.pk, workspaces=mine)
        yield


@contextmanager
def as_workspace(workspace_id: UUID | str) -> Iterator[None]:
    """Sees the rows of one workspace: how workers see the world."""
    with _scope(workspaces=[workspace_id]):
        yield


@contextmanager
def as_staff(user: User) -> Iterator[None]:
    """Sees all rows, by the staff's own policy. For the admin alone, which logs what is done."""
    with _scope(user_id=user.pk, role="staff"):
        yield


@contextmanager
def as_sweeper() -> Iterator[None]:
    """Sees all jobs and tasks, and no document: what the sweeper and the operators' commands need to find work."""
    with _scope(role="sweeper"):
        yield


def see_only(*workspace_ids: UUID) -> None:
    """From here to its end the present transaction sees the rows of these workspaces alone."""
    _set(workspaces=workspace_ids)


def personal_workspace(user: User) -> Workspace:
    """The workspace that every user has of their own; made at first sight, however the user came to be."""
    workspace_id = Workspace.personal_id(user)
    with _scope(workspaces=[workspace_id]):
        workspace, _ = Workspace.objects.get_or_create(
            id=workspace_id, defaults={"name": user.get_username(), "personal_owner": user}
        )
        Membership.objects.get_or_create(workspace=workspace, user=user, defaults={"role": Membership.Role.OWNER})
    return workspace


@contextmanager
def _scope(*, user_id: int | None = None, workspaces: Iterable[UUID | str] = (), role: str = "") -> Iterator[None]:
    """Opens a transaction (or savepoint) of its own; the settings are LOCAL to it.

    So they can't leak to the next user of a pooled connection. A released savepoint would leave them to the block
    around it: they are put back by hand.
    """
    nested = connection.in_atomic_block
    with transaction.atomic():
        before = _read() if nested else None
        _set(user_id=user_id, workspaces=workspaces, role=role)
        yield
        if before is not None and not connection.needs_rollback:
            _write(*before)


def _set(*, user_id: int | None = None, workspaces: Iterable[UUID | str] = (), role: str = "") -> None:
    _write(str(user_id or ""), ",".join(str(UUID(str(one))) for one in workspaces), role)


def _read() -> tuple[str, str, str]:
    [(user_id, workspaces, role)] = sql.rows(_READ, {})
    return user_id or "", workspaces or "", role or ""


def _write(user_id: str, workspaces: str, role: str) -> None:
    sql.rows(_WRITE, {"user": user_id, "workspaces": workspaces, "role": role})
