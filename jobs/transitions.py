"""The moves of a job: on to the next stage, to the end, back to the queue, or to the dead letters.

Everything here runs in one transaction, in the scope of the job's workspace (or the sweeper's), with its row locked:
the fence of `finish` and `fail` sees to both.
"""

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from itertools import groupby
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from documents import tenancy
from jobs import admission, claims, dispatch, events, metrics, turns
from jobs.errors import LeaseLost
from jobs.models import OPEN, Job, Status, Task
from jobs.stages import Stage, following, get


def locked(job_id: UUID) -> Job:
    """The job, its row locked until the transaction's end."""
    return Job.objects.select_for_update(of=("self",)).get(pk=job_id)


def start_stage(job: Job, stage: Stage[Any, Any]) -> None:
    """Makes the stage's tasks, in the workspace's next turns, and wakes workers up on commit."""
    inputs = stage.split(job)
    turn = turns.following(stage.queue, job.priority, job.workspace_id)
    Task.objects.bulk_create(
        Task(
            workspace_id=job.workspace_id,
            job=job,
            stage=stage.name,
            part=part,
            parts=len(inputs),
            input=given,
            queue=stage.queue,
            priority=job.priority,
            turn=turn + part,
            due_at=Now(),
        )
        for part, given in enumerate(inputs)
    )
    dispatch.send_on_commit(Counter({stage.queue: len(inputs)}))


@dataclass(frozen=True, slots=True)
class Computed:
    """A claimed task and the output of its stage."""

    claim: claims.Claim
    task: Task
    output: Any


def finish(*computed: Computed) -> set[int]:
    """`working -> done` for tasks: fence, save, event, the next stage's tasks, all or nothing of all of them.

    Returns the ids of those whose lease was still ours; of the others nothing is saved. Each is saved in the scope of
    its own workspace.
    """
    in_order = sorted(computed, key=_workspace_of)
    jobs = claims.fence([one.claim for one in in_order], Status.DONE)
    ours = [one for one in in_order if one.task.pk in jobs]
    seen = _workspace_of(in_order[0])  # the fence saw to that
    for workspace_id, together in groupby(ours, _workspace_of):
        if seen != workspace_id:
            tenancy.see_only(workspace_id)
            seen = workspace_id
        _save(list(together), jobs)
    workspaces = {_workspace_of(one) for one in ours}
    if len(workspaces) > 1:
        tenancy.see_only(*workspaces)
    _write(*{job.pk: job for job in jobs.values()}.values())
    return set(jobs)


def _workspace_of(one: Computed) -> UUID:
    return one.claim.workspace_id


def _save(computed: Sequence[Computed], jobs: Mapping[int, Job]) -> None:
    """Saves tasks of one workspace, and moves each of their jobs on, once. The caller writes the jobs."""
    for one in computed:
        one.task.job = jobs[one.task.pk]
        get(one.task.job.pipeline, one.task.stage).save(one.task, one.output)
    for task in {one.task.job_id: one.task for one in computed}.values():
        _move_on(task)


