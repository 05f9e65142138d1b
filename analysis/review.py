"""What people do to a result: correct it, approve it, take a correction back."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from analysis import checks, document_types, duplicates, results, values
from analysis.findings import Found, Value
from analysis.learning import approval, habits, versions
from analysis.models import Correction, Field, Result
from analysis.results import LINE_ITEMS
from documents.errors import Conflict, InvalidInput, PreconditionFailed
from documents.models import User
from documents.pages import Box
from jobs.webhooks import payloads, queueing


@dataclass(frozen=True, slots=True)
class Change:
    """A new value and where it stands. What is None stays as it was read: a misreading has its place, too."""

    value: Value | None
    raw: str | None = None
    page: int | None = None
    box: Box | None = None


def correct(
    result_id: UUID | str,
    changes: Mapping[str, Value | Change | None],
    line_items: Sequence[dict[str, Any]] | None = None,
    *,
    user: User,
    expected_version: int,
) -> Result:
    """Writes the changed values (None or an empty text removes a field) and, unless None, all line items; checks anew.

    A correction row for each thing that really changed; if none did, the result stays as it is, version and all.

    Raises Result.DoesNotExist, PreconditionFailed `version_mismatch`, InvalidInput `unknown_field` or `invalid_value`.
    """
    with transaction.atomic():
        result = _locked(result_id, expected_version)
        _require_type(result)
        wanted = _normalised(result, changes)
        lines = None if line_items is None else _normalised_lines(result, line_items)
        made = {name: _change_field(result, name, change, user) for name, change in wanted.items()}
        rewritten = _change_lines(result, lines, user)
        if rewritten or any(made.values()):
            _corrected(result)
        for name, correction in made.items():
            if correction is not None:
                habits.learn(correction, wanted[name].page, wanted[name].box)
    return result


def approve(result_id: UUID | str, *, user: User, expected_version: int) -> Result:
    """`pending|corrected -> approved`, by whom and when. Approving twice changes nothing. Raises as `correct` does."""
    with transaction.atomic():
        result = _locked(result_id, expected_version)
        if result.review_status != Result.ReviewStatus.APPROVED:
            if result.automatic and result.sampled:
                approval.count_sample(result)
            result.automatic, result.review_status = False, Result.ReviewStatus.APPROVED
            result.approved_by, result.approved_at = user, timezone.now()
            result.version += 1
            result.save()
            _tell("result.approved", result)
    return result


def settle(result: Result) -> None:
    """After the checks of a new reading: what a look at it is worth, and its approval where nobody has to look.

    One of the blind sample waits as if it had not passed. In the transaction of the checks.
    """
    fields = {field.name: field for field in result.fields.all()}
    result.worth = approval.worth(result, fields)
    result.automatic = approval.passes(result, fields, versions.active())
    result.sampled = result.automatic and approval.is_sampled(result)
    if result.automatic:
        approval.APPROVED.labels(outcome="sampled" if result.sampled else "approved").inc()
    if result.automatic and not result.sampled:
        result.review_status, result.approved_at = Result.ReviewStatus.APPROVED, timezone.now()
        result.version += 1
        _tell("result.approved", result)
    result.save()


def revert(result_id: UUID | str, correction_id: int, *, user: User) -> Result:
    """Puts back what a correction replaced, as a correction of its own: nothing is erased from the story.

    Raises Result.DoesNotExist, Correction.DoesNotExist.
    """
    with transaction.atomic():
        result = Result.objects.select_for_update(of=("self",)).get(pk=result_id)
        old = result.corrections.get(pk=correction_id)
        _require_type(result)
        if old.field == LINE_ITEMS:
            made = _change_lines(result, old.old_value, user)
        else:
            source = old.old_source or "person"
            made = _change_field(result, old.field, Change(old.old_value), user, source=source) is not None
        habits.take_back(old)
        if made:
            _corrected(result)
    return result


def _locked(result_id: UUID | str, expected_version: int) -> Result:
    result = Result.objects.select_for_update(of=("self",)).get(pk=result_id)
    if result.version != expected_version:
        raise PreconditionFailed(
            "version_mismatch",
            f"The result was changed meanwhile (version {result.version}, not {expected_version}). "
            "Load it again and repeat your change.",
        )
    return result


def _require_type(result: Result) -> None:
    if result.document_type not in document_types.all():
        raise Conflict(
            "unknown_document_type",
            f"There is no document type {result.document_type} any more, so nothing can be checked. "
            "Define it again in the admin, or analyse the document again as another kind.",
        )


def _normalised(result: Result, changes: Mapping[str, Value | Change | None]) -> dict[str, Change]:
    """The changes with their values normalised; InvalidInput names all that are wrong."""
    types = field_types(result.document_type)
    if unknown := sorted(set(changes) - set(types)):
        raise InvalidInput(
            "unknown_field",
            f"A document of the type {result.document_type} has no {', '.join(unknown)}; "
            f"it can have {', '.join(types) or 'no fields'}.",
        )
    wanted, wrong = {}, []
    for name, given in changes.items():
        change = given if isinstance(given, Change) else Change(given)
        try:
            value = values.normalise(types[name], change.value)
        except values.Unusable as error:
            wrong.append(f"{name}: {error}")
            continue
        wanted[name] = Change(value, change.raw, change.page, change.box)
    if wrong:
        raise InvalidInput("invalid_value", " ".join(wrong))
    return wanted


def field_types(document_type: str) -> dict[str, str]:
    """Field name -> type, by the document type's schema; empty for a type that is no more."""
    return {name: field.type for name, field in document_types.known(document_type).fields.items()}


