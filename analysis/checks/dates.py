"""Dates that can be: due after the invoice, neither far in the future nor from another age."""

import datetime as dt

from analysis.checks.values import date
from analysis.findings import Extraction, Issue

_OLDEST = dt.date(1990, 1, 1)
_AHEAD = dt.timedelta(days=60)
_LONGEST_TERM = dt.timedelta(days=366)


def check(extraction: Extraction) -> list[Issue]:
    """Warnings for dates that are hard to believe, an error for one that can't be read."""
    issues = [issue for name in ("date", "due_date") for issue in _unreadable(extraction, name)]
    issued, due = date(extraction, "date"), date(extraction, "due_date")
    if issued:
        issues += _issued(issued)
    if issued and due:
        issues += _due(issued, due)
    return issues


def _unreadable(extraction: Extraction, name: str) -> list[Issue]:
    if name not in extraction.fields or date(extraction, name):
        return []
    return [Issue("invalid_date", f"{extraction.fields[name].value} is no date; write it as YYYY-MM-DD.", (name,))]


def _issued(issued: dt.date) -> list[Issue]:
    if issued < _OLDEST:
        return [_doubtful("date_too_old", f"The date {issued} is implausibly old; compare it with the page.", "date")]
    if issued > dt.date.today() + _AHEAD:
        return [
            _doubtful("date_in_future", f"The date {issued} lies far in the future; compare it with the page.", "date")
        ]
    return []


def _due(issued: dt.date, due: dt.date) -> list[Issue]:
    if due < issued:
        detail = f"The due date {due} is before the date {issued}; compare both with the page."
        return [_doubtful("due_before_date", detail, "date", "due_date")]
    if due - issued > _LONGEST_TERM:
        detail = f"The due date {due} is more than a year after the date {issued}; compare both with the page."
        return [_doubtful("due_far_away", detail, "date", "due_date")]
    return []


def _doubtful(code: str, detail: str, *fields: str) -> Issue:
    return Issue(code, detail, fields, severity="warning")
