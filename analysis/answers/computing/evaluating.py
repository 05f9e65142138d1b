"""Computes a request over the latest result of each document: exact, by currency, each document once."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from uuid import UUID

from analysis.answers.computing import reading
from analysis.answers.computing.reading import Found, Value
from analysis.answers.computing.request import DUE, Request
from analysis.search import vendors
from analysis.search.filtering import DATES
from analysis.search.hits import Filters

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
    results = reading.results(request, filters)
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
        computed.addends = _at_the_end(computed.addends, request)
    computed.without_date = _without_date(request, filters)
    return computed


def _at_the_end(addends: Sequence[Addend], request: Request) -> list[Addend]:
    """Those of the last days or of the first, as many as are asked for, and all of each day."""
    ordered = sorted((one.date for one in addends if one.date), reverse=request.aggregate == "latest")
    days = ordered[: request.limit]
    return [one for one in addends if one.date in days]


def once(results: Sequence[Found]) -> list[Found]:
    """One of those that say the same: the one that was looked at, else the oldest."""
    leader = {result.document_id: result.document_id for result in results}

    def head(document_id: UUID) -> UUID:
        while leader[document_id] != document_id:
            document_id = leader[document_id]
        return document_id

    for result in results:
        if result.twin in leader:
            leader[head(result.document_id)] = head(result.twin)
    chosen: dict[UUID, Found] = {}
    for result in sorted(results, key=lambda one: not one.is_approved):
        chosen.setdefault(head(result.document_id), result)
    return list(chosen.values())


def _addend(result: Found, request: Request) -> Addend:
    summed = result.fields.get(request.field)
    return Addend(
        result.document_id,
        result.id,
        result.filename,
        result.kind,
        result.text(vendors.FIELDS),
        result.text(DATES),
        _number(summed),
        result.text(("currency",)),
        summed.raw or summed.text if summed else "",
        summed.page if summed else None,
        summed.box if summed else None,
        _review(result),
        result.text((DUE,)),
    )


def _number(found: Value | None) -> Decimal | None:
    try:
        value = Decimal(found.text) if found else None
    except InvalidOperation:
        return None
    return value if value is not None and value.is_finite() else None


def _review(result: Found) -> str:
    if not result.is_approved:
        return NOBODY
    return THRESHOLDS if result.automatic else PERSON


def _without_date(request: Request, filters: Filters) -> int:
    """Documents that a period leaves out because nothing says when they are of, or due."""
    if not (request.since or request.until or request.by_due_date):
        return 0
    names = (DUE,) if request.by_due_date else DATES
    others = tuple(one for one in request.conditions if one.field != DUE)
    return reading.without(names, request, replace(filters, since=None, until=None, conditions=others))
