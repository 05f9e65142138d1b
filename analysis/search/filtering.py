"""Which documents hold what is asked for, by the latest result of each."""

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from analysis.search import vendors
from analysis.search.hits import Condition, Filters
from analysis.search.lexical import MINE
from documents import sql

# What stands for a document's date, by its type.
DATES = ("date", "effective_date")

_LATEST = (
    f"r.{MINE} and not exists (select 1 from analysis_result n where n.document_id = r.document_id"
    " and n.created_at > r.created_at)"
)
_VALUE = "(f.value #>> '{}')"
# Values are whatever was read or typed: what is no number, or no date, holds no condition on one.
_NUMBER = f"(case when {_VALUE} ~ '^-?[0-9]+([.][0-9]+)?$' then {_VALUE}::numeric end)"
_DATE = f"(case when {_VALUE} ~ '^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}$' then {_VALUE} collate \"C\" end)"
_FIELD = (
    " and exists (select 1 from analysis_field f where f.result_id = r.id and f.name = any(%({names})s) and {test})"
)
_INSURER = (
    "exists (select 1 from analysis_field f where f.result_id = r.id and f.name = 'insurer' and r.issuer = ''"
    " and f.value #>> '{}' = any(%(insurers)s))"
)
_OPERATORS = {"=", "<", "<=", ">", ">="}


def documents(filters: Filters) -> list[UUID] | None:
    """The documents that are searched; None for all of the scope's."""
    if not filters.by_fields:
        return list(filters.documents) or None
    condition, values = latest(filters)
    query = f"select r.document_id from analysis_result r where {condition}"
    return [document_id for (document_id,) in sql.rows(query, values)]


def latest(filters: Filters) -> tuple[str, dict[str, Any]]:
    """A condition on `analysis_result r`: the latest of each document that holds what is asked for; and its values."""
    query, values = _LATEST, dict[str, Any]()
    if filters.kinds:
        query, values = f"{query} and r.document_type = any(%(kinds)s)", {"kinds": list(filters.kinds)}
    if filters.documents:
        query, values = f"{query} and r.document_id = any(%(documents)s)", values | {"documents": [*filters.documents]}
    if filters.vendor:
        vendor, issued = vendors.called(filters.vendor), "r.issuer = any(%(issuers)s) and r.issuer <> ''"
        query += f" and ({issued} or {_INSURER})" if vendor.insurers else f" and {issued}"
        values |= {"issuers": list(vendor.issuers)}
        values |= {"insurers": list(vendor.insurers)} if vendor.insurers else {}
    for number, (names, test, value) in enumerate(_tests(filters)):
        query += _FIELD.format(names=f"names{number}", test=test.replace("{value}", f"%(value{number})s"))
        values |= {f"names{number}": list(names), f"value{number}": value}
    return query, values


def numbers(found: list[UUID]) -> NDArray[np.int64]:
    """Of the passages of these documents, ascending."""
    query = f"select number from analysis_chunk where {MINE} and document_id = any(%(documents)s) order by number"
    return np.array([number for (number,) in sql.rows(query, {"documents": found})], np.int64)


def _tests(filters: Filters) -> list[tuple[tuple[str, ...], str, str]]:
    """(names of fields, condition in SQL with a place for the value, value)."""
    tests: list[tuple[tuple[str, ...], str, str]] = []
    if filters.since:
        tests.append((DATES, f"{_DATE} >= {{value}}::text", filters.since.isoformat()))
    if filters.until:
        tests.append((DATES, f"{_DATE} <= {{value}}::text", filters.until.isoformat()))
    return tests + [_of(condition) for condition in filters.conditions]


def _of(condition: Condition) -> tuple[tuple[str, ...], str, str]:
    if condition.op not in _OPERATORS:
        raise ValueError(f"{condition.op} is no operator.")
    names = (condition.field,)
    if isinstance(condition.value, Decimal):
        return names, f"{_NUMBER} {condition.op} {{value}}::numeric", str(condition.value)
    if isinstance(condition.value, date):
        return names, f"{_DATE} {condition.op} {{value}}::text", condition.value.isoformat()
    return names, f"lower({_VALUE}) {condition.op} {{value}}::text", condition.value.lower()
