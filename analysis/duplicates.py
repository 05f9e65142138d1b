"""Duplicates by meaning, and IBANs that changed: what a result has in common with others of its workspace.

Two twins that are analysed at the same time can't miss each other: what a result is known by is committed when its
fields are, and looked for later, when they are checked. Corrections write and look at once, so they take a lock.
"""

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from django.db import connection, models
from django.db.models import Func, QuerySet

from analysis.checks.values import amount, text
from analysis.findings import Extraction, Issue, Validation
from analysis.models import Field, Result
from analysis.rules.addresses import has_company_form
from analysis.rules.languages import plain

# What makes two documents of a type the same; on receipts numbers are often missing or misread.
_SAME = {"invoice": ("vendor", "invoice_number", "total"), "receipt": ("vendor", "date", "total")}
TELLING = ("invoice_number", "date", "total")
NEAR = 14  # bits of 64 by which the pictures of one page may differ; those of unrelated pages differ by 32
_MOST_NEAR = 20  # pages that look alike are often of one vendor's form, and compared by their values
_AGREEING = 2  # documents of a vendor that must have an IBAN before it is trusted without anybody's approval


@dataclass(frozen=True, slots=True)
class Account:
    """An IBAN that a vendor's document gave, and whether a person has approved that."""

    iban: str
    document_id: UUID
    filename: str
    approved: bool


def meaning_of(extraction: Extraction) -> str:
    """A hash of what makes the document the same as another; empty where some of it is unknown."""
    names = _SAME.get(extraction.document_type, ())
    parts = [_normal(name, extraction) for name in names]
    if not parts or not all(parts):
        return ""
    return hashlib.sha256("\0".join((extraction.document_type, *parts)).encode()).hexdigest()


def _normal(name: str, extraction: Extraction) -> str:
    if name == "total":
        value = amount(extraction, name)
        return "" if value is None else format(value, ".2f")
    return issuer_of(extraction) if name == "vendor" else plain(text(extraction, name))


def issuer_of(extraction: Extraction) -> str:
    """The vendor's name without case, accents, punctuation and legal form; empty if unknown."""
    words = text(extraction, "vendor").split()
    while len(words) > 1 and has_company_form(words[-1]):
        words.pop()
    return plain(" ".join(words))[:200]


def identify(result: Result, extraction: Extraction) -> None:
    """Sets what the result is known by; the caller saves it."""
    result.meaning, result.issuer = meaning_of(extraction), issuer_of(extraction)
    result.picture = extraction.extra.get("picture")


def examined(result: Result, extraction: Extraction, validation: Validation, *, alone: bool = False) -> Validation:
    """The validation with what other results of the workspace say, and `result.twin` set; the caller saves it.

    `alone`: what the result is known by was changed in this transaction, and others must not look for it meanwhile.
    """
    if result.meaning:
        _lock(result, exclusive=alone)
    result.twin = _same_meaning(result, extraction) or _same_picture(result, extraction)
    issues = [_duplicate(result.twin, extraction)] if result.twin else []
    changed = changed_iban(text(extraction, "iban"), _accounts(result))
    return replace(validation, issues=[*validation.issues, *issues, *([changed] if changed else [])])


def _lock(result: Result, *, exclusive: bool) -> None:
    """Until the end of the transaction. Checks share it: those saved together can't block each other."""
    function = "pg_advisory_xact_lock" if exclusive else "pg_advisory_xact_lock_shared"
    with connection.cursor() as cursor:
        cursor.execute(f"select {function}(hashtextextended(%s, 0))", [f"{result.workspace_id}:{result.meaning}"])


def _others(result: Result) -> QuerySet[Result]:
    """Results of the workspace's other documents, but for its own parts or what it is a part of; the oldest first."""
    others = Result.objects.filter(workspace_id=result.workspace_id).exclude(document_id=result.document_id)
    others = others.exclude(document__parent=result.document_id).exclude(document__parts=result.document_id)
    return others.order_by("created_at", "id").select_related("document")


def _same_meaning(result: Result, extraction: Extraction) -> Result | None:
    if not result.meaning:
        return None
    same = list(_others(result).filter(meaning=result.meaning)[:_MOST_NEAR])
    return next((one for one in same if _agree(extraction, _telling(same)[one.pk], ("invoice_number",))), None)


