"""Computes a request over the latest result of each document: exact, by currency, each document once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from uuid import UUID

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from analysis.answers.computing.request import DUE, Request
from analysis.models import Field, Result
from analysis.search import filtering, vendors
from analysis.search.filtering import DATES
from analysis.search.hits import Filters
from documents.models import Document

PERSON, THRESHOLDS, NOBODY = "person", "thresholds", "none"


@dataclass(frozen=True, slots=True)
class Addend:
    """A document's part in it: the value (None for what is only counted), where it is printed, and who looked at it."""

    document_id: UUID
    result_id: UUID
    filename: str
    kind: str
    vendor: str
    date: str
    value: Decimal | None
    currency: str
    raw: str
    page: int | None
    box: list[float] | None
    review: str
    due_date: str = ""


@dataclass(slots=True)
class Computed:
    """The addends, the oldest first, and what was left out: twins of others, and documents without value or date."""

    request: Request
    addends: list[Addend] = field(default_factory=list)
    duplicates: int = 0
    without_value: int = 0
    without_date: int = 0


def compute(request: Request, *, documents: Sequence[UUID] = ()) -> Computed:
    """In the caller's scope; of `documents` alone if any are given."""
    filters = replace(request.filters(), documents=tuple(documents))
    results = list(results_of(request, filters))
    single = once(results)
    computed = Computed(request, duplicates=len(results) - len(single))
    for result in single:
        addend = _addend(result, request)
        if request.currency and addend.currency != request.currency:
            continue
        if (request.needs_value and addend.value is None) or (request.aggregate == "vendors" and not addend.vendor):
            computed.without_value += 1
        else:
            computed.addends.append(addend)
    computed.addends.sort(key=lambda one: (one.date, one.filename))
    if request.aggregate in ("latest", "earliest"):
        computed.addends = _at_the_end(computed.addends, last=request.aggregate == "latest")
    computed.without_date = _without_date(request, filters)
    return computed


def _at_the_end(addends: Sequence[Addend], *, last: bool) -> list[Addend]:
    """Those of the last day, or of the first."""
    days = [one.date for one in addends if one.date]
    day = (max if last else min)(days, default="")
    return [one for one in addends if day and one.date == day]


def results_of(request: Request, filters: Filters) -> QuerySet[Result]:
    """The latest of each document that holds what is asked for."""
    newer = Result.objects.filter(document=OuterRef("document"), created_at__gt=OuterRef("created_at"))
    found = Result.objects.filter(~Exists(newer))
    chosen = filtering.documents(filters)
    if chosen is not None:
        found = found.filter(document__in=chosen)
    if request.review:
        looked_at = Q(review_status=Result.ReviewStatus.APPROVED)
        found = found.filter(looked_at if request.review == "done" else ~looked_at)
    names = {request.field, "currency", DUE, *DATES, *vendors.FIELDS} - {""}
    fields = Prefetch("fields", Field.objects.filter(name__in=names))
    document = Prefetch("document", Document.objects.only("id", "filename"))
    return found.prefetch_related(fields, document).select_related("twin").order_by("created_at", "id")


def once(results: Sequence[Result]) -> list[Result]:
    """One of those that say the same: the one that was looked at, else the oldest."""
    leader = {result.document_id: result.document_id for result in results}

    def head(document_id: UUID) -> UUID:
        while leader[document_id] != document_id:
            document_id = leader[document_id]
        return document_id

    for result in results:
        if result.twin is not None and result.twin.document_id in leader:
            leader[head(result.document_id)] = head(result.twin.document_id)
    chosen: dict[UUID, Result] = {}
    for result in sorted(results, key=lambda one: one.review_status != Result.ReviewStatus.APPROVED):
        chosen.setdefault(head(result.document_id), result)
    return list(chosen.values())


def _addend(result: Result, request: Request) -> Addend:
    fields = {one.name: one for one in result.fields.all()}
    summed = fields.get(request.field)
    return Addend(
        result.document_id,
        result.id,
        result.document.filename,
        result.document_type,
        _text(fields, vendors.FIELDS),
        _text(fields, DATES),
        _number(summed),
        _text(fields, ("currency",)),
        summed.raw or str(summed.value) if summed else "",
        summed.page if summed else None,
        summed.box if summed else None,
        _review(result),
        _text(fields, (DUE,)),
    )


def _text(fields: dict[str, Field], names: Iterable[str]) -> str:
    return next((str(fields[name].value) for name in names if name in fields), "")


def _number(found: Field | None) -> Decimal | None:
    try:
        value = Decimal(str(found.value)) if found else None
    except InvalidOperation:
        return None
    return value if value is not None and value.is_finite() else None


def _review(result: Result) -> str:
    if result.review_status != Result.ReviewStatus.APPROVED:
        return NOBODY
    return THRESHOLDS if result.automatic else PERSON


def _without_date(request: Request, filters: Filters) -> int:
    """Documents that a period leaves out because nothing says when they are of, or due."""
    if not (request.since or request.until or request.by_due_date):
        return 0
    names = (DUE,) if request.by_due_date else DATES
    others = tuple(one for one in request.conditions if one.field != DUE)
    dated = Field.objects.filter(result=OuterRef("pk"), name__in=names)
    anytime = replace(filters, since=None, until=None, conditions=others)
    return results_of(request, anytime).filter(~Exists(dated)).count()
