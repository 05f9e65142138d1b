"""Where a job's time went, and how many jobs ended each day: as shapes that a template draws without a script."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby

from django.utils import timezone

from analysis.presenting.progress import stage_words
from jobs.history import Day
from jobs.models import Event, Job, Status, Task
from jobs.stages import find

_LANES = 12  # parts of a stage that get a line of their own
_BEGINS = ("job.submitted", "job.retried")
_LEAST = 0.35  # per cent: what is shorter would not be seen


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of time: `kind` is waited, ran or tried (an attempt that failed); the place is CSS."""

    kind: str
    place: str
    words: str
    took: timedelta


@dataclass(frozen=True, slots=True)
class Lane:
    """One part of a stage."""

    part: int
    attempts: int
    status: str
    bars: list[Bar]
    detail: str


@dataclass(frozen=True, slots=True)
class StageLanes:
    """A stage with its first parts. `waited`: until its first part began; `ran`: from there to its last part's end."""

    words: str
    queue: str
    parts: int
    done: int
    attempts: int
    waited: timedelta | None
    ran: timedelta | None
    lanes: list[Lane]
    left_out: int


@dataclass(frozen=True, slots=True)
class Chart:
    """A job's time since it was handed in or last started again."""

    since: datetime
    took: timedelta
    stages: list[StageLanes]


@dataclass(frozen=True, slots=True)
class _Window:
    start: datetime
    end: datetime

    def place(self, begin: datetime, end: datetime) -> str:
        span = max((self.end - self.start).total_seconds(), 0.001)
        left = 100 * max((begin - self.start).total_seconds(), 0) / span
        width = 100 * (end - max(begin, self.start)).total_seconds() / span
        return f"left:{min(left, 100 - _LEAST):.2f}%;width:{max(width, _LEAST):.2f}%"

    def bar(self, kind: str, words: str, begin: datetime, end: datetime) -> list[Bar]:
        if end <= self.start or end < begin:
            return []
        return [Bar(kind, self.place(begin, end), words, end - max(begin, self.start))]


def chart(job: Job, tasks: list[Task], events: list[Event]) -> Chart:
    """`tasks` in the order in which they were made; `events` tell when the job last began."""
    begins = [event.created_at for event in events if event.type in _BEGINS]
    window = _Window(begins[-1] if begins else job.created_at, job.finished_at or timezone.now())
    tasks = sorted(tasks, key=lambda task: (_order(job, task), task.part))
    by_stage = [(name, list(parts)) for name, parts in groupby(tasks, lambda task: task.stage)]
    return Chart(
        window.start, window.end - window.start, [_stage(job, name, parts, window) for name, parts in by_stage]
    )


def _order(job: Job, task: Task) -> tuple[int, str]:
    stage = find(job.pipeline, task.stage)
    return (stage.start if stage else 1_000, task.stage)


def _stage(job: Job, name: str, tasks: list[Task], window: _Window) -> StageLanes:
    stage = find(job.pipeline, name)
    started = [task.started_at for task in tasks if task.started_at]
    ended = [task.finished_at or window.end for task in tasks if task.started_at]
    ready = min(max(_ready(task), window.start) for task in tasks)
    fresh = bool(ended) and max(ended) > window.start  # not kept from an earlier run
    return StageLanes(
        words=stage_words(stage.running if stage else name),
        queue=tasks[0].queue,
        parts=len(tasks),
        done=sum(task.status == Status.DONE for task in tasks),
        attempts=sum(max(task.attempts - 1, 0) for task in tasks),
        waited=max(min(started) - ready, timedelta()) if fresh else None,
        ran=max(max(ended) - max(min(started), window.start), timedelta()) if fresh else None,
        lanes=[_lane(task, window) for task in tasks[:_LANES]],
        left_out=max(len(tasks) - _LANES, 0),
    )


def _ready(task: Task) -> datetime:
    """Since when a worker could take it. Before its first attempt a clock that runs ahead of ours does no harm."""
    return task.created_at if task.attempts <= 1 else max(task.created_at, task.due_at)


def _lane(task: Task, window: _Window) -> Lane:
    detail = f"{task.error_code}: {task.error_detail}" if task.error_code else ""
    return Lane(task.part + 1, task.attempts, task.status, list(_bars(task, window)), detail)


def _bars(task: Task, window: _Window) -> Iterable[Bar]:
    ready, started = _ready(task), task.started_at
    if task.attempts > 1 and ready > task.created_at:
        yield from window.bar(
            "tried", "earlier attempts and the waits between", task.created_at, min(ready, window.end)
        )
    if started is None or started < ready:  # it waits, or backs off after an attempt
        words = "backs off" if task.status == Status.RETRYABLE else "waits"
        yield from window.bar("waited", words, started or ready, task.finished_at or window.end)
        return
    yield from window.bar("waited", "waited", ready, started)
    yield from window.bar("ran", "ran", started, task.finished_at or window.end)


@dataclass(frozen=True, slots=True)
class Column:
    """A day's column: segments as (kind, y, height), all in the units of the drawing."""

    day: date
    x: float
    total: int
    segments: list[tuple[str, float, float]]


@dataclass(frozen=True, slots=True)
class Columns:
    """Jobs by day, as an SVG of `width` x `height` draws them; `most` is the highest column's count."""

    width: int
    height: int
    bar: float
    most: int
    columns: list[Column]


def columns(days: list[Day], width: int = 560, height: int = 120) -> Columns:
    most = max((day.total for day in days), default=0)
    step = width / max(len(days), 1)
    drawn = [
        Column(day.day, index * step + step * 0.15, day.total, _segments(day, most, height))
        for index, day in enumerate(days)
    ]
    return Columns(width, height, step * 0.7, most, drawn)


def _segments(day: Day, most: int, height: int) -> list[tuple[str, float, float]]:
    """From the ground up: what was done, what was cancelled, what failed."""
    segments, y = [], float(height)
    for kind, count in (("done", day.done), ("cancelled", day.cancelled), ("failed", day.failed)):
        if count:
            tall = max(height * count / most, 1.5)
            y -= tall
            segments.append((kind, round(y, 2), round(tall, 2)))
    return segments
