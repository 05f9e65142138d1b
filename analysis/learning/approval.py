"""Approval without a person: which results need none, which of them people see all the same, and what comes of it."""

import hashlib
import math
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation

import structlog
from django.conf import settings
from django.db import transaction
from prometheus_client import Counter

from analysis import document_types
from analysis.findings import Found
from analysis.learning.versions import SAMPLE, Reference
from analysis.models import Field, ModelVersion, Result
from documents import sniffing

log = structlog.get_logger(__name__)

APPROVED = Counter("vouch_results_automatic_total", "Results that passed the thresholds", ["outcome"])
SAMPLED = Counter("vouch_results_sampled_values_total", "Values of blind samples that people reviewed", ["outcome"])
WITHDRAWN = Counter("vouch_approvals_withdrawn_total", "Times that automatic approval switched itself off")

XML = "xml"  # the source of values that stand in an e-invoice's XML

_ALARM = 1_000.0  # reviewed values between false alarms, on average
_WORSE = 5  # times the promised share of mistakes: what is looked out for
_AMOUNTS = ("total", "amount_due", "premium")
_UNKNOWN_AMOUNT = Decimal(100)
_WITHOUT_CENTS = frozenset({"JPY", "KRW", "HUF", "IDR", "CLP", "VND", "ISK", "XOF", "XAF"})


def required(document_type: str) -> list[str]:
    """The fields that a document of this type can't do without."""
    known = document_types.all().get(document_type)
    return [name for name, spec in known.fields.items() if spec.required] if known else []


def passes(result: Result, fields: Mapping[str, Field], reference: Reference | None) -> bool:
    """Whether nobody has to look: clean checks, and required fields that an XML gives or that are sure enough.

    An e-invoice's XML needs no thresholds: its values are not estimated, and the checks compare them with the pages.
    """
    if not settings.APPROVAL_PRECISION or result.review_status != result.ReviewStatus.PENDING:
        return False
    if not result.validation.get("is_valid") or result.validation.get("issues"):
        return False
    names = required(result.document_type)
    found = [fields[name] for name in names if name in fields]
    if not found or len(found) < len(names):
        return False
    return is_exact(found, on_pages=result.document.media_type != sniffing.XML) or _are_sure(result, found, reference)


def is_exact(found: Iterable[Field | Found], *, on_pages: bool) -> bool:
    """Whether an XML gives all of them and, where there are pages beside it, some were found on these."""
    values = list(found)
    agree = not on_pages or any(one.page is not None for one in values)
    return agree and all(one.source == XML for one in values)


def _are_sure(result: Result, found: Iterable[Field], reference: Reference | None) -> bool:
    if reference is None or reference.name not in result.model_version.split("+"):
        return False
    thresholds = reference.thresholds.get(result.document_type, {})
    return all(one.source == XML or one.confidence >= thresholds.get(one.name, math.inf) for one in found)


def is_sampled(result: Result) -> bool:
    """Whether this one is of the blind sample; the same each time, and nothing that a person could guess."""
    digest = hashlib.sha256(f"{settings.SECRET_KEY}:{result.pk}".encode()).digest()
    return int.from_bytes(digest[:4]) % 10_000 < settings.APPROVAL_SAMPLE_PERCENT * 100


def worth(result: Result, fields: Mapping[str, Field]) -> float:
    """What a look at this result is worth: the amount at stake times the doubt, roughly in euros or dollars."""
    sure = math.prod(fields[name].confidence if name in fields else 0.0 for name in required(result.document_type))
    doubt = 1.0 if not result.validation.get("is_valid") else 1 - sure
    amount = next((abs(_decimal(fields[name].value)) for name in _AMOUNTS if name in fields), _UNKNOWN_AMOUNT)
    currency = str(fields["currency"].value) if "currency" in fields else ""
    return round(float(amount / (100 if currency in _WITHOUT_CENTS else 1)) * max(doubt, 0.001), 4)


def _decimal(value: object) -> Decimal:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return _UNKNOWN_AMOUNT
    return number if number.is_finite() else _UNKNOWN_AMOUNT


def count_sample(result: Result) -> None:
    """A person has approved a result of the blind sample: what they had to correct speaks against the promise.

    In that approval's transaction. If the promise is broken, automatic approval is off from here on.
    """
    wrong = {one.field for one in result.corrections.all() if one.old_value != one.new_value}
    with transaction.atomic():
        named = ModelVersion.objects.select_for_update(of=("self",)).filter(name__in=result.model_version.split("+"))
        version = named.first()
        if version is None or not settings.APPROVAL_PRECISION:
            return
        for name in required(result.document_type):
            _count(version, right=name not in wrong)
        version.save(update_fields=["metrics", "thresholds"])


def _count(version: ModelVersion, *, right: bool) -> None:
    """Adds a value, and withdraws the thresholds when the samples say that the promise is broken.

    A Shiryaev-Roberts statistic: the evidence, summed over all moments at which things may have turned, for five times
    the promised share of mistakes. While the promise is kept it stays below the alarm for `_ALARM` values on average,
    however long one looks; after a turn it needs a few mistakes.
    """
    SAMPLED.labels(outcome="right" if right else "wrong").inc()
    sample = {"right": 0, "wrong": 0, "evidence": 0.0} | version.metrics.get(SAMPLE, {})
    sample["right" if right else "wrong"] += 1
    allowed = 1 - settings.APPROVAL_PRECISION / 100
    bad = min(_WORSE * allowed, 0.5)
    sample["evidence"] = (sample["evidence"] + 1) * ((1 - bad) / (1 - allowed) if right else bad / allowed)
    version.metrics = version.metrics | {SAMPLE: sample}
    if sample["evidence"] >= _ALARM and version.thresholds:
        version.thresholds = {}
        WITHDRAWN.inc()
        log.error("automatic_approval_off", model=version.name, right=sample["right"], wrong=sample["wrong"])