def _same_picture(result: Result, extraction: Extraction) -> Result | None:
    """A photograph of what looks like the same page, on which the total and all else that was read are the same."""
    if result.picture is None or amount(extraction, "total") is None:
        return None
    distance = Func(
        models.F("picture"),
        models.Value(result.picture, output_field=models.BigIntegerField()),
        template="bit_count((%(expressions)s)::bit(64))",
        arg_joiner=" # ",
        output_field=models.BigIntegerField(),
    )
    alike = _others(result).filter(picture__isnull=False).annotate(distance=distance).filter(distance__lte=NEAR)
    near = list(alike.order_by("distance")[:_MOST_NEAR])
    values = _telling(near)
    return next((one for one in near if is_same_page(extraction, values[one.pk])), None)


def is_same_page(extraction: Extraction, other: Mapping[str, str]) -> bool:
    """Whether what was read of two pages that look alike says that they are one: the total, and a date or number."""
    agreeing = [name for name in TELLING if other.get(name) and _plain_value(name, extraction) == other[name]]
    return "total" in agreeing and len(agreeing) > 1 and _agree(extraction, other, TELLING)


def _agree(extraction: Extraction, other: Mapping[str, str], names: Sequence[str]) -> bool:
    """Whether none of the values contradict each other; what is unknown doesn't."""
    pairs = [(_plain_value(name, extraction), other.get(name, "")) for name in names]
    return all(mine == theirs for mine, theirs in pairs if mine and theirs)


def telling(extraction: Extraction) -> dict[str, str]:
    """The values that tell one document from another, as they are compared."""
    return {name: value for name in TELLING if (value := _plain_value(name, extraction))}


def _plain_value(name: str, extraction: Extraction) -> str:
    return plain(text(extraction, name))


def _telling(results: Sequence[Result]) -> Mapping[UUID, Mapping[str, str]]:
    """The values that tell one document from another, by result."""
    found: dict[UUID, dict[str, str]] = defaultdict(dict)
    for field in Field.objects.filter(result__in=results, name__in=TELLING):
        found[field.result_id][field.name] = plain(str(field.value))
    return found


def _duplicate(twin: Result, extraction: Extraction) -> Issue:
    names = _SAME.get(extraction.document_type, TELLING)
    fields = tuple(name for name in names if name in extraction.fields)
    detail = (
        f"This seems to be {twin.document.filename} once more, sent on {twin.document.created_at:%Y-%m-%d}; "
        "make sure that it isn't paid or booked twice."
    )
    return Issue("duplicate", detail, fields, severity="warning")


def _accounts(result: Result) -> list[Account]:
    """The IBANs on other documents of the same issuer, the oldest first."""
    if not result.issuer:
        return []
    same = {"result__workspace_id": result.workspace_id, "result__issuer": result.issuer, "name": "iban"}
    found = Field.objects.filter(**same).exclude(result__document_id=result.document_id)
    columns = ("value", "result__document_id", "result__document__filename", "confirmed")
    confirmed = models.Q(result__review_status=Result.ReviewStatus.APPROVED, result__automatic=False)
    rows = found.annotate(confirmed=confirmed).order_by("result__created_at", "id").values_list(*columns)
    return [Account(str(iban), pk, name, approved) for iban, pk, name, approved in rows]


def changed_iban(iban: str, earlier: Sequence[Account]) -> Issue | None:
    """A warning if the vendor had another account so far: one that was approved, or on which several agree."""
    documents: dict[str, set[UUID]] = defaultdict(set)
    for one in earlier:
        documents[one.iban].add(one.document_id)
    trusted = [one for one in earlier if one.approved or len(documents[one.iban]) >= _AGREEING]
    if not iban or not trusted or any(one.iban == iban for one in trusted):
        return None
    known = trusted[-1]
    detail = (
        f"The IBAN {iban} is not the one that this vendor had before, {known.iban} (as on {known.filename}); "
        "ask the vendor, by a way that you know, before you pay."
    )
    return Issue("iban_changed", detail, ("iban",), severity="warning")
