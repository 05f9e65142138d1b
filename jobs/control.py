"""What people and programs can do to a job: submit, cancel, retry, redrive, and say how urgent it is."""

from collections import Counter
from dataclasses import dataclass, field
from uuid import UUID

import structlog
from django.db.models import QuerySet
from django.db.models.functions import Now

from documents.errors import Conflict, DomainError
from documents.models import Document, User
from jobs import admission, dispatch, events, metrics, transitions, turns
from jobs.events import SUBMITTED
from jobs.models import OPEN, Job, Priority, Status
from jobs.stages import pipeline


@dataclass(frozen=True, slots=True)
class Redriven:
    """How many jobs were started again, and why others were not: {job id: the error's detail}."""

    started: int = 0
    refused: dict[UUID, str] = field(default_factory=dict)


def submit(
    *,
    workspace_id: UUID,
    document: Document | None = None,
    pipeline_name: str,
    kind: str = "",
    priority: Priority = Priority.INTERACTIVE,
    callback_url: str = "",
    user: User | None = None,
    **asked: str,
) -> Job:
    """A new job and its first stage's tasks, in the caller's transaction; workers are woken up on commit.

    What else is `asked` of its stages stands in its story: they find it by `events.asked`.

    It is held, without tasks, while its user has as many active jobs as the settings allow.
    """
    first = pipeline(pipeline_name)[0]
    job = Job.objects.create(
        workspace_id=workspace_id,
        document=document,
        pipeline=pipeline_name,
        kind=kind,
        priority=priority,
        callback_url=callback_url,
        held=admission.must_wait(user),
        created_by=user,
        correlation_id=structlog.contextvars.get_contextvars().get("request_id", ""),
    )
    events.record(job, SUBMITTED, pipeline=pipeline_name, kind=kind, **asked)
    if not job.held:
        transitions.start_stage(job, first)
    events.write(job)
    metrics.SUBMITTED.labels(type=kind or pipeline_name).inc()
    return job


def cancel(job_id: UUID, *, user: User | None = None) -> Job:
    """`queued|working|retryable -> cancelled`; running work stops within a heartbeat. Conflict if the job is over."""
    job = transitions.locked(job_id)
    if job.status not in OPEN:
        raise Conflict("job_not_open", f"The job is {job.status}; only a queued or running job can be cancelled.")
    transitions.cancel(job, by=_name(user))
    return job


def cancel_open(jobs: QuerySet[Job], *, user: User | None = None) -> None:
    """Cancels those of the jobs that are open still; one that ended while it was waited for is left as it is."""
    for job_id in jobs.filter(status__in=OPEN).order_by("pk").values_list("pk", flat=True):
        job = transitions.locked(job_id)
        if job.status in OPEN:
            transitions.cancel(job, by=_name(user))


def retry(job_id: UUID, *, from_stage: str = "", user: User | None = None) -> Job:
    """`done|deadletter|cancelled -> queued`, from the named stage or from where it stopped.

    Finished parts of the stage where it stopped are kept. Conflict for a job that is still open or a stage it hasn't.
    """
    job = transitions.locked(job_id)
    if job.status in OPEN:
        raise Conflict("job_open", f"The job is {job.status}; cancel it first, or wait for its end.")
    stages = {stage.name: stage for stage in pipeline(job.pipeline)}
    name = _restart_at(job, list(stages), from_stage)
    was = job.status
    if from_stage or was == Status.DONE:
        job.tasks.filter(stage__in=list(stages)[list(stages).index(name) :]).delete()
    job.status, job.stage, job.progress = Status.QUEUED, "queued", stages[name].start
    job.error_code, job.error_detail = "", ""
    events.record(job, "job.retried", stage=name, was=was, by=_name(user))
    _start_again(job, name)
    events.write(job)
    return job


def redrive(jobs: QuerySet[Job], *, from_stage: str = "", user: User | None = None) -> Redriven:
    """Retries many jobs, in the caller's transaction; one that can't be retried doesn't keep the others from it."""
    started, refused = 0, {}
    for job_id in list(jobs.order_by("created_at").values_list("pk", flat=True)):
        try:
            retry(job_id, from_stage=from_stage, user=user)
        except (DomainError, Job.DoesNotExist, KeyError) as error:
            refused[job_id] = error.detail if isinstance(error, DomainError) else "This version can't run it any more."
        else:
            started += 1
    return Redriven(started, refused)


def set_priority(job_id: UUID, priority: Priority, *, user: User | None = None) -> Job:
    """Its waiting tasks get a place in the order of that priority. Conflict if the job is over."""
    job = transitions.locked(job_id)
    if job.status not in OPEN:
        raise Conflict("job_not_open", f"The job is {job.status}; its order doesn't matter any more.")
    job.priority = priority
    waiting = job.tasks.filter(status__in=OPEN)
    waiting.update(priority=priority)
    waiting.update(turn=turns.Next())
    events.record(job, "job.prioritised", priority=Priority(priority).name.lower(), by=_name(user))
    events.write(job)
    return job


def _restart_at(job: Job, stages: list[str], from_stage: str) -> str:
    """The stage to begin at: the one asked for, if the job ever came there, or the one where it stopped."""
    if from_stage and from_stage not in stages:
        raise Conflict("unknown_stage", f"There is no stage {from_stage!r}; the stages are {', '.join(stages)}.")
    reached = _reached(job, stages)
    if from_stage and from_stage not in reached:
        raise Conflict(
            "stage_not_reached", f"The job never came to {from_stage!r}; it can restart from {', '.join(reached)}."
        )
    return from_stage or (reached[0] if job.status == Status.DONE else reached[-1])


def _reached(job: Job, stages: list[str]) -> list[str]:
    """The stages where the job has been: all if it was done, whose tasks may be forgotten by now."""
    if job.status == Status.DONE:
        return stages
    return [name for name in stages if job.tasks.filter(stage=name).exists()] or stages[:1]


def _start_again(job: Job, name: str) -> None:
    stage = next(one for one in pipeline(job.pipeline) if one.name == name)
    kept = job.tasks.filter(stage=name)
    if not kept.exists():
        transitions.start_stage(job, stage)
        return
    again = kept.exclude(status=Status.DONE)
    count = again.update(
        status=Status.QUEUED, attempts=0, due_at=Now(), error_code="", error_detail="", finished_at=None
    )
    dispatch.send_on_commit(Counter({stage.queue: count}))


def _name(user: User | None) -> str:
    return user.get_username() if user else ""
