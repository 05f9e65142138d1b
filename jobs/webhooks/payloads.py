"""What is told: the types of events that are sent, and their bodies."""

from datetime import datetime
from typing import Any

from jobs.models import Event, Job, NewEvent, Status

PING = "ping"
ENDS = {  # of a job; its callback is told of these alone
    "job.done": Status.DONE,
    "job.deadletter": Status.DEADLETTER,
    "job.cancelled": Status.CANCELLED,
}
RESULTS = ("result.corrected", "result.approved")
TYPES = (*ENDS, *RESULTS)  # what endpoints can ask for; a ping comes unasked


def of_job(job: Job, event: Event | NewEvent) -> dict[str, Any]:
    """The body that tells of a job's end. The job's own status may not have been set yet."""
    done = event.type == "job.done"
    failed = event.type == "job.deadletter"
    return body(
        event.type,
        event.created_at,
        job_id=str(job.pk),
        document_id=str(job.document_id) if job.document_id else None,
        workspace_id=str(job.workspace_id),
        kind=job.kind,
        status=ENDS[event.type].value,
        partial=done and job.partial,
        error={"code": job.error_code, "detail": job.error_detail} if failed else None,
        # A result has its job's id. The route is spelled out, for workers load none of the site's routes.
        result_url=f"/api/v1/results/{job.pk}" if done and job.document_id else None,
        attempts=job.attempts,
        seq=event.seq,
        created_at=_text(job.created_at),
        finished_at=_text(event.created_at),
    )


def body(type_: str, at: datetime, **data: Any) -> dict[str, Any]:
    """The form of all bodies."""
    return {"type": type_, "timestamp": _text(at), "data": data}


def _text(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
