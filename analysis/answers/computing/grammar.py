"""Takes a question apart into what is to be computed; strictly: a word that isn't understood makes it none.

Which vendors there are, the workspace says: an unknown name is a word that isn't understood.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.utils import timezone

from analysis.answers.computing import limits, places, words
from analysis.answers.computing.request import DUE, Language, Request
from analysis.search.hits import Condition, Filters
from analysis.search.understanding import dated, understand

_FOLLOWS = re.compile(
    r"^\s*(?:and|und|what about|how about|was ist mit|wie sieht es aus mit|wie ist es mit|but|aber|then|dann|same)\b",
    re.I,
)
# A name that no document knows: capitalised words after those that lead to a vendor.
_NAMED = re.compile(
    r"(?<!\w)(?:of|from|by|von|vom|bei)\s+([A-ZÀ-ÖØ-Þ][\w.&'’-]*(?:\s+(?:&\s+)?[A-ZÀ-ÖØ-Þ][\w.&'’-]*){0,4})"
)
# One of them, for a year behind several is a period, and behind one its number.
_KIND = {"receipt": "receipt", "insurance_policy": "insurance policy", "insurance_claim": "insurance claim"}
_FIELDS = {name: group for name, group in words.FIELDS.items() if name != "total"}
_TABLES: dict[str, Mapping[Any, tuple[str, ...]]] = {
    "group": words.GROUPS,
    "aggregate": words.AGGREGATES,
    "field": _FIELDS,
    "total": {"total": words.FIELDS["total"]},
    "kind": words.KINDS,
    "review": words.REVIEWS,
    "due": words.DUE,
    "vendors": {"vendors": words.VENDORS},
}
_PATTERNS = {
    table: {str(name): words.pattern(group) for name, group in entries.items()} for table, entries in _TABLES.items()
}
_BEFORE_KIND = (
    rf"\s+(?=(?:{'|'.join(map(re.escape, (word for group in words.KINDS.values() for word in group)))})(?!\w))"
)
_PATTERNS["order"] = {
    name: re.compile(words.pattern(group).pattern + _BEFORE_KIND, re.I) for name, group in words.ORDERS.items()
}
_CURRENCY = {code: words.pattern(group) for code, group in words.CURRENCIES.items()}
_SIGNS = {"€": "EUR", "£": "GBP", "$": "USD"}
_BILLS = ("invoice", "receipt")
_LISTING, _PLURAL, _SPENT = map(words.pattern, (words.LISTING, words.PLURALS, words.SPENT))
_OURS, _DOING = map(words.pattern, (words.OURS, words.DOING))


@dataclass(slots=True)
class _Taken:
    """What a question names of the tables' entries, and what is left of it."""

    rest: str
    group: str | None = None
    aggregate: str | None = None
    field: str | None = None
    kind: str | None = None
    review: str | None = None
    due: str | None = None
    limit: int = 1

    @property
    def changes(self) -> bool:
        return bool(self.group or self.aggregate or self.field or self.kind or self.review or self.due)


def parse(question: str, *, today: date | None = None) -> Request | None:
    """The request that the question is, in the caller's scope; None if it isn't one, or not wholly understood."""
    today = today or timezone.localdate()
    taken = _taken(dated(question, today))
    if taken.kind is None and not (taken.aggregate or taken.field):
        return None
    filters = _filters(taken, today)
    stranger = filters is None and bool(taken.kind) and (taken.kind in _BILLS or bool(taken.aggregate or taken.field))
    if stranger:
        filters = _of_stranger(taken.kind, taken.rest, today)
    if filters is None or not _says_which(question, taken, filters):
        return None
    aggregate = taken.aggregate or ("sum" if taken.field else "list")
    return Request(
        aggregate,  # type: ignore[arg-type]
        _field(aggregate, taken),
        (taken.kind,) if taken.kind else (),
        filters.vendor,
        filters.since,
        filters.until,
        filters.conditions,
        currency_of(question),
        "vendor" if aggregate == "vendors" else taken.group or "",  # type: ignore[arg-type]
        language_of(question),
        stranger,
        taken.review or "",  # type: ignore[arg-type]
        taken.limit,
    )


def follow(question: str, before: Request, *, today: date | None = None) -> Request | None:
    """The request before with what the question changes of it ("and in April?"); None if it changes nothing of it."""
    today = today or timezone.localdate()
    opened = _FOLLOWS.match(question)
    taken = _taken(dated(question[opened.end() :] if opened else question, today))
    filters = _filters(taken, today)
    if filters is None or not (taken.changes or _narrows(filters)) or not (opened or len(question.split()) <= 5):
        return None
    changes: dict[str, Any] = {
        "kinds": (taken.kind,) if taken.kind else None,
        "group": taken.group,
        "vendor": filters.vendor,
        "conditions": filters.conditions,
        "currency": currency_of(question),
        "aggregate": taken.aggregate or ("sum" if taken.field and not before.needs_value else None),
        "field": taken.field,
        "review": taken.review,
    }
    request = replace(before, **{name: value for name, value in changes.items() if value})
    if filters.since or filters.until:  # a period may be open at one end
        request = replace(request, since=filters.since, until=filters.until)
    request = replace(request, stranger=before.stranger and not filters.vendor)
    return replace(request, field="" if request.counts else request.field or "total")