def _move_on(task: Task) -> None:
    """The job of a task that was done: further on its way, or to the next stage. The caller writes the job."""
    job, stage, left = task.job, get(task.job.pipeline, task.stage), _left(task)
    done = task.parts - left.total()
    job.progress = max(job.progress, stage.start + (stage.end - stage.start) * done // task.parts)
    if not left:
        _advance(job, stage)
    elif left[Status.RETRYABLE] and not left[Status.WORKING] and not left[Status.QUEUED]:
        job.status = Status.RETRYABLE


def _left(task: Task) -> Counter[str]:
    """How many of the task's siblings are not done, by status."""
    if task.parts == 1:
        return Counter()
    siblings = task.job.tasks.filter(stage=task.stage).exclude(status=Status.DONE)
    return Counter(siblings.values_list("status", flat=True))


def _advance(job: Job, stage: Stage[Any, Any]) -> None:
    job.stage = stage.finished
    events.record(job, "stage.finished", stage=stage.finished, progress=stage.end)
    after = following(stage)
    if after is None:
        _end(job, Status.DONE)
    else:
        start_stage(job, after)


def fail(claim: claims.Claim, task: Task, code: str, detail: str, *, permanent: bool) -> None:
    """`working -> retryable | deadletter`, with the cause. LeaseLost if it is not ours."""
    last = permanent or task.attempts >= settings.JOBS_MAX_ATTEMPTS
    status, wait = (Status.DEADLETTER, timedelta()) if last else (Status.RETRYABLE, back_off(task.attempts))
    jobs = claims.fence([claim], status, code=code, detail=detail, wait=wait)
    if not jobs:
        raise LeaseLost(task.pk)
    job = task.job = jobs[task.pk]
    if last:
        bury(job, task, code, detail)
    else:
        job.status, job.error_code, job.error_detail = Status.RETRYABLE, code, detail
        metrics.TASK_RETRIES.labels(stage=task.stage, error=code).inc()
        events.record(job, "task.failed", stage=task.stage, part=task.part, attempt=task.attempts, code=code)
    _write(job)


def back_off(attempts: int) -> timedelta:
    """3 s, 6 s, 12 s …, jittered by a quarter so that what failed together isn't tried together."""
    seconds = settings.JOBS_RETRY_BASE_SECONDS * 2 ** (attempts - 1)
    return timedelta(seconds=seconds * random.uniform(0.75, 1.25))  # noqa: S311 - not a secret


def bury(job: Job, task: Task, code: str, detail: str) -> None:
    """The job to the dead letters, its other tasks cancelled. The caller writes the job."""
    cancel_tasks(job)
    job.error_code, job.error_detail = code, detail
    events.record(job, "job.deadletter", stage=task.stage, part=task.part, code=code, detail=detail)
    _end(job, Status.DEADLETTER)


def cancel_tasks(job: Job) -> None:
    """Whoever works on one of them loses the lease: the heartbeat notices and stops the work."""
    job.tasks.filter(status__in=OPEN).update(
        status=Status.CANCELLED, lease=None, lease_expires_at=None, finished_at=Now()
    )


def cancel(job: Job, by: str) -> None:
    """`queued|working|retryable -> cancelled`, the locked job and its tasks."""
    cancel_tasks(job)
    events.record(job, "job.cancelled", by=by)
    _end(job, Status.CANCELLED)
    _write(job)


def _write(*jobs: Job) -> None:
    """Whoever waits for the place of a job that ends is let in on commit."""
    for user_id in events.write(*jobs) if jobs else ():
        transaction.on_commit(partial(admission.admit, user_id))


def _end(job: Job, status: Status) -> None:
    """The caller writes the job."""
    job.status, job.held = status, False
    if status == Status.DONE:
        job.stage, job.progress, job.error_code, job.error_detail = "done", 100, "", ""
        events.record(job, "job.done", partial=job.partial)
    metrics.count_end(job)


def take_back(task: Task) -> bool:
    """An expired lease: `working -> queued`, or to the dead letters when its attempts are used up.

    False if the worker renewed or finished meanwhile, or somebody has the job locked: the next round comes soon.
    """
    job = Job.objects.select_for_update(of=("self",), skip_locked=True).filter(pk=task.job_id).first()
    if job is None:
        return False
    held = Task.objects.filter(pk=task.pk, lease=task.lease, status=Status.WORKING, lease_expires_at__lt=Now())
    detail = f"The worker died or hung {task.attempts} times at {task}. See its log, then retry the job."
    last = task.attempts >= settings.JOBS_MAX_ATTEMPTS
    moved = held.update(
        status=Status.DEADLETTER if last else Status.QUEUED,
        lease=None,
        lease_expires_at=None,
        due_at=Now(),
        finished_at=Now() if last else None,
        error_code="worker_lost",
        error_detail=detail,
    )
    if not moved:
        return False
    metrics.LEASES_EXPIRED.labels(stage=task.stage).inc()
    events.record(job, "lease.expired", stage=task.stage, part=task.part, attempt=task.attempts)
    if last:
        bury(job, task, "worker_lost", detail)
    _write(job)
    return True
