"""What a batch shows while it is worked on and after: statistics, a page of rows, the rows that were refused."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.db.models import QuerySet

from analysis.models.reviews import ReviewBatch, ReviewRow
from analysis.reviews import statistics, store
from analysis.reviews.statistics import Counts
from analysis.reviews.tables import ROWS_PER_PART

MOST_REFUSED = 100  # that are listed on a page
REFUSED = "refused"  # asked for like a label
_MANY_PARTS = 100


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rows: all conditions hold together. The label REFUSED asks for those that have none."""

    label: str = ""
    min_confidence: float | None = None
    max_confidence: float | None = None
    q: str = ""


ALL = Wanted()


def page(batch: ReviewBatch, wanted: Wanted, *, after: int = 0, limit: int = 50) -> tuple[list[ReviewRow], int | None]:
    """The next rows behind number `after` in the order of the file, and the number to go on after; None at the end.

    Those that were refused come only if they are asked for.
    """
    found = matching(batch, wanted)
    if not wanted.label:
        found = found.exclude(label="")
    return _cut(found, after, limit)


def refused(
    batch: ReviewBatch, told: Mapping[str, Any], *, after: int = 0, limit: int = MOST_REFUSED
) -> tuple[list[ReviewRow], int | None]:
    """The same of rows without a label. `told` is statistics_of(batch): where it has none, none is looked for."""
    if not told["refused"]:
        return [], None
    return _cut(matching(batch, Wanted(REFUSED)), after, limit)


def matching(batch: ReviewBatch, wanted: Wanted) -> QuerySet[ReviewRow]:
    """In no order. Without conditions all rows, the refused ones too."""
    found = ReviewRow.objects.filter(batch=batch)
    if wanted.label:
        found = found.filter(label="" if wanted.label == REFUSED else wanted.label)
    if wanted.min_confidence is not None:
        found = found.filter(confidence__gte=wanted.min_confidence)
    if wanted.max_confidence is not None:
        found = found.filter(confidence__lte=wanted.max_confidence)
    if wanted.q:
        found = found.filter(text__icontains=wanted.q)
    return found


def statistics_of(batch: ReviewBatch) -> dict[str, Any]:
    """As the API shows them: of what was judged so far; of a large file, of what was judged some seconds ago."""
    return statistics.shown(batch.statistics or _so_far(batch), batch.rows)


def _so_far(batch: ReviewBatch) -> Counts:
    """A thousand parts take a second to add up: that is done once for all who look, each second for a hundred parts."""
    parts = (batch.rows or 0) // ROWS_PER_PART
    if parts < _MANY_PARTS:
        return store.counted(batch)
    key = f"reviews:{batch.pk}"
    found: Counts | None = cache.get(key)
    if found is None:
        found = store.counted(batch)
        cache.set(key, found, timeout=parts // _MANY_PARTS)
    return found


def _cut(found: QuerySet[ReviewRow], after: int, limit: int) -> tuple[list[ReviewRow], int | None]:
    rows = list(found.filter(row__gt=after).order_by("row")[: limit + 1])
    return rows[:limit], rows[limit - 1].row if len(rows) > limit else None