def _says_which(question: str, taken: _Taken, filters: Filters) -> bool:
    """Whether it is said of which documents something is asked, so that "What is VAT?" is no question for their sum."""
    if taken.aggregate == "count" and taken.field:
        return False
    if _narrows(filters) or taken.review or taken.aggregate == "vendors":
        return True
    if taken.group:
        return True
    if taken.kind is None:
        return bool(taken.aggregate and _SPENT.search(question) and _OURS.search(question))
    if taken.aggregate or taken.field:
        return True
    return bool(_LISTING.search(question) and _PLURAL.search(question) and not _DOING.search(question))


def _field(aggregate: str, taken: _Taken) -> str:
    if aggregate in ("count", "vendors"):
        return ""
    return taken.field or ("premium" if taken.kind == "insurance_policy" else "total")


def currency_of(question: str) -> str:
    """The one that the question names, or ""."""
    for code, known in _CURRENCY.items():
        if known.search(question):
            return code
    return next((code for sign, code in _SIGNS.items() if sign in question), "")


def language_of(question: str) -> Language:
    found = re.findall(r"\w+", question.casefold())
    return "de" if sum(word in words.GERMAN for word in found) * 3 >= max(len(found), 1) else "en"


def _taken(text: str) -> _Taken:
    """As far as they are named; "total VAT" is the VAT."""
    limit, is_top, rest = limits.take(text)
    group, rest = take("group", rest)
    order, rest = take("order", rest)
    aggregate, rest = take("aggregate", rest)
    aggregate = aggregate or ("maximum" if is_top else None)
    field, rest = take("field", rest)
    total, rest = take("total", rest)
    kind, rest = take("kind", rest)
    review, rest = take("review", rest)
    due, rest = take("due", rest)
    if kind is None and aggregate in (None, "count"):
        vendors, rest = take("vendors", rest)
        aggregate = vendors or aggregate
    return _Taken(rest, group, order or aggregate, field or total, kind, review, due, limit)


def take(table: str, text: str) -> tuple[str | None, str]:
    """The name of the table for which the text has the longest word, and the text without it."""
    found: tuple[int, int, str] | None = None
    for name, known in _PATTERNS[table].items():
        match = known.search(text)
        if match and (found is None or match.end() - match.start() > found[1] - found[0]):
            found = (match.start(), match.end(), str(name))
    if found is None:
        return None, text
    start, end, name = found
    return name, f"{text[:start]} {text[end:]}"


def _filters(taken: _Taken, today: date) -> Filters | None:
    """What the rest says of documents; None unless all of it does. When they are due is said by their due date."""
    filters = filters_of(taken.kind, taken.rest, today)
    if filters is None or taken.due is None:
        return filters
    days: list[Condition] = []
    if taken.due == "overdue":
        days.append(Condition(DUE, "<", today))
    if filters.since:
        days.append(Condition(DUE, ">=", filters.since))
    if filters.until:
        days.append(Condition(DUE, "<=", filters.until))
    days = days or [Condition(DUE, "<=", today)]
    return replace(filters, since=None, until=None, conditions=(*filters.conditions, *days))


def _narrows(filters: Filters) -> bool:
    return bool(filters.vendor or filters.since or filters.until or filters.conditions)


def filters_of(kind: str | None, rest: str, today: date | None) -> Filters | None:
    """What the rest of the words says of documents; None unless it says something with all of them."""
    bare = _without_idle(re.sub(r"[?!.]+\s*$", "", rest.strip()))
    if not _unknown(bare):  # nothing but a currency
        return Filters()
    # The kind in front, where it is looked for; anything else would be taken for words to search for.
    left, filters = understand(f"{_KIND.get(kind or '', 'invoice')} {bare}", today=today)
    if _unknown(left) or not filters.by_fields:
        return None
    return replace(filters, kinds=())


def _of_stranger(kind: str | None, rest: str, today: date | None) -> Filters | None:
    """The filters of a question that is understood but for the name of a vendor, whom no document is of."""
    found = _NAMED.search(rest)
    if found is None:
        return None
    filters = filters_of(kind, f"{rest[: found.start()]} {rest[found.end() :]}", today)
    # A name that begins with a known one may be two vendors: one of them alone would be wrong.
    if filters is None or filters.vendor or _narrows(filters_of(kind, found[0], today) or Filters()):
        return None
    name = found[1].rstrip(".,")
    return None if places.is_place(name) else replace(filters, vendor=name)


def _without_idle(text: str) -> str:
    """Without words at the beginning that say nothing, but for those that lead to a vendor or a period."""
    found = text.split()
    while found and found[0].casefold().strip(",;:") in words.IDLE and not _leads(found):
        found.pop(0)
    return "" if all(word.casefold().strip(",;:?!.") in words.IDLE for word in found) else " ".join(found)


def _leads(found: list[str]) -> bool:
    return len(found) > 1 and found[1].casefold() not in words.IDLE


def _unknown(left: str) -> bool:
    known = [*_CURRENCY.values()]
    for one in known:
        left = one.sub(" ", left)
    return any(
        word not in words.IDLE and any(map(str.isalnum, word)) for word in re.findall(r"[^\s,;:?!.]+", left.casefold())
    )
