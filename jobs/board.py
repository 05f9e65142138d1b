"""What waits, runs and failed, by queue and by stage, of the rows that the caller's scope shows."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Count, DurationField, ExpressionWrapper, Min, Q
from django.db.models.functions import Now

from jobs import queues, stages
from jobs.models import OPEN, Job, QueuePause, Status, Task
from jobs.stages import QUEUES, Stage


@dataclass(frozen=True, slots=True)
class Load:
    """Tasks that could be taken now, that back off, that are worked on; and how long the first of the former waits."""

    waiting: int = 0
    backing_off: int = 0
    working: int = 0
    oldest: timedelta | None = None

    @property
    def total(self) -> int:
        return self.waiting + self.backing_off + self.working


@dataclass(frozen=True, slots=True)
class QueueState:
    name: str
    load: Load
    pause: QueuePause | None


@dataclass(frozen=True, slots=True)
class StageState:
    stage: Stage[Any, Any]
    load: Load
    failed: int
    pause: QueuePause | None


@dataclass(frozen=True, slots=True)
class Cause:
    """Jobs that failed for the same reason, with what the latest of them says."""

    code: str
    count: int
    detail: str


@dataclass(frozen=True, slots=True)
class Counts:
    """Jobs by what they do now; `held` are some of those that wait."""

    working: int
    waiting: int
    retrying: int
    held: int
    failed: int

    @property
    def open(self) -> int:
        return self.working + self.waiting + self.retrying


def of_jobs() -> Counts:
    """All that are open, and all dead letters."""
    found = Job.objects.filter(status__in=[*OPEN, Status.DEADLETTER])
    return Counts(
        **found.aggregate(
            working=Count("pk", filter=Q(status=Status.WORKING)),
            waiting=Count("pk", filter=Q(status=Status.QUEUED)),
            retrying=Count("pk", filter=Q(status=Status.RETRYABLE)),
            held=Count("pk", filter=Q(status=Status.QUEUED, held=True)),
            failed=Count("pk", filter=Q(status=Status.DEADLETTER)),
        )
    )


def of_queues() -> list[QueueState]:
    """Every queue, whether anything is in it or not."""
    loads = _loads("queue")
    paused = queues.paused()
    return [QueueState(name, loads.get((name,), Load()), paused.get(name)) for name in QUEUES]


def of_stages(pipelines: list[str]) -> list[StageState]:
    """The stages of these pipelines, in their order."""
    loads = _loads("job__pipeline", "stage")
    paused, failed = queues.paused(), _failed_by_milestone()
    return [
        StageState(
            stage,
            loads.get((name, stage.name), Load()),
            sum(failed.get((name, milestone), 0) for milestone in milestones(stage)),
            paused.get(stage.queue),
        )
        for name in pipelines
        for stage in stages.pipeline(name)
    ]


def _loads(*names: str) -> dict[tuple[str, ...], Load]:
    live = Task.objects.filter(status__in=OPEN).order_by().values_list(*names)
    oldest = ExpressionWrapper(Now() - Min("due_at", filter=Q(status=Status.QUEUED)), output_field=DurationField())
    counted = live.annotate(
        waiting=Count("pk", filter=Q(status=Status.QUEUED)),
        backing_off=Count("pk", filter=Q(status=Status.RETRYABLE)),
        working=Count("pk", filter=Q(status=Status.WORKING)),
        oldest=oldest,
    )
    return {row[: len(names)]: Load(*row[len(names) :]) for row in counted}


def milestones(stage: Stage[Any, Any]) -> tuple[str, ...]:
    """What `Job.stage` says while the job is at this stage: the stage's own milestone, or the one it waits after."""
    before = [one for one in stages.pipeline(stage.pipeline) if one.start < stage.start]
    return (before[-1].finished if before else "queued", stage.running)


def _failed_by_milestone() -> dict[tuple[str, str], int]:
    dead = Job.objects.filter(status=Status.DEADLETTER).order_by()
    counted = dead.values_list("pipeline", "stage").annotate(Count("pk"))
    return {(pipeline, stage): count for pipeline, stage, count in counted}


def causes(limit: int) -> list[Cause]:
    """The commonest causes among the dead letters."""
    dead = Job.objects.filter(status=Status.DEADLETTER).order_by()
    counts = list(dead.values_list("error_code").annotate(count=Count("pk")).order_by("-count", "error_code")[:limit])
    codes = [code for code, _ in counts]
    latest = dead.filter(error_code__in=codes).distinct("error_code").order_by("error_code", "-created_at")
    details = dict(latest.values_list("error_code", "error_detail"))
    return [Cause(code, count, details.get(code, "")) for code, count in counts]
