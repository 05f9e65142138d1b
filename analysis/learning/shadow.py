"""Shadow runs: what a candidate would read in the documents of the last days, beside what the active model reads."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from analysis.evaluation.comparing import is_right
from analysis.findings import Extraction
from analysis.learned import Model
from analysis.learning import comparing, dataset
from analysis.models import Result
from documents import tenancy


@dataclass(slots=True)
class Difference:
    """Of one field: how many values are the same, changed, new or lost, and how many of both agree with people."""

    counts: Counter[str] = field(default_factory=Counter)
    vouched: int = 0  # values that a person approved
    active_right: int = 0
    candidate_right: int = 0


def results_since(days: int) -> list[tuple[UUID, UUID]]:
    """(workspace, result) of the documents that were read in the last days, but for those with an XML of their own."""
    since = timezone.now() - timedelta(days=days)
    found = []
    for workspace_id in dataset.workspaces_with_jobs():
        with tenancy.as_workspace(workspace_id):
            recent = Result.objects.filter(created_at__gte=since).exclude(fields__source="xml").order_by("pk")
            found += [(workspace_id, pk) for pk in recent.values_list("pk", flat=True).distinct()]
    return found


def compare(candidate: Model, active: Model, results: list[tuple[UUID, UUID]]) -> Iterator[dict[str, Difference]]:
    """For each document the differences by field, to be added up with `add`. Nothing is written."""
    for workspace_id, result_id in results:
        with tenancy.as_workspace(workspace_id):
            result = Result.objects.select_related("document").filter(pk=result_id).first()
            record = dataset.record_of(result) if result else None
            vouched = result is not None and dataset.reviewed().filter(pk=result_id).exists()
        if record is not None:
            yield _differences(candidate, active, record, vouched=vouched)


def _differences(candidate: Model, active: Model, record: dataset.Record, *, vouched: bool) -> dict[str, Difference]:
    pages, document_type = dataset.pages_of(record), record["document_type"]
    old, new = comparing.read(active, pages, document_type), comparing.read(candidate, pages, document_type)
    truths = {
        name: truth for one in dataset.examples([record] if vouched else []) for name, truth in one.fields.items()
    }
    return {
        f"{document_type}.{name}": _difference(name, old, new, truths.get(name))
        for name in sorted({*old.fields, *new.fields, *truths})
    }


def _difference(name: str, old: Extraction, new: Extraction, truth: str | None) -> Difference:
    before, after = (str(one.fields[name].value) if name in one.fields else None for one in (old, new))
    if before is None and after is None:
        kind = "missing"
    else:
        kind = "same" if before == after else "new" if before is None else "lost" if after is None else "changed"
    if truth is None:
        return Difference(Counter([kind]))
    rights = [value is not None and is_right(name, truth, value) for value in (before, after)]
    return Difference(Counter([kind]), 1, *rights)


def add(total: dict[str, Difference], more: dict[str, Difference]) -> None:
    for name, one in more.items():
        kept = total.setdefault(name, Difference())
        kept.counts += one.counts
        kept.vouched += one.vouched
        kept.active_right += one.active_right
        kept.candidate_right += one.candidate_right