def _normalised_lines(result: Result, given: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Lines as they are kept. A line that is as it was keeps its origin; another one is the person's. Empty ones go."""
    before = result.line_items
    lines = []
    for number, item in enumerate(given, start=1):
        try:
            found = values.line_item(item)
        except values.Unusable as error:
            raise InvalidInput("invalid_value", f"Line item {number}: {error}") from None
        if any(found.values()):
            same = next((old for old in before if all(old.get(name) == found[name] for name in found)), None)
            place = {"page": item.get("page"), "box": item.get("box"), "confidence": 1.0, "source": "person"}
            lines.append(same or found | place)
    return lines


def _change_field(result: Result, name: str, change: Change, user: User, source: str = "person") -> Correction | None:
    """Updates, adds or removes the field, with its correction row; None if that is how it is already."""
    field = result.fields.filter(name=name).first()
    was = field.value if field else None
    if was == change.value and not _moves(field, change):
        return None
    correction = _log(result, name, was, change.value, field.source if field else "", user)
    if change.value is None:
        assert field is not None
        field.delete()
    else:
        _write_field(field or results.field_of(result, name, Found(change.value)), change, source)
    return correction


def _moves(field: Field | None, change: Change) -> bool:
    """Whether the change says that the same value stands elsewhere."""
    if field is None or change.value is None:
        return False
    given = {"raw": change.raw, "page": change.page, "box": list(change.box) if change.box else None}
    return any(value is not None and getattr(field, name) != value for name, value in given.items())


def _write_field(field: Field, change: Change, source: str) -> None:
    assert change.value is not None
    field.value, field.source, field.confidence = change.value, source, 1.0
    field.raw = field.raw if change.raw is None else change.raw
    if change.page is not None or change.box is not None:
        field.page = change.page or field.page
        field.box = list(change.box) if change.box else None
    field.save()


def _change_lines(result: Result, lines: list[dict[str, Any]] | None, user: User) -> bool:
    if lines is None or lines == result.line_items:
        return False
    _log(result, LINE_ITEMS, result.line_items, lines, "", user)
    result.line_items = lines
    return True


def _log(result: Result, field: str, old: Any, new: Any, old_source: str, user: User) -> Correction:
    return Correction.objects.create(
        workspace_id=result.workspace_id,
        result=result,
        field=field,
        old_value=old,
        new_value=new,
        old_source=old_source,
        user=user,
    )


def _corrected(result: Result) -> None:
    """The result's own row after its values changed: checks, status, version."""
    found = results.extraction_of(result)
    duplicates.identify(result, found)
    result.save(update_fields=["meaning", "issuer"])
    result.validation = asdict(duplicates.examined(result, found, checks.validate(found), alone=True))
    result.review_status = Result.ReviewStatus.CORRECTED
    result.approved_by, result.approved_at = None, None
    result.automatic = result.automatic and result.sampled  # a sample is counted once it is approved
    result.version += 1
    result.save()
    _tell("result.corrected", result)


def _tell(type_: str, result: Result) -> None:
    """What webhooks say of it; the values themselves are asked for by whoever may see them."""
    data = {
        "result_id": str(result.pk),
        "job_id": str(result.job_id),
        "document_id": str(result.document_id),
        "workspace_id": str(result.workspace_id),
        "document_type": result.document_type,
        "review_status": str(result.review_status),
        "is_valid": result.validation["is_valid"],
        "version": result.version,
        "result_url": f"/api/v1/results/{result.pk}",
    }
    told = payloads.body(type_, timezone.now(), **data)
    queueing.tell_of_result(result.job_id, result.workspace_id, result.version, told)
