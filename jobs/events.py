"""The story of a job: append-only, gap-free, and written together with where the job stands."""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from documents import sql
from jobs import news
from jobs.models import OPEN, Job, NewEvent
from jobs.webhooks import queueing

_WRITE = """
with job as (
    select * from unnest(
        %(id)s::uuid[], %(workspace_id)s::uuid[], %(created_by_id)s::bigint[], %(correlation_id)s::text[],
        %(status)s::text[], %(over)s::bool[], %(stage)s::text[], %(progress)s::int[], %(attempts)s::int[],
        %(partial)s::bool[], %(priority)s::int[], %(held)s::bool[], %(error_code)s::text[], %(error_detail)s::text[],
        %(event_count)s::int[]
    ) as job (
        id, workspace_id, created_by_id, correlation_id, status, over, stage, progress, attempts, partial, priority,
        held, error_code, error_detail, event_count
    )
), moved as (
    update jobs_job
    set status = job.status, stage = job.stage, progress = job.progress, attempts = job.attempts,
        partial = job.partial, priority = job.priority, held = job.held, error_code = job.error_code,
        error_detail = job.error_detail, event_count = job.event_count,
        finished_at = case when over then coalesce(finished_at, statement_timestamp()) end
    from job where jobs_job.id = job.id
), told as (
    insert into jobs_event (workspace_id, job_id, seq, type, data, correlation_id, created_at)
    select workspace_id, job.id, seq, type, data, correlation_id, statement_timestamp()
    from unnest(%(jobs)s::uuid[], %(seqs)s::int[], %(types)s::text[], %(data)s::text[]::jsonb[])
        as new (job_id, seq, type, data) join job on job.id = job_id
    returning job_id, seq, created_at
)
select job_id, seq, created_at,
    exists(select from jobs_webhookendpoint where jobs_webhookendpoint.workspace_id = job.workspace_id and active),
    over and exists(
        select from jobs_job where jobs_job.created_by_id = job.created_by_id and jobs_job.held
        and jobs_job.status = 'queued'
    )
from told join job on job.id = job_id
"""
_WRITTEN = (
    "id", "workspace_id", "created_by_id", "correlation_id", "stage", "progress", "attempts", "partial", "priority",
    "held", "error_code", "error_detail", "event_count",
)  # fmt: skip


def record(job: Job, type_: str, **data: Any) -> NewEvent:
    """Adds an event to the story; `write` must follow. The caller holds the job's row lock."""
    job.event_count += 1
    event = NewEvent(job.event_count, type_, data)
    job.unwritten.append(event)
    return event


def write(*jobs: Job) -> set[int]:
    """Writes where jobs stand, and their new events, in one statement: it is on the way of every task.

    Those who watch are told once it is committed, and webhooks too. Times are the database's. Returns the users whose
    held jobs wait for the place of one that is over.
    """
    waiting = set()
    new = {(job.pk, event.seq): (job, event) for job in jobs for event in job.unwritten}
    for job_id, seq, created_at, has_endpoints, others_wait in sorted(sql.rows(_WRITE, _values(jobs, new))):
        job, event = new.pop((job_id, seq))
        event.created_at = created_at
        if has_endpoints or job.callback_url:
            queueing.tell(job, event)
        if others_wait and job.created_by_id is not None:
            waiting.add(job.created_by_id)
    assert not new, f"unwritten: {list(new)}"
    for job in jobs:
        job.unwritten.clear()
        news.announce(job)
    return waiting


def _values(jobs: Sequence[Job], new: Mapping[tuple[UUID, int], tuple[Job, NewEvent]]) -> dict[str, list[Any]]:
    """The statement's parameters: a column each, of the jobs and of their new events."""
    values: dict[str, list[Any]] = {name: [getattr(job, name) for job in jobs] for name in _WRITTEN}
    values["status"] = [str(job.status) for job in jobs]
    values["over"] = [job.status not in OPEN for job in jobs]
    events = [event for _, event in new.values()]
    values |= {"jobs": [job_id for job_id, _ in new], "seqs": [event.seq for event in events]}
    return values | {
        "types": [event.type for event in events],
        "data": [json.dumps(event.data) for event in events],
    }
