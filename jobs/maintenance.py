"""What is done once a day: old rows and orphaned bytes go. May be repeated, interrupted, and run by many at once."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.db.models import Model, QuerySet
from django.db.models.functions import Now

from documents import cleaning, guests, idempotency, tenancy
from documents.models import PageDraft
from jobs.models import OPEN, Delivery, Event, Job, Status, Task
from jobs.webhooks import deliveries

log = structlog.get_logger(__name__)

# Steps of other rooms, by name: each removes what is old, and returns how much; with True it only counts.
steps_of_others: dict[str, Callable[[bool], int]] = {}

_BATCH = 1_000  # rows of one transaction
_DAY = timedelta(days=1)
# What jobs buffer, by name: rows with the id of the job as `run`. Other rooms add theirs.
BUFFERS: dict[str, type[Model]] = {"page_drafts": PageDraft}
_ENDED = (Status.DONE, Status.DEADLETTER, Status.CANCELLED)


def run(*, dry_run: bool = False, all_orphans: bool = False) -> dict[str, int]:
    """Does it all; what fails keeps nothing else from being done. Returns what was removed, or would be, by name."""
    steps: dict[str, Callable[[], int]] = {
        "jobs": lambda: _old_jobs(dry_run),
        "tasks": lambda: _of_old_jobs(Task, dry_run),
        "events": lambda: _of_old_jobs(Event, dry_run),
        "deliveries": lambda: _old_deliveries(dry_run),
        "webhook_targets": lambda: 0 if dry_run else deliveries.forget_targets(),
        **{name: partial(_abandoned, model, dry_run) for name, model in BUFFERS.items()},
        "guests": lambda: 0 if dry_run else guests.remove_expired(),
        "idempotency_keys": lambda: 0 if dry_run else idempotency.forget_expired(),
        "stored_objects": lambda: cleaning.remove_orphans(_DAY, dry_run=dry_run, all_of_them=all_orphans),
        "temporary_folders": lambda: 0 if dry_run else cleaning.remove_scratch(),
    }
    steps |= {name: partial(step, dry_run) for name, step in steps_of_others.items()}
    done = {name: _do(name, step) for name, step in steps.items()}
    log.info("maintained", dry_run=dry_run, **done)
    return done


def _do(name: str, step: Callable[[], int]) -> int:
    try:
        return step()
    except Exception as error:  # tomorrow is another day
        log.error("maintenance_failed", step=name, error=type(error).__name__, exc_info=True)
        return 0


def _old_jobs(dry_run: bool) -> int:
    """Jobs that ended without leaving anything: dead letters and cancelled ones that no other room refers to."""
    if not settings.JOBS_KEEP_DAYS:
        return 0
    bare = {
        f"{relation.name}__isnull": True
        for relation in Job._meta.related_objects
        if relation.related_model._meta.app_label != Job._meta.app_label
    }
    old = {"status__in": _ENDED, "finished_at__lt": Now() - timedelta(days=settings.JOBS_KEEP_DAYS)}
    return sum(
        _in_batches(lambda: Job.objects.filter(**old, **bare).order_by(), dry_run, workspace_id)
        for workspace_id in _workspaces()
    )


def _of_old_jobs(model: type[Task] | type[Event], dry_run: bool) -> int:
    """Tasks and events of jobs that are done; dead letters keep theirs, so that they can be started again."""
    if not settings.JOBS_KEEP_EVENTS_DAYS:
        return 0
    oldest = Now() - timedelta(days=settings.JOBS_KEEP_EVENTS_DAYS)
    of_old = {"job__status__in": (Status.DONE, Status.CANCELLED), "job__finished_at__lt": oldest}
    return _in_batches(lambda: model.objects.filter(**of_old).order_by(), dry_run)


def _old_deliveries(dry_run: bool) -> int:
    if not settings.WEBHOOKS_KEEP_DAYS:
        return 0
    oldest = Now() - timedelta(days=settings.WEBHOOKS_KEEP_DAYS)
    return _in_batches(lambda: Delivery.objects.filter(status__in=_ENDED, created_at__lt=oldest).order_by(), dry_run)


def _abandoned(model: type[Model], dry_run: bool) -> int:
    """What was buffered for jobs which are over for a day, or gone."""
    removed = 0
    for workspace_id in _workspaces():
        with tenancy.as_workspace(workspace_id):
            runs = set(model._default_manager.order_by().values_list("run", flat=True).distinct())
            alive = Job.objects.filter(pk__in=runs, status__in=OPEN) | Job.objects.filter(
                pk__in=runs, finished_at__gte=Now() - _DAY
            )
            dead = runs - set(alive.values_list("pk", flat=True))
        removed += _in_batches(partial(_drafts, model, dead), dry_run, workspace_id)
    return removed


def _drafts(model: type[Model], runs: set[UUID]) -> QuerySet[Any]:
    return model._default_manager.filter(run__in=runs).order_by()


def _workspaces() -> set[UUID]:
    """Those that have jobs."""
    with tenancy.as_sweeper():
        return set(Job.objects.order_by().values_list("workspace_id", flat=True).distinct())


def _in_batches(old: Callable[[], QuerySet[Any]], dry_run: bool, workspace_id: UUID | None = None) -> int:
    """Deletes the rows, some in each transaction, so that no lock is held for long; returns how many.

    In the scope of the workspace, or of the sweeper if there is none.
    """
    removed = 0
    while True:
        with tenancy.as_workspace(workspace_id) if workspace_id else tenancy.as_sweeper():
            if dry_run:
                return old().count()
            batch = list(old().select_for_update(of=("self",), skip_locked=True).values_list("pk", flat=True)[:_BATCH])
            old().model._default_manager.filter(pk__in=batch).delete()
        removed += len(batch)
        if len(batch) < _BATCH:
            return removed
