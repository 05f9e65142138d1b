"""The story of a job: append-only, gap-free, and written together with where the job stands."""

import json
from typing import Any

from documents import sql
from jobs import news
from jobs.models import Event, Job, NewEvent
from jobs.webhooks import queueing

SUBMITTED = "job.submitted"

_WRITE = """
with job as (
    select *, status not in ('queued', 'working', 'retryable') as over
    from jsonb_populate_recordset(null::jobs_job, %(jobs)s::jsonb)
), moved as (
    update jobs_job
    set status = job.status, stage = job.stage, progress = job.progress, attempts = job.attempts,
        partial = job.partial, priority = job.priority, held = job.held, error_code = job.error_code,
        error_detail = job.error_detail, event_count = job.event_count,
        finished_at = case when over then coalesce(jobs_job.finished_at, statement_timestamp()) end
    from job where jobs_job.id = job.id
), told as (
    insert into jobs_event (workspace_id, job_id, seq, type, data, correlation_id, created_at)
    select workspace_id, job.id, seq, type, data, correlation_id, statement_timestamp()
    from jsonb_to_recordset(%(events)s::jsonb) as new (job_id uuid, seq int, type text, data jsonb)
    join job on job.id = job_id
    returning job_id, seq, created_at
)
select job_id, seq, told.created_at,
    exists(select from jobs_webhookendpoint where jobs_webhookendpoint.workspace_id = job.workspace_id and active),
    over and exists(
        select from jobs_job where jobs_job.created_by_id = job.created_by_id and jobs_job.held
        and jobs_job.status = 'queued'
    )
from told join job on job.id = job_id
"""
_WRITTEN = (
    "id", "workspace_id", "created_by_id", "correlation_id", "status", "stage", "progress", "attempts", "partial",
    "priority", "held", "error_code", "error_detail", "event_count",
)  # fmt: skip


def record(job: Job, type_: str, **data: Any) -> NewEvent:
    """Adds an event to the story; `write` must follow. The caller holds the job's row lock."""
    job.event_count += 1
    event = NewEvent(job.event_count, type_, data)
    job.unwritten.append(event)
    return event


def asked(job: Job, name: str) -> str:
    """What the job was asked for when it was submitted; blank if nothing, or if its story was forgotten since."""
    found = Event.objects.filter(job=job, type=SUBMITTED).values_list(f"data__{name}", flat=True).first()
    return str(found or "")


def write(*jobs: Job) -> set[int | None]:
    """Writes where jobs stand, and their new events, in one statement: it is on the way of every task.

    Those who watch are told once it is committed, and webhooks too. Times are the database's. Returns the users whose
    held jobs wait for the place of one that is over.
    """
    new = {(job.pk, event.seq): (job, event) for job in jobs for event in job.unwritten}
    standing = [{name: getattr(job, name) for name in _WRITTEN} for job in jobs]
    told = [
        {"job_id": str(job.pk), "seq": event.seq, "type": event.type, "data": event.data} for job, event in new.values()
    ]
    written = sql.rows(_WRITE, {"jobs": json.dumps(standing, default=str), "events": json.dumps(told)})
    assert len(written) == len(new)
    waiting = set()
    for job_id, seq, created_at, has_endpoints, others_wait in sorted(written):
        job, event = new[job_id, seq]
        event.created_at = created_at
        if has_endpoints or job.callback_url:
            queueing.tell(job, event)
        if others_wait:
            waiting.add(job.created_by_id)
    for job in jobs:
        job.unwritten.clear()
    news.announce(*jobs)
    return waiting
