"""Renewing the leases of this process's tasks from a side thread, on a connection of its own."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from django.conf import settings
from django.db import close_old_connections, connection

from documents import tenancy
from jobs import claims
from jobs.claims import Claim

log = structlog.get_logger(__name__)


class Heartbeat:
    """Keeps the leases of the claims in `beating` blocks alive; sets `claim.lost` on those that are gone.

    A lease that could not be renewed for its whole length counts as lost: somebody else may have it by now.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._claims: dict[int, tuple[Claim, float]] = {}  # task id -> claim, monotonic time of the last renewal
        self._thread: threading.Thread | None = None

    @contextmanager
    def beating(self, claim: Claim) -> Iterator[None]:
        with self._lock:
            self._claims[claim.task_id] = (claim, time.monotonic())
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)
                self._thread.start()
        try:
            yield
        finally:
            with self._lock:
                self._claims.pop(claim.task_id, None)

    def _beat(self) -> None:
        while True:
            time.sleep(settings.JOBS_LEASE_SECONDS / 3)
            with self._lock:
                held = [claim for claim, _ in self._claims.values()]
            try:
                if held:
                    self._renew(held)
            except Exception as error:  # the database may be away for a while; the thread must outlive that
                log.warning("heartbeat_failed", error=type(error).__name__)
                connection.close()
            self._give_up_old()
            close_old_connections()

    def _renew(self, held: list[Claim]) -> None:
        renewed: set[int] = set()
        for workspace_id in {claim.workspace_id for claim in held}:
            with tenancy.as_workspace(workspace_id):
                renewed |= claims.renew([claim for claim in held if claim.workspace_id == workspace_id])
        now = time.monotonic()
        with self._lock:
            for claim in held:
                if claim.task_id not in renewed:
                    claim.lost.set()
                elif claim.task_id in self._claims:
                    self._claims[claim.task_id] = (claim, now)

    def _give_up_old(self) -> None:
        oldest = time.monotonic() - settings.JOBS_LEASE_SECONDS
        with self._lock:
            for claim, renewed_at in self._claims.values():
                if renewed_at < oldest:
                    claim.lost.set()


heartbeat = Heartbeat()
