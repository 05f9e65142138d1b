"""The story of a job: append-only, gap-free, and written together with where the job stands."""

import json
from typing import Any

from documents import sql
from jobs import news
from jobs.models import OPEN, Job, NewEvent
from jobs.webhooks import queueing

_WRITE = """
with moved as (
    update jobs_job
    set status = %(status)s, stage = %(stage)s, progress = %(progress)s, attempts = %(attempts)s,
        partial = %(partial)s, priority = %(priority)s, held = %(held)s, error_code = %(error_code)s,
        error_detail = %(error_detail)s, event_count = %(event_count)s, started_at = %(started_at)s,
        finished_at = case when %(over)s then coalesce(finished_at, statement_timestamp()) end
    where id = %(id)s
)
insert into jobs_event (workspace_id, job_id, seq, type, data, correlation_id, created_at)
select %(workspace_id)s, %(id)s, seq, type, data, %(correlation_id)s, statement_timestamp()
from unnest(%(seqs)s::int[], %(types)s::text[], %(data)s::text[]::jsonb[]) as new (seq, type, data)
returning seq, created_at,
    exists(select from jobs_webhookendpoint where workspace_id = %(workspace_id)s and active),
    %(over)s and exists(select from jobs_job where created_by_id = %(created_by_id)s and held and status = 'queued')
"""
_WRITTEN = (
    "id", "workspace_id", "stage", "progress", "attempts", "partial", "held",
    "error_code", "error_detail", "event_count", "started_at", "correlation_id", "created_by_id",
)  # fmt: skip


def record(job: Job, type_: str, **data: Any) -> NewEvent:
    """Adds an event to the story; `write` must follow. The caller holds the job's row lock."""
    job.event_count += 1
    event = NewEvent(job.event_count, type_, data)
    job.unwritten.append(event)
    return event


def write(job: Job) -> bool:
    """Writes where the job stands, and its new events, in one statement: it is on the way of every task.

    Those who watch are told once it is committed, and webhooks too. Times are the database's. Says whether the job is
    over and others of its user wait for its place.
    """
    new = job.unwritten
    values = {name: getattr(job, name) for name in _WRITTEN}
    values |= {"status": str(job.status), "priority": int(job.priority), "over": job.status not in OPEN}
    values |= {"seqs": [event.seq for event in new], "types": [event.type for event in new]}
    written = sql.rows(_WRITE, values | {"data": [json.dumps(event.data) for event in new]})
    others_wait = False
    for event, row in zip(new, sorted(written), strict=True):
        _, event.created_at, has_endpoints, others_wait = row
        if has_endpoints or job.callback_url:
            queueing.tell(job, event)
    new.clear()
    news.announce(job)
    return others_wait
