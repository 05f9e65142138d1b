"""Takes a question apart into what is to be computed; strictly: a word that isn't understood makes it none.

Which vendors there are, the workspace says: an unknown name is a word that isn't understood.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from django.utils import timezone

from analysis.answers.computing import places, words
from analysis.answers.computing.request import Language, Request
from analysis.search.hits import Filters
from analysis.search.understanding import dated, understand

_FOLLOWS = re.compile(
    r"^\s*(?:and|und|what about|how about|was ist mit|wie sieht es aus mit|wie ist es mit|but|aber|then|dann|same)\b",
    re.I,
)
# A name that no document knows: capitalised words after those that lead to a vendor.
_NAMED = re.compile(
    r"(?<!\w)(?:of|from|by|von|vom|bei)\s+([A-ZÀ-ÖØ-Þ][\w.&'’-]*(?:\s+(?:&\s+)?[A-ZÀ-ÖØ-Þ][\w.&'’-]*){0,4})"
)
_KIND = {"invoice": "invoices", "receipt": "receipts", "insurance_policy": "policies", "insurance_claim": "claims"}
_FIELDS = {name: group for name, group in words.FIELDS.items() if name != "total"}
_TABLES: dict[str, Mapping[Any, tuple[str, ...]]] = {
    "group": words.GROUPS,
    "aggregate": words.AGGREGATES,
    "field": _FIELDS,
    "total": {"total": words.FIELDS["total"]},
    "kind": words.KINDS,
}
_PATTERNS = {
    table: {str(name): words.pattern(group) for name, group in entries.items()} for table, entries in _TABLES.items()
}
_CURRENCY = {code: words.pattern(group) for code, group in words.CURRENCIES.items()}
_SIGNS = {"€": "EUR", "£": "GBP", "$": "USD"}


def parse(question: str, *, today: date | None = None) -> Request | None:
    """The request that the question is, in the caller's scope; None if it isn't one, or not wholly understood."""
    group, aggregate, field, kind, rest = _taken(dated(question, today or timezone.localdate()))
    if not aggregate and not field:
        return None
    filters = filters_of(kind, rest, today)
    stranger = filters is None and bool(kind)
    if stranger:
        filters = _of_stranger(kind, rest, today)
    if filters is None or (aggregate == "count" and field is not None):
        return None
    if kind is None and not _narrows(filters):
        return None
    return Request(
        aggregate or "sum",  # type: ignore[arg-type]
        "" if aggregate == "count" else field or "total",
        (kind,) if kind else (),
        filters.vendor,
        filters.since,
        filters.until,
        filters.conditions,
        currency_of(question),
        group or "",  # type: ignore[arg-type]
        language_of(question),
        stranger,
    )


def follow(question: str, before: Request, *, today: date | None = None) -> Request | None:
    """The request before with what the question changes of it ("and in April?"); None if it changes nothing of it."""
    opened = _FOLLOWS.match(question)
    rest = question[opened.end() :] if opened else question
    group, aggregate, field, kind, rest = _taken(rest)
    filters = filters_of(kind, rest, today)
    changed = bool(group or aggregate or field or kind) or (filters is not None and _narrows(filters))
    if filters is None or not changed or not (opened or len(question.split()) <= 5):
        return None
    changes: dict[str, Any] = {
        "kinds": (kind,) if kind else None,
        "group": group,
        "vendor": filters.vendor,
        "conditions": filters.conditions,
        "currency": currency_of(question),
        "aggregate": aggregate or ("sum" if field and before.aggregate == "count" else None),
        "field": field,
    }
    request = replace(before, **{name: value for name, value in changes.items() if value})
    if filters.since or filters.until:  # a period may be open at one end
        request = replace(request, since=filters.since, until=filters.until)
    request = replace(request, stranger=before.stranger and not filters.vendor)
    return replace(request, field="" if request.aggregate == "count" else request.field or "total")


def currency_of(question: str) -> str:
    """The one that the question names, or ""."""
    for code, known in _CURRENCY.items():
        if known.search(question):
            return code
    return next((code for sign, code in _SIGNS.items() if sign in question), "")


def language_of(question: str) -> Language:
    found = re.findall(r"\w+", question.casefold())
    return "de" if sum(word in words.GERMAN for word in found) * 3 >= max(len(found), 1) else "en"


def _taken(text: str) -> tuple[str | None, str | None, str | None, str | None, str]:
    """Group, aggregate, field and kind, as far as they are named, and what is left."""
    group, rest = take("group", text)
    aggregate, rest = take("aggregate", rest)
    field, rest = take("field", rest)
    total, rest = take("total", rest)  # "total VAT" is the VAT
    kind, rest = take("kind", rest)
    return group, aggregate, field or total, kind, rest


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


def _narrows(filters: Filters) -> bool:
    return bool(filters.vendor or filters.since or filters.until or filters.conditions)


def filters_of(kind: str | None, rest: str, today: date | None) -> Filters | None:
    """What the rest of the words says of documents; None unless it says something with all of them."""
    bare = _without_idle(re.sub(r"[?!.]+\s*$", "", rest.strip()))
    if not bare:
        return Filters()
    # The kind in front, where it is looked for; anything else would be taken for words to search for.
    left, filters = understand(f"{_KIND.get(kind or '', 'invoices')} {bare}", today=today)
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
