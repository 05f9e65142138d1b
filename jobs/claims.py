"""Leases on tasks: taken, renewed and given up by conditional UPDATEs on the database's clock."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID, uuid4

from django.conf import settings
from django.db.models import F
from django.db.models.functions import Now

from jobs import events
from jobs.errors import LeaseLost
from jobs.models import WAITING, Job, Status, Task
from jobs.stages import get


@dataclass(frozen=True, slots=True)
class Claim:
    """One worker's lease on one task. `lost` is set once the lease isn't ours any more: stop working."""

    workspace_id: UUID
    job_id: UUID
    task_id: int
    lease: UUID
    lost: threading.Event = field(default_factory=threading.Event, compare=False)


def lease_length() -> timedelta:
    return timedelta(seconds=settings.JOBS_LEASE_SECONDS)


def take(task_id: int) -> tuple[Claim, Task] | None:
    """`queued|retryable -> working`, or None if another worker has it, it isn't due, or its job is over.

    The attempt counts from here, so that a worker's death counts too. Locks the job before the task, as everybody does.
    """
    job = Job.objects.select_for_update(of=("self",)).filter(tasks=task_id).first()
    if job is None or not job.is_open:
        return None
    lease = uuid4()
    won = Task.objects.filter(pk=task_id, status__in=WAITING, due_at__lte=Now()).update(
        status=Status.WORKING,
        attempts=F("attempts") + 1,
        lease=lease,
        lease_expires_at=Now() + lease_length(),
        started_at=Now(),
    )
    if not won:
        return None
    task = Task.objects.get(pk=task_id)
    task.job = job
    _show_work(job, task)
    return Claim(task.workspace_id, job.id, task.pk, lease), task


def _show_work(job: Job, task: Task) -> None:
    """The job's row follows its tasks: working, at this stage. Written only when something changes."""
    stage = get(job.pipeline, task.stage)
    again = task.attempts > 1
    if job.status == Status.WORKING and job.stage == stage.running and not again:
        return
    if job.stage != stage.running:
        events.record(job, "stage.started", stage=stage.running, parts=task.parts)
    if again:
        job.attempts += 1
        events.record(job, "task.retried", stage=task.stage, part=task.part, attempt=task.attempts)
    job.status, job.stage = Status.WORKING, stage.running
    job.progress = max(job.progress, stage.start)
    job.started_at = job.started_at or task.started_at
    job.save()


def renew(claims: Sequence[Claim]) -> set[int]:
    """Lengthens the leases that are still ours; returns the ids of those tasks."""
    renewed = set()
    for claim in claims:
        held = Task.objects.filter(pk=claim.task_id, lease=claim.lease, status=Status.WORKING)
        if held.update(lease_expires_at=Now() + lease_length()):
            renewed.add(claim.task_id)
    return renewed


def fence(claim: Claim, **values: object) -> None:
    """Ends the lease and writes `values` if it is still ours; else LeaseLost, which undoes the transaction's writes."""
    held = Task.objects.filter(pk=claim.task_id, lease=claim.lease, status=Status.WORKING)
    if not held.update(lease=None, lease_expires_at=None, **values):
        raise LeaseLost(claim.task_id)
