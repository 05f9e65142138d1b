"""The story of a job: append-only, gap-free."""

from typing import Any

from jobs import news
from jobs.models import Event, Job


def record(job: Job, type_: str, **data: Any) -> Event:
    """Appends an event, and tells those who watch once it is committed.

    The caller holds the job's row lock and saves `event_count` with the job.
    """
    job.event_count += 1
    news.announce(job)
    return Event.objects.create(
        workspace_id=job.workspace_id,
        job=job,
        seq=job.event_count,
        type=type_,
        data=data,
        correlation_id=job.correlation_id,
    )
