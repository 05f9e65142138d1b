"""What a batch shows while it is worked on and after: statistics, a page of rows, the rows that were refused."""

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from analysis.models.reviews import ReviewBatch, ReviewRow
from analysis.reviews import statistics, store

MOST_REFUSED = 100  # that are listed beside each page; the export has them all


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rows: all conditions hold together. `after` is the number of the last row of the page before."""

    label: str = ""
    min_confidence: float | None = None
    max_confidence: float | None = None
    q: str = ""
    after: int = 0
    limit: int = 50


def page(batch: ReviewBatch, wanted: Wanted) -> tuple[list[ReviewRow], int | None]:
    """The next classified rows in the order of the file, and the number to go on after; None at the end."""
    found = list(_matching(batch, wanted).filter(row__gt=wanted.after).order_by("row")[: wanted.limit + 1])
    rows = found[: wanted.limit]
    return rows, rows[-1].row if len(found) > wanted.limit else None


def refused(batch: ReviewBatch) -> QuerySet[ReviewRow]:
    """The first rows that have no label, and why."""
    return ReviewRow.objects.filter(batch=batch, label="").order_by("row")[:MOST_REFUSED]


def statistics_of(batch: ReviewBatch) -> dict[str, Any]:
    """As the API shows them: of what was judged so far."""
    return statistics.shown(batch.statistics or store.counted(batch), batch.rows)


def _matching(batch: ReviewBatch, wanted: Wanted) -> QuerySet[ReviewRow]:
    found = ReviewRow.objects.filter(batch=batch).exclude(label="")
    if wanted.label:
        found = found.filter(label=wanted.label)
    if wanted.min_confidence is not None:
        found = found.filter(confidence__gte=wanted.min_confidence)
    if wanted.max_confidence is not None:
        found = found.filter(confidence__lte=wanted.max_confidence)
    if wanted.q:
        found = found.filter(text__icontains=wanted.q)
    return found
