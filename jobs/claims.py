"""Leases on tasks: taken, renewed and given up by conditional UPDATEs on the database's clock."""

import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import F
from django.db.models.functions import Now

from jobs import dispatch, events, sql
from jobs.errors import LeaseLost
from jobs.models import Job, Status, Task
from jobs.stages import find


@dataclass(frozen=True, slots=True)
class Claim:
    """One worker's lease on one task. `lost` is set once the lease isn't ours any more: stop working."""

    workspace_id: UUID
    job_id: UUID
    task_id: int
    lease: UUID
    queue: str = ""
    lost: threading.Event = field(default_factory=threading.Event, compare=False)


# One statement, for this is the way of every task. It locks the task before its job, against the order that all others
# keep; but it waits for neither, so it can't be part of a deadlock. A job that is locked comes back empty.
_TAKE = f"""
with next as (
    select id from jobs_task
    where queue = %(queue)s::text and status = 'queued'
        and not exists (select from jobs_queuepause where queue = %(queue)s::text)
    order by priority, turn, id
    limit 1
    for update skip locked
), taken as (
    update jobs_task task
    set status = 'working', attempts = attempts + 1, lease = gen_random_uuid(), started_at = statement_timestamp(),
        lease_expires_at = statement_timestamp() + make_interval(secs => %(seconds)s)
    from next where task.id = next.id
    returning {sql.columns(Task, "task")}
)
select taken.*, {sql.columns(Job, "job")}
from taken left join lateral (select * from jobs_job where id = taken.job_id for update skip locked) job on true
"""  # noqa: S608 - the columns are our own


def lease_length() -> timedelta:
    return timedelta(seconds=settings.JOBS_LEASE_SECONDS)


def take(queue: str) -> tuple[Claim, Task] | None:
    """`queued -> working` for the task whose turn it is, or None: nothing waits, others have it, the queue is paused.

    The attempt counts from here, so that a worker's death counts too. Runs in the sweeper's scope: it sees the tasks of
    all workspaces, and no document. `show` must follow if the task's job is not set: it was locked at the moment.
    """
    found = sql.rows(_TAKE, {"queue": queue, "seconds": settings.JOBS_LEASE_SECONDS})
    if not found:
        return None
    [row] = found
    width = len(Task._meta.concrete_fields)
    task = sql.instance(Task, row[:width])
    if row[width] is not None:
        task.job = sql.instance(Job, row[width:])
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
    events.write(job)


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
    set lease = null, lease_expires_at = null, status = %(status)s::text, error_code = %(code)s,
        error_detail = %(detail)s, due_at = statement_timestamp() + make_interval(secs => %(wait)s),
        finished_at = case when %(status)s::text = 'retryable' then null else statement_timestamp() end
    from job
    where task.id = %(task)s and task.lease = %(lease)s and task.status = 'working'
    returning task.id
)
select {sql.columns(Job, "job")} from job, task
"""  # noqa: S608 - the columns are our own


def fence(claim: Claim, status: Status, *, code: str = "", detail: str = "", wait: timedelta = timedelta()) -> Job:
    """Locks the job, and ends the lease on its task with a new status, if it is still ours: `working -> status`.

    Else LeaseLost, which undoes the transaction's writes; also when the job was deleted meanwhile with its document.
    `wait` is how long a retryable task backs off.
    """
    ours: dict[str, Any] = {"job": claim.job_id, "task": claim.task_id, "lease": claim.lease}
    end = {"status": str(status), "code": code, "detail": detail, "wait": wait.total_seconds()}
    found = sql.rows(_FENCE, ours | end)
    if not found:
        raise LeaseLost(claim.task_id)
    return sql.instance(Job, found[0])
