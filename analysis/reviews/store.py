"""Batches in the database. All of it runs in the caller's transaction and scope."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from analysis.models.reviews import ReviewBatch, ReviewCorrection, ReviewPart, ReviewRow
from analysis.reviews import statistics
from analysis.reviews.judging import Judged
from analysis.reviews.records import Record
from analysis.reviews.statistics import Counts
from analysis.reviews.tables import ROWS_PER_PART, Layout, Table, unpack
from documents import sql

_AT_ONCE = 50  # parts that one statement writes

# COPY is closed to roles that row-level security holds; arrays are as good.
_INSERT = """
with written as (
    insert into analysis_reviewrow
        (workspace_id, batch_id, row, text, label, confidence, language, code, detail, corrected)
    select %(workspace)s::uuid, %(batch)s::uuid, one.* from unnest(
        %(rows)s::int[], %(texts)s::text[], %(labels)s::text[], %(confidences)s::float8[], %(languages)s::text[],
        %(codes)s::text[], %(details)s::text[], %(corrected)s::bool[]
    ) one
    returning 1
) select count(*) from written
"""


def layout_of(batch: ReviewBatch) -> Layout:
    return Layout(**batch.layout)


def put_table(batch: ReviewBatch, table: Table) -> None:
    """The rows of a file, in parts that wait for their verdicts. Replaces what an earlier reading put there."""
    batch.rows, batch.layout, batch.statistics = table.rows, asdict(table.layout), {}
    batch.save(update_fields=["rows", "layout", "statistics"])
    batch.parts.all().delete()
    ReviewRow.objects.filter(batch=batch).delete()
    parts = (
        ReviewPart(workspace_id=batch.workspace_id, batch=batch, part=number, rows=rows)
        for number, rows in enumerate(table.parts)
    )
    ReviewPart.objects.bulk_create(parts, batch_size=_AT_ONCE)


def put_verdicts(part: ReviewPart, records: Sequence[Record], judged: Sequence[Judged]) -> None:
    """The verdicts on a part's rows, in place of earlier ones; what people said of these rows holds."""
    first = first_row(part.part)
    said = _corrections(part.batch_id, first)
    final = [said.get(first + place, one) for place, one in enumerate(judged)]
    ReviewRow.objects.filter(batch=part.batch_id, row__gte=first, row__lt=first + ROWS_PER_PART).delete()
    written = sql.rows(_INSERT, _arrays(part, first, final, set(said)))[0][0]
    assert written == len(records), f"{len(records)} rows in, {written} written"
    _count(part, records, final)


def put_verdict(batch: ReviewBatch, row: ReviewRow, judged: Judged, *, corrected: bool) -> None:
    """Another verdict on one row; statistics follow."""
    row.text, row.label, row.confidence, row.language = judged.text, judged.label, judged.confidence, judged.language
    row.code, row.detail, row.corrected = judged.code, judged.detail, corrected
    row.save(update_fields=["text", "label", "confidence", "language", "code", "detail", "corrected"])
    _recount(batch, row.row)


def record_of(batch: ReviewBatch, row: int) -> Record:
    """A row as it came in."""
    return unpack(bytes(_part_of(batch, row).rows))[(row - 1) % ROWS_PER_PART]


def _part_of(batch: ReviewBatch, row: int) -> ReviewPart:
    return batch.parts.get(part=(row - 1) // ROWS_PER_PART)


def _recount(batch: ReviewBatch, row: int) -> None:
    """After a row was corrected: its part's statistics, and the batch's if they stand already."""
    part = _part_of(batch, row)
    before = part.statistics
    first = first_row(part.part)
    rows = ReviewRow.objects.filter(batch=batch, row__gte=first, row__lt=first + ROWS_PER_PART).order_by("row")
    judged = [Judged(one.text, one.label, one.confidence, one.language, one.code, one.detail) for one in rows]
    _count(part, unpack(bytes(part.rows)), judged)
    if batch.statistics:
        batch.statistics = statistics.moved(batch.statistics, before, part.statistics)
        batch.save(update_fields=["statistics"])


def counted(batch: ReviewBatch) -> Counts:
    """The sum of what was judged so far."""
    return statistics.added(batch.parts.exclude(statistics={}).order_by().values_list("statistics", flat=True))


def finish(batch: ReviewBatch) -> Counts:
    """Sums up, and makes sure that no row was lost: rows in are rows classified and rows refused."""
    counts = counted(batch)
    classified = sum(counts["labels"].values())
    accounted = classified + counts["refused"]
    assert accounted == batch.rows, f"{batch.rows} rows in, {classified} classified, {counts['refused']} refused"
    batch.statistics = counts
    batch.save(update_fields=["statistics"])
    return counts


def first_row(part: int) -> int:
    return part * ROWS_PER_PART + 1


def _count(part: ReviewPart, records: Iterable[Record], judged: Iterable[Judged]) -> None:
    layout = layout_of(part.batch)
    pairs = zip(records, judged, strict=True)
    rows = ((record.cells, one.label, one.confidence, one.language) for record, one in pairs)
    part.statistics = statistics.count(layout, rows)
    part.save(update_fields=["statistics"])


def _corrections(batch_id: UUID, first: int) -> dict[int, Judged]:
    """What people said last of the rows of a part."""
    said = ReviewCorrection.objects.filter(batch=batch_id, row__gte=first, row__lt=first + ROWS_PER_PART)
    return {one.row: Judged(one.text, one.new, 1.0, one.language) for one in said.order_by("created_at")}


def _arrays(part: ReviewPart, first: int, judged: Sequence[Judged], corrected: set[int]) -> Mapping[str, Any]:
    rows = range(first, first + len(judged))
    return {
        "workspace": part.workspace_id,
        "batch": part.batch_id,
        "rows": list(rows),
        "texts": [one.text for one in judged],
        "labels": [one.label for one in judged],
        "confidences": [one.confidence for one in judged],
        "languages": [one.language for one in judged],
        "codes": [one.code for one in judged],
        "details": [one.detail for one in judged],
        "corrected": [row in corrected for row in rows],
    }
