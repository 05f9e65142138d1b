"""Leases on tasks: taken, renewed and given up by conditional UPDATEs on the database's clock."""

import json
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar
from uuid import UUID

from django.conf import settings
from django.db import connection, models
from django.db.models import F
from django.db.models.functions import Now

from jobs import dispatch, events
from jobs.errors import LeaseLost
from jobs.models import Job, Status, Task
from jobs.stages import find

Row = TypeVar("Row", bound=models.Model)


@dataclass(frozen=True, slots=True)
class Claim:
    """One worker's lease on one task. `lost` is set once the lease isn't ours any more: stop working."""

    workspace_id: UUID
    job_id: UUID
    task_id: int
    lease: UUID
    queue: str = ""
    lost: threading.Event = field(default_factory=threading.Event, compare=False)


def columns(model: type[models.Model], alias: str) -> str:
    """The model's columns as a list for SELECT, in the order in which `instance` wants them."""
    return ", ".join(f"{alias}.{column.column}" for column in model._meta.concrete_fields)


def instance(model: type[Row], values: Sequence[Any]) -> Row:
    """A model's instance of a row that was selected by `columns`."""
    fields = model._meta.concrete_fields
    python = [
        json.loads(value) if isinstance(column, models.JSONField) and isinstance(value, str) else value
        for column, value in zip(fields, values, strict=True)
    ]
    return model.from_db("default", [column.attname for column in fields], python)


# One statement, for this is the way of every task. It locks the task before its job, against the order that all others
# keep; but it waits for neither, so it can't be part of a deadlock. A job that is locked comes back empty.
_TAKE = f"""
with next as (
    select id from jobs_task
    where queue = %(queue)s and status = 'queued'
        and not exists (select from jobs_queuepause where queue = %(queue)s)
    order by priority, turn, id
    limit 1
    for update skip locked
), taken as (
    update jobs_task task
    set status = 'working', attempts = attempts + 1, lease = gen_random_uuid(), started_at = statement_timestamp(),
        lease_expires_at = statement_timestamp() + make_interval(secs => %(seconds)s)
    from next where task.id = next.id
    returning {columns(Task, "task")}
)
select taken.*, {columns(Job, "job")}
from taken left join lateral (select * from jobs_job where id = taken.job_id for update skip locked) job on true
"""  # noqa: S608 - the columns are our own


def lease_length() -> timedelta:
    return timedelta(seconds=settings.JOBS_LEASE_SECONDS)


def take(queue: str) -> tuple[Claim, Task] | None:
    """`queued -> working` for the task whose turn it is, or None: nothing waits, others have it, the queue is paused.

    The attempt counts from here, so that a worker's death counts too. Runs in the sweeper's scope: it sees the tasks of
    all workspaces, and no document. `show` must follow if the task's job is not set: it was locked at the moment.
    """
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, {"queue": queue, "seconds": settings.JOBS_LEASE_SECONDS})
        row = cursor.fetchone()
    if row is None:
        return None
    width = len(Task._meta.concrete_fields)
    task = instance(Task, row[:width])
    if row[width] is not None:
        task.job = instance(Job, row[width:])
        show_work(task.job, task)
    assert task.lease is not None
    return Claim(task.workspace_id, task.job_id, task.pk, task.lease, task.queue), task


def show_work(job: Job, task: Task) -> None:
    """The locked job's row follows its tasks: working, at this stage. Written only when something changes."""
    stage = find(job.pipeline, task.stage)
    again = task.attempts > 1
    if stage is None or (job.status == Status.WORKING and job.stage == stage.running and not again):
        return
    if job.stage != stage.running:
        events.record(job, "stage.started", stage=stage.running, parts=task.parts)
    if again:
        job.attempts += 1
        events.record(job, "task.retried", stage=task.stage, part=task.part, attempt=task.attempts)
    job.status, job.stage = Status.WORKING, stage.running
    job.progress = max(job.progress, stage.start)
    job.started_at = job.started_at or task.started_at
    job.move()


def renew(claims: Sequence[Claim]) -> set[int]:
    """Lengthens the leases that are still ours; returns the ids of those tasks."""
    renewed = set()
    for claim in claims:
        held = Task.objects.filter(pk=claim.task_id, lease=claim.lease, status=Status.WORKING)
        if held.update(lease_expires_at=Now() + lease_length()):
            renewed.add(claim.task_id)
    return renewed


def give_back(claims: Sequence[Claim]) -> int:
    """`working -> queued`, the attempt not counted: for work that is stopped through no fault of its own.

    Other workers are woken up on commit. Returns how many leases were still ours.
    """
    given = Counter[str]()
    for claim in claims:
        held = Task.objects.filter(pk=claim.task_id, lease=claim.lease, status=Status.WORKING)
        given[claim.queue] += held.update(
            status=Status.QUEUED, attempts=F("attempts") - 1, lease=None, lease_expires_at=None, due_at=Now()
        )
    dispatch.send_on_commit(given)
    return given.total()


_FENCE = f"""
with job as (select * from jobs_job where id = %(job)s for update),
task as (
    update jobs_task task
    set lease = null, lease_expires_at = null, status = %(status)s, error_code = %(code)s, error_detail = %(detail)s,
        due_at = statement_timestamp() + make_interval(secs => %(wait)s),
        finished_at = case when %(status)s = 'retryable' then null else statement_timestamp() end
    from job
    where task.id = %(task)s and task.lease = %(lease)s and task.status = 'working'
    returning task.id
)
select {columns(Job, "job")} from job, task
"""  # noqa: S608 - the columns are our own


def fence(claim: Claim, status: Status, *, code: str = "", detail: str = "", wait: timedelta = timedelta()) -> Job:
    """Locks the job, and ends the lease on its task with a new status, if it is still ours: `working -> status`.

    Else LeaseLost, which undoes the transaction's writes; also when the job was deleted meanwhile with its document.
    `wait` is how long a retryable task backs off.
    """
    ours: dict[str, Any] = {"job": claim.job_id, "task": claim.task_id, "lease": claim.lease}
    with connection.cursor() as cursor:
        cursor.execute(_FENCE, {**ours, "status": status, "code": code, "detail": detail, "wait": wait.total_seconds()})
        row = cursor.fetchone()
    if row is None:
        raise LeaseLost(claim.task_id)
    return instance(Job, row)
