"""Reads what is worked with: the latest result of each document that a request asks for, in one statement."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from analysis.answers.computing.request import DUE, Request
from analysis.models import Result
from analysis.search import filtering, vendors
from analysis.search.filtering import DATES
from analysis.search.hits import Filters
from documents import sql

_REVIEWED = {"none": "<>", "done": "="}
_READ = (
    "select r.id, r.document_id, d.filename, r.document_type, r.review_status, r.automatic, twin.document_id,"
    " (select jsonb_object_agg(f.name, jsonb_build_array(f.value #>> '{}', f.raw, f.page, f.box))::text"
    " from analysis_field f where f.result_id = r.id and f.name = any(%(shown)s))"
    " from analysis_result r join documents_document d on d.id = r.document_id"
    " left join analysis_result twin on twin.id = r.twin_id where "
)
_COUNT = (
    "select count(*) from analysis_result r where not exists"
    " (select from analysis_field f where f.result_id = r.id and f.name = any(%(shown)s)) and "
)


@dataclass(frozen=True, slots=True)
class Value:
    """A field's value as text, as it is printed, and where."""

    text: str
    raw: str
    page: int | None
    box: list[float] | None


@dataclass(frozen=True, slots=True)
class Found:
    """A document's latest result; `twin` is the document that its result says the same as, if there is one."""

    id: UUID
    document_id: UUID
    filename: str
    kind: str
    is_approved: bool
    automatic: bool
    twin: UUID | None
    fields: dict[str, Value]

    def text(self, names: Iterable[str]) -> str:
        """Of the first of these fields that it has."""
        return next((self.fields[name].text for name in names if name in self.fields), "")


def results(request: Request, filters: Filters) -> list[Found]:
    """All that hold what is asked for, in the caller's scope, the oldest first."""
    condition, values = _condition(request, filters)
    names = {request.field, "currency", DUE, *DATES, *vendors.FIELDS} - {""}
    return [
        _found(row) for row in sql.rows(f"{_READ}{condition} order by r.created_at, r.id", values | {"shown": [*names]})
    ]


def without(names: Sequence[str], request: Request, filters: Filters) -> int:
    """How many hold what is asked for and have none of these fields."""
    condition, values = _condition(request, filters)
    [(count,)] = sql.rows(_COUNT + condition, values | {"shown": list(names)})
    return int(count)


def _condition(request: Request, filters: Filters) -> tuple[str, dict[str, Any]]:
    condition, values = filtering.latest(filters)
    if request.review:
        condition += f" and r.review_status {_REVIEWED[request.review]} '{Result.ReviewStatus.APPROVED.value}'"
    return condition, values


def _found(row: Sequence[Any]) -> Found:
    id, document_id, filename, kind, status, automatic, twin, fields = row
    values = {name: Value(str(text or ""), *others) for name, (text, *others) in json.loads(fields or "{}").items()}
    approved = status == Result.ReviewStatus.APPROVED
    return Found(id, document_id, filename, kind, approved, automatic, twin, values)
