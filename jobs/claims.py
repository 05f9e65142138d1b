"""Leases on tasks: taken, renewed and given up by conditional UPDATEs on the database's clock."""

import json
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

from documents import sql
from jobs import dispatch, news
from jobs.errors import LeaseLost
from jobs.models import Job, Status, Task
from jobs.stages import shown, small


@dataclass(frozen=True, slots=True)
class Claim:
    """One worker's lease on one task. `lost` is set once the lease isn't ours any more: stop working."""

    workspace_id: UUID
    job_id: UUID
    task_id: int
    lease: UUID
    queue: str = ""
    lost: threading.Event = field(default_factory=threading.Event, compare=False)


def lease_length() -> timedelta:
    return timedelta(seconds=settings.JOBS_LEASE_SECONDS)


_TAKE = f"""
select {sql.columns(Task, "(task)")}, {sql.columns(Job, "(job)")}
from jobs_take(%(queues)s::text[], %(seconds)s::float8, %(stages)s::jsonb, %(small)s::text[], %(at_most)s::int)
"""  # noqa: S608 - the columns are our own
_SHOW = f"select {sql.columns(Job, 'job')} from jobs_show(%(task)s::bigint, %(stages)s::jsonb, true) job"  # noqa: S608


def take(*queues: str, at_most: int = 1) -> list[tuple[Claim, Task]]:
    """`queued -> working` for the task whose turn it is in the first of the queues that has one.

    If it is of a small stage, others of small stages come with it, up to `at_most` in all, in the order of their turns.
    None at all: nothing waits, others have it, the queues are paused.

    The attempt counts from here, so that a worker's death counts too. One statement that needs no scope and commits by
    itself, for it is the way of every task: the functions of the migrations `claims` and `together` see the tasks of
    all workspaces. They wait for no lock. If a job was locked at that moment, `task.job` is not set, and `show` must
    follow.
    """
    settled = {"seconds": settings.JOBS_LEASE_SECONDS, "stages": json.dumps(shown()), "small": small()}
    found = sql.rows(_TAKE, settled | {"queues": list(queues), "at_most": at_most})
    taken = sorted(map(_claimed, found), key=lambda one: (one[1].priority, one[1].turn, one[1].pk))
    news.announce(*(task.job for _, task in taken if Task.job.is_cached(task)))
    return taken


def _claimed(row: Sequence[Any]) -> tuple[Claim, Task]:
    width = len(Task._meta.concrete_fields)
    task = sql.instance(Task, row[:width])
    if row[width] is not None:
        task.job = sql.instance(Job, row[width:])
    assert task.lease is not None
    return Claim(task.workspace_id, task.job_id, task.pk, task.lease, task.queue), task


def show(task: Task) -> None:
    """Sets the job of a task that was taken, once it could be locked: its row says that it works at this stage."""
    found = sql.rows(_SHOW, {"task": task.pk, "stages": json.dumps(shown())})
    if not found:
        raise LeaseLost(task.pk)  # deleted meanwhile
    task.job = sql.instance(Job, found[0])
    news.announce(task.job)


def renew(claims: Sequence[Claim]) -> set[int]:
    """Lengthens the leases that are still ours, in the caller's transaction; returns the ids of those tasks."""
    tasks, leases = [claim.task_id for claim in claims], [claim.lease for claim in claims]
    held = Task.objects.filter(pk__in=tasks, lease__in=leases, status=Status.WORKING)
    held.update(lease_expires_at=Now() + lease_length())
    return set(held.values_list("pk", flat=True))


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
select task_id, {sql.columns(Job, "(job)")} from jobs_fence(
    %(workspace)s::uuid, %(jobs)s::uuid[], %(tasks)s::bigint[], %(leases)s::uuid[],
    %(status)s::text, %(code)s::text, %(detail)s::text, %(wait)s::float8
)
"""  # noqa: S608 - the columns are our own


def fence(
    claims: Sequence[Claim], status: Status, *, code: str = "", detail: str = "", wait: timedelta = timedelta()
) -> dict[int, Job]:
    """Locks the jobs, and ends the leases on their tasks with a new status, those that are still ours.

    `working -> status`. From here to its end the transaction sees the first claim's workspace. `wait` is how long a
    retryable task backs off. Returns the tasks' jobs by task, two tasks of a job the same object; a task that isn't
    among them is another worker's now, or was cancelled or deleted.
    """
    ours = {
        "workspace": claims[0].workspace_id,
        "jobs": [claim.job_id for claim in claims],
        "tasks": [claim.task_id for claim in claims],
        "leases": [claim.lease for claim in claims],
    }
    end = {"status": str(status), "code": code, "detail": detail, "wait": wait.total_seconds()}
    jobs: dict[UUID, Job] = {}
    by_task = {}
    for task_id, *values in sql.rows(_FENCE, ours | end):
        job = sql.instance(Job, values)
        by_task[task_id] = jobs.setdefault(job.pk, job)
    return by_task
