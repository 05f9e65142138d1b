"""The sweeper: takes back expired leases and wakes workers up for what waits. Several may run; one acts."""

import time

import structlog
from django.db import connection
from django.db.models.functions import Now

from documents import tenancy
from jobs import admission, dispatch, pace, transitions, turns
from jobs.models import Status, Task
from jobs.webhooks import deliveries

log = structlog.get_logger(__name__)

_ADVISORY_LOCK = 0x766F756368  # "vouch"
_BATCH = 200
_MEASURE_SECONDS = 60
_measured_at = float("-inf")  # by this process, on the monotonic clock


def sweep() -> dict[str, int]:
    """One round. Returns what was done: leases taken back, tasks due again, jobs let in, messages sent."""
    with tenancy.as_sweeper():
        if not _is_ours():
            return {}
        done = {"taken_back": sum(transitions.take_back(task) for task in _expired()), "due": _queue_due()}
    _measure()
    return done | {"admitted": admission.admit_all(), "sent": dispatch.top_up()} | deliveries.sweep()


def _measure() -> None:
    """The pace of the stages, which estimates are made of, once a minute."""
    global _measured_at
    if time.monotonic() - _measured_at >= _MEASURE_SECONDS:
        _measured_at = time.monotonic()
        pace.measure()


def _is_ours() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_xact_lock(%s)", [_ADVISORY_LOCK])
        return bool(cursor.fetchone()[0])


def _expired() -> list[Task]:
    return list(Task.objects.filter(status=Status.WORKING, lease_expires_at__lt=Now())[:_BATCH])


def _queue_due() -> int:
    """`retryable -> queued` for tasks that backed off long enough: now it is their turn, whatever their workspace."""
    due = Task.objects.select_for_update(skip_locked=True).filter(status=Status.RETRYABLE, due_at__lte=Now())
    chosen = list(due.order_by("due_at").values_list("pk", flat=True)[:_BATCH])
    return Task.objects.filter(pk__in=chosen).update(status=Status.QUEUED, turn=turns.Now()) if chosen else 0
