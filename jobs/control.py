"""What people and programs can do to a job: submit, cancel, retry."""

from uuid import UUID

import structlog
from django.db.models.functions import Now
from django.utils import timezone

from documents.errors import Conflict
from documents.models import Document, User
from jobs import dispatch, events, metrics, transitions
from jobs.models import OPEN, Job, Priority, Status
from jobs.stages import pipeline


def submit(
    *,
    workspace_id: UUID,
    document: Document | None = None,
    pipeline_name: str,
    kind: str = "",
    priority: Priority = Priority.INTERACTIVE,
    user: User | None = None,
) -> Job:
    """A new job and its first stage's tasks, in the caller's transaction; workers are woken up on commit."""
    first = pipeline(pipeline_name)[0]
    job = Job.objects.create(
        workspace_id=workspace_id,
        document=document,
        pipeline=pipeline_name,
        kind=kind,
        priority=priority,
        created_by=user,
        correlation_id=structlog.contextvars.get_contextvars().get("request_id", ""),
    )
    events.record(job, "job.submitted", pipeline=pipeline_name, kind=kind)
    transitions.start_stage(job, first)
    job.save(update_fields=["event_count"])
    metrics.SUBMITTED.labels(type=kind or pipeline_name).inc()
    return job


def cancel(job_id: UUID, *, user: User | None = None) -> Job:
    """`queued|working|retryable -> cancelled`; running work stops within a heartbeat. Conflict if the job is over."""
    job = transitions.locked(job_id)
    if job.status not in OPEN:
        raise Conflict("job_not_open", f"The job is {job.status}; only a queued or running job can be cancelled.")
    transitions.cancel_tasks(job)
    job.status, job.finished_at = Status.CANCELLED, timezone.now()
    events.record(job, "job.cancelled", by=user.get_username() if user else "")
    metrics.count_end(job)
    job.save()
    return job


def retry(job_id: UUID, *, from_stage: str = "", user: User | None = None) -> Job:
    """`done|deadletter|cancelled -> queued`, from the named stage or from where it stopped.

    Finished parts of the stage where it stopped are kept. Conflict for a job that is still open or a stage it hasn't.
    """
    job = transitions.locked(job_id)
    if job.status in OPEN:
        raise Conflict("job_open", f"The job is {job.status}; cancel it first, or wait for its end.")
    stages = {stage.name: stage for stage in pipeline(job.pipeline)}
    if from_stage and from_stage not in stages:
        raise Conflict("unknown_stage", f"There is no stage {from_stage!r}; the stages are {', '.join(stages)}.")
    reached = [name for name in stages if job.tasks.filter(stage=name).exists()]
    if from_stage and from_stage not in reached:
        raise Conflict(
            "stage_not_reached", f"The job never came to {from_stage!r}; it can restart from {', '.join(reached)}."
        )
    name = from_stage or (reached[0] if job.status == Status.DONE else reached[-1])
    was = job.status
    if from_stage or was == Status.DONE:
        job.tasks.filter(stage__in=list(stages)[list(stages).index(name) :]).delete()
    job.status, job.stage, job.progress = Status.QUEUED, "queued", stages[name].start
    job.error_code, job.error_detail, job.finished_at = "", "", None
    events.record(job, "job.retried", stage=name, was=was, by=user.get_username() if user else "")
    _start_again(job, name)
    job.save()
    return job


def _start_again(job: Job, name: str) -> None:
    stage = {one.name: one for one in pipeline(job.pipeline)}[name]
    kept = job.tasks.filter(stage=name)
    if not kept.exists():
        transitions.start_stage(job, stage)
        return
    again = kept.exclude(status=Status.DONE)
    again.update(
        status=Status.QUEUED, attempts=0, due_at=Now(), sent_at=Now(), error_code="", error_detail="", finished_at=None
    )
    dispatch.send_on_commit(job.tasks.filter(stage=name, status=Status.QUEUED))
