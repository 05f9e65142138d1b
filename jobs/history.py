"""How jobs ended, day by day, of the rows that the caller's scope shows."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Aggregate, Count, DateField, DurationField, ExpressionWrapper, F, Q
from django.db.models.functions import Cast
from django.utils import timezone

from jobs.models import Job, Status

DAYS = 14


@dataclass(frozen=True, slots=True)
class Day:
    """Jobs that ended on a day (UTC). `median` and `slow` (the 95th percentile): from handing in to done."""

    day: date
    done: int = 0
    failed: int = 0
    cancelled: int = 0
    median: timedelta | None = None
    slow: timedelta | None = None

    @property
    def total(self) -> int:
        return self.done + self.failed + self.cancelled


class Percentile(Aggregate):
    """PostgreSQL's percentile_cont of durations; `share` from 0 to 1."""

    function = "percentile_cont"
    template = "%(function)s(%(share)s) WITHIN GROUP (ORDER BY %(expressions)s)"

    def __init__(self, *expressions: Any, share: float, **extra: Any) -> None:
        super().__init__(*expressions, share=share, output_field=DurationField(), **extra)


def by_day(days: int = DAYS) -> list[Day]:
    """The last days, today the last of them, those without jobs too; of jobs that were handed in within them."""
    today = timezone.now().date()
    asked = [today - timedelta(days=ago) for ago in reversed(range(days))]
    found = {day.day: day for day in _counted(asked[0])}
    return [found.get(day, Day(day)) for day in asked]


def _counted(since: date) -> list[Day]:
    took = ExpressionWrapper(F("finished_at") - F("created_at"), output_field=DurationField())
    done = Q(status=Status.DONE)
    ended = Job.objects.filter(created_at__date__gte=since, finished_at__isnull=False).order_by()
    by_day = ended.annotate(day=Cast("finished_at", DateField())).values_list("day")
    return [
        Day(*row)
        for row in by_day.annotate(
            done=Count("pk", filter=done),
            failed=Count("pk", filter=Q(status=Status.DEADLETTER)),
            cancelled=Count("pk", filter=Q(status=Status.CANCELLED)),
            median=Percentile(took, share=0.5, filter=done),
            slow=Percentile(took, share=0.95, filter=done),
        )
    ]
