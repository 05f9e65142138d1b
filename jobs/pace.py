"""How long jobs will take: measured on those that were done of late, told of those that are open."""

import time
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import Count, F, Max, Min, Q, Window
from django.db.models.functions import RowNumber
from django.utils import timezone

from documents import tenancy
from jobs import queues, stages
from jobs.models import OPEN, Job, StagePace, Status, Task
from jobs.stages import QUEUES, Stage

_STEP = 20  # every so many-th place of a queue is known, as far as …
_DEEPEST = 20_000
_HELD = 5_000  # held jobs of all users on a page that are ranked
_ROUND = ((10, 1), (60, 5), (600, 30))  # below so many seconds to so many; beyond to minutes

_MEASURE = """
with latest as (
    select id, pipeline from jobs_job where status = 'done' order by created_at desc limit 200
), tasks as (
    select pipeline, stage, job_id, started_at, finished_at
    from latest join jobs_task on job_id = latest.id
    where jobs_task.status = 'done' and started_at is not null
), whole as (
    select pipeline, stage, extract(epoch from max(finished_at) - min(started_at)) as seconds
    from tasks group by pipeline, stage, job_id
), paces as (
    select pipeline, stage, count(*) as jobs, percentile_cont(0.5) within group (order by seconds) as seconds
    from whole group by pipeline, stage
), parts as (
    select pipeline, stage,
        percentile_cont(0.5) within group (order by extract(epoch from finished_at - started_at)) as seconds
    from tasks group by pipeline, stage
)
insert into jobs_stagepace (pipeline, stage, seconds, seconds_per_part, jobs, measured_at)
select pipeline, stage, paces.seconds, parts.seconds, jobs, now() from paces join parts using (pipeline, stage)
on conflict (pipeline, stage) do update set
    seconds = excluded.seconds, seconds_per_part = excluded.seconds_per_part, jobs = excluded.jobs, measured_at = now()
"""
_PLACES = """
select priority, turn from (
    select priority, turn, row_number() over (order by priority, turn, id) as place
    from (
        select priority, turn, id from jobs_task where queue = %s and status = 'queued'
        order by priority, turn, id limit %s
    ) as next
) as placed where place %% %s = 0 order by place
"""

Kept = TypeVar("Kept")


class _Cached(Generic[Kept]):
    """What a function found, for some seconds."""

    def __init__(self, seconds: float, load: Callable[[], Kept]) -> None:
        self._seconds, self._load = seconds, load
        self._found: tuple[float, Kept] | None = None

    def get(self) -> Kept:
        if self._found is None or time.monotonic() > self._found[0] + self._seconds:
            self._found = (time.monotonic(), self._load())
        return self._found[1]

    def forget(self) -> None:
        self._found = None


@dataclass(frozen=True, slots=True)
class _Queue:
    """Who waits in a queue, and how many are worked on."""

    places: list[tuple[int, int]]  # (priority, turn) of every `_STEP`th task that waits
    working: int
    paused: bool


@dataclass(slots=True)
class _Run:
    """How far a job is in its current stage."""

    stage: Stage[Any, Any]
    parts: int = 1
    done: int = 0
    working: int = 0
    queued: int = 0
    began: datetime | None = None
    due: datetime | None = None
    turn: int = 0
    later: list[Stage[Any, Any]] = field(default_factory=list)


def measure() -> None:
    """Takes the pace of each stage on the latest two hundred jobs that were done. For the sweeper, once a minute."""
    with tenancy.as_sweeper(), connection.cursor() as cursor:
        cursor.execute(_MEASURE)
    _paces.forget()


def estimate(jobs: Iterable[Job]) -> dict[UUID, int | None]:
    """Seconds until each job is done, rounded; 0 for those that are over.

    None where nothing can be said: no job of the kind was done yet, or the queue is paused. One query for all jobs;
    paces and queues are remembered for some seconds.
    """
    jobs = list(jobs)
    found: dict[UUID, int | None] = {job.pk: 0 for job in jobs if not job.is_open}
    pending = {job.pk: job for job in jobs if job.is_open}
    if not pending:
        return found
    paces = _paces.get()
    runs = _runs(pending)
    ranks = _ranks([job for job in pending.values() if job.held])
    for pk, job in pending.items():
        seconds = _seconds(job, runs.get(pk), paces, ranks.get(pk, 0))
        found[pk] = None if seconds is None else _rounded(seconds)
    return found


