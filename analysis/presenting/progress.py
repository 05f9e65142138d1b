"""Jobs and their events in words."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from analysis.presenting.fields import Tone
from jobs.models import Event, Job, Status

# What is being done while a milestone is the last one that clients see …
STAGES = {
    "queued": "Waiting for a free worker",
    "validating": "Opening the file",
    "job_validated": "Opened",
    "parsing": "Reading the pages",
    "parsed": "Putting the text together",
    "parse_validated": "Text ready",
    "extracting": "Finding the values",
    "extracted": "Checking the sums",
    "validated": "Sums checked",
    "chunking": "Cutting the text into passages",
    "chunks_buffered": "Keeping the passages",
    "chunked": "Passages ready",
    "embedding": "Making it searchable",
    "embeddings_buffered": "Putting it into the index",
    "embedded": "Searchable",
    "classifying": "Judging the reviews",
    "classified": "Adding up",
    "summarising": "Adding up",
    "summarised": "Added up",
    "done": "Done",
}
# … and what has been done, where that is not the same.
_FINISHED = {"parsed": "Pages read", "extracted": "Values found", "parse_validated": "Text put together"}
_STATUSES: dict[str, tuple[str, Tone, str]] = {
    Status.QUEUED: ("Waiting", "plain", "clock"),
    Status.WORKING: ("Being read", "plain", "working"),
    Status.RETRYABLE: ("Trying again soon", "warning", "retry"),
    Status.DONE: ("Done", "good", "check"),
    Status.DEADLETTER: ("Failed", "error", "cross"),
    Status.CANCELLED: ("Cancelled", "plain", "minus"),
}


@dataclass(frozen=True, slots=True)
class State:
    """A job's state: a word, a tone and an icon."""

    word: str
    tone: Tone
    icon: str


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of the timeline; `since` is the time from the line before."""

    at: datetime
    since: timedelta | None
    words: str
    detail: str
    tone: Tone


def state(job: Job) -> State:
    if job.held and job.status == Status.QUEUED:
        return State("Waits for your others", "plain", "clock")
    if job.status == Status.DONE and job.partial:
        missing = "some rows refused" if job.pipeline == "reviews" else "pages missing"
        return State(f"Done, {missing}", "warning", "doubtful")
    return State(*_STATUSES[job.status])


def stage_words(name: str) -> str:
    return STAGES.get(name, name.replace("_", " ").capitalize())


def timeline(events: list[Event]) -> list[Moment]:
    """The story of a job, in order. A stage's begin is told while it runs; its end then says how long it took."""
    before: datetime | None = None
    moments = []
    for event in events:
        if event.type != "stage.started" or event is events[-1]:
            words, tone = _words(event)
            since = event.created_at - before if before else None
            moments.append(Moment(event.created_at, since, words, str(event.data.get("detail", "")), tone))
        before = event.created_at
    return moments


def _words(event: Event) -> tuple[str, Tone]:
    data = event.data
    by = f" by {data['by']}" if data.get("by") else ""
    match event.type:
        case "job.submitted":
            return "Handed in", "plain"
        case "stage.started":
            return stage_words(data.get("stage", "")), "plain"
        case "stage.finished":
            return _FINISHED.get(data.get("stage", ""), stage_words(data.get("stage", ""))), "plain"
        case "pages.accounted":
            return _pages(data)
        case "document.chunked":
            return f"{data.get('chunks', 0):,} passages made", "plain"
        case "pictures.lacking":
            count = data.get("pictures", 0)
            what = f"{count:,} picture{'' if count == 1 else 's'} can't be found by what they show yet"
            return f"{what} ({data.get('code', 'unknown')})", "warning"
        case "task.failed":
            return (
                f"Attempt {data.get('attempt', 1)} failed ({data.get('code', 'unknown')}); another follows",
                "warning",
            )
        case "task.retried":
            return f"Attempt {data.get('attempt', 2)} begins", "plain"
        case "lease.expired":
            return f"A worker went silent in attempt {data.get('attempt', 1)}; another takes over", "warning"
        case "job.retried":
            return f"Started again{by}", "plain"
        case "job.prioritised":
            return f"Made {data.get('priority', 'another priority')}{by}", "plain"
        case "job.cancelled":
            return f"Cancelled{by}", "warning"
        case "job.deadletter":
            return f"Given up ({data.get('code', 'unknown')})", "error"
        case "job.done":
            return ("Done, but not every page could be read", "warning") if data.get("partial") else ("Done", "good")
    return event.type.replace(".", " ").replace("_", " ").capitalize(), "plain"


def _pages(data: dict[str, object]) -> tuple[str, Tone]:
    failed = data.get("failed") or {}
    words = f"{data.get('read')} of {data.get('pages')} pages could be read"
    return words, "warning" if failed else "plain"
