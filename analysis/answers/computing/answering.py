"""From a question to its computed answer, or to none if it isn't one that can be computed."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from analysis.answers.answer import Answer, Citation, Mode
from analysis.answers.computing import evaluating, grammar, saying, totals
from analysis.answers.computing.evaluating import Addend, Computed
from analysis.answers.computing.request import Request
from analysis.answers.computing.totals import Total
from analysis.answers.conversation import Thread
from analysis.search.hits import Filters

_BILLS = (("invoice",), ("receipt",))
_LISTED = 500  # addends that an answer lists


def answer(question: str, thread: Thread, *, documents: Sequence[UUID] = ()) -> Answer | None:
    """In the caller's scope; of `documents` alone if any are given."""
    request = requested(question, thread)
    if request is None:
        return None
    computed = evaluating.compute(request, documents=documents)
    if not computed.addends and _may_be_of_text(request):
        return None
    found, groups = totals.of(computed), totals.groups(computed)
    first = len(saying.result_of(computed, found))
    return Answer(
        Mode.COMPUTED,
        saying.text_of(computed, found, groups),
        [_citation(addend, first) for addend in computed.addends[:_LISTED]],
        computed=as_json(computed, found, groups),
    )


def _may_be_of_text(request: Request) -> bool:
    """Whether a question that no document answers by its fields may have been about texts: "the policy of Kraxi"."""
    is_open = not request.kinds and request.filters() == Filters()
    return is_open or request.aggregate == "vendors" or (request.aggregate == "list" and request.kinds not in _BILLS)


def requested(question: str, thread: Thread) -> Request | None:
    """What is to be computed; a question that leans on the one before takes over what that asked for."""
    before: Request | None = None
    for earlier in (*thread.questions, question):
        before = grammar.parse(earlier) or (grammar.follow(earlier, before) if before else None)
    return before


def _citation(addend: Addend, end: int) -> Citation:
    boxes = [{"page": addend.page, "box": addend.box}] if addend.page and addend.box else []
    return Citation(addend.document_id, addend.filename, addend.page or 1, boxes, addend.raw, 0, end)


def as_json(computed: Computed, found: Sequence[Total], groups: Sequence[Total]) -> dict[str, Any]:
    """Amounts as decimal strings, days as YYYY-MM-DD."""
    request = computed.request
    return {
        "aggregate": request.aggregate,
        "field": request.field,
        "kinds": list(request.kinds),
        "vendor": request.vendor,
        "since": request.since.isoformat() if request.since else None,
        "until": request.until.isoformat() if request.until else None,
        "conditions": [{"field": one.field, "op": one.op, "value": str(one.value)} for one in request.conditions],
        "currency": request.currency,
        "review": request.review,
        "group_by": request.group,
        "totals": [_total(one) for one in found],
        "groups": [_total(one) for one in groups],
        "addends": [_addend(one) for one in computed.addends[:_LISTED]],
        "addends_left_out": max(0, len(computed.addends) - _LISTED),
        "duplicates": computed.duplicates,
        "without_value": computed.without_value,
        "without_date": computed.without_date,
    }


def _total(total: Total) -> dict[str, Any]:
    return {
        "key": total.key,
        "currency": total.currency,
        "value": _text(total.value),
        "count": total.count,
        "unreviewed": {"count": total.unreviewed, "value": _text(total.unreviewed_value)},
    }


def _addend(addend: Addend) -> dict[str, Any]:
    ids = {"document_id": str(addend.document_id), "result_id": str(addend.result_id), "value": _text(addend.value)}
    return {name: getattr(addend, name) for name in addend.__slots__} | ids


def _text(value: Decimal | None) -> str | None:
    return None if value is None else f"{value:f}"