def _seconds(job: Job, run: _Run | None, paces: dict[tuple[str, str], StagePace], rank: int) -> float | None:
    if run is None:
        return None
    now, *later = (paces.get((stage.pipeline, stage.name)) for stage in (run.stage, *run.later))
    rest = sum(pace.seconds for pace in later if pace)
    if now is None and not rest:
        return None
    if job.held:
        whole = rest + (now.seconds if now else 0)
        return whole * (1 + (rank + 1) / max(1, settings.JOBS_ACTIVE_PER_USER))
    wait = _wait(job, run, now)
    return None if wait is None else wait + (_stage(run, now) if now else 0) + rest


def _stage(run: _Run, pace: StagePace) -> float:
    """What is left of the current stage: by history at first, then more and more by its own parts."""
    elapsed = max(0.0, (timezone.now() - run.began).total_seconds()) if run.began else 0.0
    if run.parts == 1:
        return max(pace.seconds - elapsed, pace.seconds / 10) if run.working else pace.seconds
    left = run.parts - run.done
    by_history = pace.seconds_per_part * left / max(1, run.working)
    by_itself = elapsed / run.done * left if run.done else 0.0
    return (3 * by_history + run.done * by_itself) / (3 + run.done)


def _wait(job: Job, run: _Run, pace: StagePace | None) -> float | None:
    """Until a worker takes the next of its tasks; None if its queue is paused."""
    if run.working:
        return 0.0
    queue = _queues.get()[run.stage.queue]
    if queue.paused:
        return None
    if not run.queued:
        return max(0.0, (run.due - timezone.now()).total_seconds()) if run.due else 0.0
    ahead = bisect_left(queue.places, (job.priority, run.turn)) * _STEP
    return ahead * (pace.seconds_per_part if pace else 0) / max(1, queue.working)


def _runs(jobs: dict[UUID, Job]) -> dict[UUID, _Run]:
    """Where each job stands, by its tasks; without any at its first stage. None for pipelines that are no more."""
    rows = Task.objects.filter(job__in=jobs).order_by().values("job_id", "stage").annotate(
        all=Max("parts"),
        done=Count("pk", Q(status=Status.DONE)),
        working=Count("pk", Q(status=Status.WORKING)),
        queued=Count("pk", Q(status=Status.QUEUED)),
        began=Min("started_at"),
        due=Min("due_at", filter=Q(status=Status.RETRYABLE)),
        first=Min("turn", filter=Q(status=Status.QUEUED)),
    )  # fmt: skip
    states = {(row["job_id"], row["stage"]): row for row in rows}
    found = {pk: _run(job, states) for pk, job in jobs.items()}
    return {pk: run for pk, run in found.items() if run}


def _run(job: Job, states: Mapping[tuple[UUID, str], Mapping[str, Any]]) -> _Run | None:
    try:
        pipeline = stages.pipeline(job.pipeline)
    except KeyError:  # of another version
        return None
    for number, stage in enumerate(pipeline):
        row = states.get((job.pk, stage.name))
        if row is None or row["done"] < row["all"]:
            run = _Run(stage, later=pipeline[number + 1 :])
            if row is not None:
                run.parts, run.done, run.working, run.queued = row["all"], row["done"], row["working"], row["queued"]
                run.began, run.due, run.turn = row["began"], row["due"], row["first"] or 0
            return run
    return _Run(pipeline[-1], parts=1, working=1) if pipeline else None


def _ranks(held: list[Job]) -> dict[UUID, int]:
    """How many held jobs of the same user come before each."""
    if not held:
        return {}
    users = {job.created_by_id for job in held}
    waiting = Job.objects.filter(held=True, status__in=OPEN, created_by__in=users)
    order = ["priority", "created_at"]
    ranked = waiting.annotate(rank=Window(RowNumber(), partition_by=F("created_by"), order_by=order)).order_by()
    return {pk: rank - 1 for pk, rank in ranked.values_list("pk", "rank")[:_HELD]}


def _load_paces() -> dict[tuple[str, str], StagePace]:
    return {(pace.pipeline, pace.stage): pace for pace in StagePace.objects.all()}


def _load_queues() -> dict[str, _Queue]:
    paused = queues.paused()
    with tenancy.as_sweeper(), connection.cursor() as cursor:
        busy = Task.objects.filter(status=Status.WORKING).order_by().values("queue").annotate(n=Count("pk"))
        working = {row["queue"]: row["n"] for row in busy}
        found = {}
        for name in QUEUES:
            cursor.execute(_PLACES, [name, _DEEPEST, _STEP])
            found[name] = _Queue(cursor.fetchall(), working.get(name, 0), name in paused)
    return found


_paces = _Cached(30, _load_paces)
_queues = _Cached(5, _load_queues)


def _rounded(seconds: float) -> int:
    """To what an estimate is good for; an open job has a second left at least."""
    step = next((step for limit, step in _ROUND if seconds < limit), 60)
    return max(1, round(seconds / step) * step)
