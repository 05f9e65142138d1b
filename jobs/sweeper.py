"""The sweeper: takes back expired leases and sends again what was never delivered. Several may run; one acts."""

import shutil
import time
from collections import Counter
from datetime import timedelta

import dramatiq
import structlog
from django.conf import settings
from django.db import connection
from django.db.models import F, Q
from django.db.models.functions import Now

from documents import tenancy
from jobs import dispatch, transitions
from jobs.models import OPEN, WAITING, Status, Task

log = structlog.get_logger(__name__)

_ADVISORY_LOCK = 0x766F756368  # "vouch"
_BATCH = 200
_KEEP_SCRATCH_SECONDS = 6 * 3600


def sweep() -> dict[str, int]:
    """One round. Returns how many leases were taken back and how many messages were sent again."""
    with tenancy.as_sweeper():
        if not _is_ours():
            return {"taken_back": 0, "sent": 0}
        taken_back = sum(transitions.take_back(task) for task in _expired())
        wake_ups = _due()
    return {"taken_back": taken_back, "sent": dispatch.send(wake_ups)}


def _is_ours() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_xact_lock(%s)", [_ADVISORY_LOCK])
        return bool(cursor.fetchone()[0])


def _expired() -> list[Task]:
    return list(Task.objects.filter(status=Status.WORKING, lease_expires_at__lt=Now())[:_BATCH])


def _due() -> list[tuple[str, str, int]]:
    """Tasks that can be claimed and that no message stands for.

    They came due after they were last sent, or they were sent long ago and the broker's queue is short: one that is
    merely long is left alone.
    """
    resend = timedelta(seconds=settings.JOBS_RESEND_SECONDS)
    waiting = Task.objects.filter(status__in=WAITING, due_at__lte=Now(), job__status__in=OPEN)
    fresh = Q(sent_at__isnull=True) | Q(sent_at__lt=F("due_at"))
    stale = Q(sent_at__lt=Now() - resend)
    room = Counter({queue: max(0, _BATCH - length) for queue, length in _queue_lengths().items()})
    chosen = []
    for task in waiting.filter(fresh | stale).order_by("due_at").only("queue", "workspace_id")[: _BATCH * 4]:
        if room[task.queue] > 0:
            room[task.queue] -= 1
            chosen.append(task)
    Task.objects.filter(pk__in=[task.pk for task in chosen]).update(sent_at=Now())
    return [(task.queue, str(task.workspace_id), task.pk) for task in chosen]


def _queue_lengths() -> dict[str, int]:
    """Messages that wait in the broker, by queue; none if it is away (then nothing is sent)."""
    broker = dramatiq.get_broker()
    try:
        return {queue: broker.do_qsize(queue) for queue in broker.get_declared_queues()}  # type: ignore[attr-defined]
    except Exception as error:
        log.warning("broker_away", error=type(error).__name__)
        return {}


def clean_scratch() -> int:
    """Removes the temporary folders that killed workers left; returns how many."""
    oldest = time.time() - _KEEP_SCRATCH_SECONDS
    old = [folder for folder in (settings.DATA_DIR / "tmp").glob("task-*") if folder.stat().st_mtime < oldest]
    for folder in old:
        shutil.rmtree(folder, ignore_errors=True)
    return len(old)
