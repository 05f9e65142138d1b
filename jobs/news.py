"""Word that a job has changed, from the process that changed it to those whose readers watch it. Only a wake-up call.

Words may be lost or doubled: whoever hears one reads the database, and looks there from time to time anyway.
"""

import asyncio
import os
import threading
import time
from collections import defaultdict
from collections.abc import Mapping
from functools import partial
from uuid import UUID

import structlog
from channels.layers import get_channel_layer
from django.db import transaction

from jobs.models import Job

log = structlog.get_logger(__name__)

_GATHER_SECONDS = 0.05  # what happens to a job within this time is one message
_KEPT = 10_000  # jobs that wait to be told of while Redis is away; more are dropped
_SEND_SECONDS = 2.0
_REST_SECONDS = 1.0  # after a failure


def announce(*jobs: Job) -> None:
    """Tells those who watch the jobs, or their workspaces, that they changed, once this transaction has committed.

    Costs the caller next to nothing and never fails it, whatever becomes of Redis.
    """
    changed = {job.pk: job.workspace_id for job in jobs}
    transaction.on_commit(partial(_publisher.put, changed), robust=True)


def group(workspace_id: UUID | str) -> str:
    """The channel layer's group in which the news of a workspace are told."""
    return f"workspace.{workspace_id}"


class Publisher:
    """Gathers news and sends them from one thread of this process, started when there is something to send."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[UUID, UUID] = {}  # job -> workspace
        self._something = threading.Event()
        self._thread: threading.Thread | None = None

    def put(self, changed: Mapping[UUID, UUID]) -> None:
        """`changed`: job -> workspace."""
        with self._lock:
            if len(self._waiting) < _KEPT:
                self._waiting |= changed
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="news", daemon=True)
                self._thread.start()
        self._something.set()

    def _run(self) -> None:
        with asyncio.Runner() as loop:  # one for all time: the layer keeps a connection for each loop
            while True:
                self._something.wait()
                time.sleep(_GATHER_SECONDS)
                self._round(loop)

    def _round(self, loop: asyncio.Runner) -> None:
        self._something.clear()
        with self._lock:
            changed, self._waiting = self._waiting, {}
        try:
            loop.run(_send(changed))
        except Exception as error:  # whatever it is, the thread goes on, and tries these again
            log.warning("news_unsent", error=type(error).__name__, jobs=len(changed))
            with self._lock:
                self._waiting = changed | self._waiting
            self._something.set()
            time.sleep(_REST_SECONDS)


async def _send(changed: dict[UUID, UUID]) -> None:
    """Takes out of `changed` what was sent."""
    by_workspace = defaultdict(list)
    for job_id, workspace_id in changed.items():
        by_workspace[workspace_id].append(job_id)
    for workspace_id, job_ids in by_workspace.items():
        message = {"type": "news", "workspace": str(workspace_id), "jobs": [str(job_id) for job_id in job_ids]}
        async with asyncio.timeout(_SEND_SECONDS):
            await get_channel_layer().group_send(group(workspace_id), message)
        for job_id in job_ids:
            del changed[job_id]


_publisher = Publisher()


def _forget_thread() -> None:
    """A forked child has neither the thread nor a lock that anybody would release."""
    global _publisher
    _publisher = Publisher()


os.register_at_fork(after_in_child=_forget_thread)
