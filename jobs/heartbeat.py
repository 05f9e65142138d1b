"""Renewing the leases of this process's tasks from a side thread, on a connection of its own."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import structlog
from django.conf import settings
from django.db import close_old_connections, connection

from documents import tenancy
from jobs import claims, connections, transitions
from jobs.claims import Claim
from jobs.errors import LeaseLost
from jobs.models import Task

log = structlog.get_logger(__name__)

_EVERY_SECONDS = 2.0  # at most, however long the lease: so soon a cancelled task's work stops


@dataclass
class _Held:
    """A claim, and when it was taken and last renewed (monotonic)."""

    claim: Claim
    since: float
    renewed_at: float


def every_seconds() -> float:
    """How often leases are renewed, and so how soon it is noticed that one is gone."""
    return min(_EVERY_SECONDS, settings.JOBS_LEASE_SECONDS / 3)


class Heartbeat:
    """Keeps the leases of the claims in `beating` blocks alive; sets `claim.lost` on those that are gone.

    A lease that could not be renewed for its whole length counts as lost: somebody else may have it by now. So does one
    that was held for JOBS_TASK_SECONDS: the task failed then.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: dict[int, _Held] = {}  # by task
        self._thread: threading.Thread | None = None

    @contextmanager
    def beating(self, *claims: Claim) -> Iterator[None]:
        now = time.monotonic()
        with self._lock:
            self._held |= {claim.task_id: _Held(claim, now, now) for claim in claims}
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)
                self._thread.start()
        try:
            yield
        finally:
            with self._lock:
                for claim in claims:
                    self._held.pop(claim.task_id, None)

    def hand_back(self) -> int:
        """Gives up all leases, so that other workers take the tasks at once, and stops the work. Returns how many."""
        held = [one.claim for one in self._all() if not one.claim.lost.is_set()]
        if not held:
            return 0
        try:
            connections.drop_dead()
            with tenancy.as_sweeper():
                return claims.give_back(held)
        except Exception as error:  # the leases expire by themselves
            log.warning("hand_back_failed", error=type(error).__name__)
            connection.close()
            return 0
        finally:
            for claim in held:
                claim.lost.set()

    def _all(self) -> list[_Held]:
        with self._lock:
            return list(self._held.values())

    def _beat(self) -> None:
        while True:
            time.sleep(every_seconds())
            held = self._all()
            try:
                if held:
                    connections.drop_dead()
                    self._renew(held)
                    self._end_overdue(held)
            except Exception as error:  # the database may be away for a while; the thread must outlive that
                log.warning("heartbeat_failed", error=type(error).__name__)
                connection.close()
            self._give_up_old()
            close_old_connections()

    def _renew(self, held: list[_Held]) -> None:
        now = time.monotonic()
        with tenancy.as_sweeper():
            renewed = claims.renew([one.claim for one in held])
        for one in held:
            if one.claim.task_id in renewed:
                one.renewed_at = now
            else:
                one.claim.lost.set()

    def _end_overdue(self, held: list[_Held]) -> None:
        oldest = time.monotonic() - settings.JOBS_TASK_SECONDS
        for claim in [one.claim for one in held if one.since < oldest and not one.claim.lost.is_set()]:
            with suppress(LeaseLost), tenancy.as_workspace(claim.workspace_id):
                transitions.fail(claim, Task.objects.get(pk=claim.task_id), *_TIMEOUT, permanent=False)
            claim.lost.set()

    def _give_up_old(self) -> None:
        oldest = time.monotonic() - settings.JOBS_LEASE_SECONDS
        for one in self._all():
            if one.renewed_at < oldest:
                one.claim.lost.set()


_TIMEOUT = (
    "task_timeout",
    "The task took longer than JOBS_TASK_SECONDS. Split the document, or raise the limit, then retry the job.",
)

heartbeat = Heartbeat()
