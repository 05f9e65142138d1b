"""The screen on which a person checks a result: its values to type over, those in doubt first, and what others did."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.forms import BoundField
from django.http import QueryDict

from analysis import document_types, review
from analysis.admin_forms import LineFormSet, RowFormSet, TaxFormSet, ValuesForm, shown
from analysis.models import Correction, Field, Result
from analysis.presenting import fields as presenting
from analysis.presenting.fields import ShownField, label_of
from analysis.presenting.verdicts import ShownIssue, issues, verdict
from analysis.results import LINE_ITEMS
from documents import sniffing
from documents.models import Page, User

TAXES = "taxes"
_LINES, _TAXES = "lines", "taxes"  # the forms' prefixes


class Forms(NamedTuple):
    """All that can be typed. `taxes` is None for a document type without them."""

    values: ValuesForm
    lines: RowFormSet
    taxes: RowFormSet | None

    @property
    def tables(self) -> list[RowFormSet]:
        return [self.lines] if self.taxes is None else [self.lines, self.taxes]


@dataclass(frozen=True, slots=True)
class Entry:
    """A value on the screen: its input, how it was read (None: it was not found), what the checks say of it."""

    name: str
    field: BoundField
    found: ShownField | None
    issues: list[ShownIssue]

    @property
    def in_doubt(self) -> bool:
        return bool(self.issues) or bool(self.found and self.found.sureness.tone == "warning")


@dataclass(frozen=True, slots=True)
class Moved:
    """What somebody else changed while the page was open; `typed` is what the person here had typed over it."""

    label: str
    now: str
    by: Correction | None
    typed: str


def forms_of(result: Result, data: QueryDict | None = None) -> Forms:
    """The forms for a result as it is kept, or as a person sent them."""
    kept = _kept(result)
    specs = document_types.known(result.document_type).fields
    types = {name: spec.type for name, spec in specs.items()}
    labels = {name: spec.label for name, spec in specs.items()}
    values = ValuesForm(types, labels, kept | {LINE_ITEMS: _digest(result)}, version=result.version, data=data)
    taxes = TaxFormSet(data, prefix=_TAXES, rows=kept.get(TAXES) or []) if "taxes" in types.values() else None
    return Forms(values, LineFormSet(data, prefix=_LINES, rows=result.line_items), taxes)


def _kept(result: Result) -> dict[str, Any]:
    return {field.name: field.value for field in result.fields.all()}


def _digest(result: Result) -> str:
    text = json.dumps(result.line_items, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def save(result_id: UUID, forms: Forms, *, user: User, approve: bool) -> tuple[Result | None, list[str]]:
    """Writes what was retyped, and approves if asked to. The result (None: errors stand in the forms) and what changed.

    Raises PreconditionFailed if somebody else was faster, InvalidInput.
    """
    readable = [forms.values.is_valid(), *(table.is_valid() for table in forms.tables)]
    changes = forms.values.changes()
    if not all(readable) or forms.values.errors:
        return None, []
    if forms.taxes is not None and forms.taxes.typed():
        changes[TAXES] = [{part: row[part] for part in ("rate", "base", "tax")} for row in forms.taxes.kept_rows()]
    lines = forms.lines.kept_rows() if forms.lines.typed() else None
    with transaction.atomic():
        version = forms.values.cleaned_data["version"]
        result = review.correct(result_id, changes, lines, user=user, expected_version=version)
        if approve:
            result = review.approve(result_id, user=user, expected_version=result.version)
    return result, [label_of(name) for name in (*changes, *([LINE_ITEMS] if lines is not None else []))]


def merged(result: Result, data: QueryDict) -> tuple[Forms, list[Moved]]:
    """After a lost race: the result as it is now with what this person typed on top, and what others had changed."""
    sent = forms_of(result, data)
    before, now = sent.values.base_values, _kept(result)
    typed = sent.values.typed()
    data = data.copy()
    moved = []
    for name, field in sent.values.values():
        current = shown(sent.values.types[name], now.get(name))
        if before.get(name) != now.get(name):
            moved.append(_moved(result, name, current, field.data if name in typed else ""))
        if name not in typed:
            data[field.html_name] = current
    moved += _tables_moved(result, sent, data)
    fresh = forms_of(result)
    data["version"], data["base"] = str(result.version), json.dumps(fresh.values.initial["base"])
    return forms_of(result, data), moved


def _tables_moved(result: Result, sent: Forms, data: QueryDict) -> list[Moved]:
    """Tables that this person did not touch are shown as they are now; those they did stay as typed."""
    before, fresh = sent.values.base_values, forms_of(result)
    moved = []
    tables = [
        (LINE_ITEMS, sent.lines, fresh.lines, _digest(result)),
        (TAXES, sent.taxes, fresh.taxes, _kept(result).get(TAXES)),
    ]
    for name, table, current, kept in tables:
        if table is None or current is None:
            continue
        typed = table.typed()
        if before.get(name) != kept:
            moved.append(_moved(result, name, f"{len(current.forms)} rows", "your rows" if typed else ""))
        if not typed:
            _replace(data, current)
    return moved


def _replace(data: QueryDict, table: RowFormSet) -> None:
    for key in [key for key in data if key.startswith(f"{table.prefix}-")]:
        del data[key]
    count = len(table.forms)
    data.update({f"{table.prefix}-TOTAL_FORMS": str(count), f"{table.prefix}-INITIAL_FORMS": str(count)})
    data.update({form.add_prefix("origin"): json.dumps(form.initial["origin"]) for form in table.forms})


def _moved(result: Result, name: str, now: str, typed: str | None) -> Moved:
    by = result.corrections.filter(field=name).select_related("user").order_by("-id").first()
    return Moved(label_of(name), now, by, typed or "")


def screen(result: Result, forms: Forms) -> dict[str, Any]:
    """What the template shows: entries (those in doubt first), pages with boxes, verdict, issues, story."""
    found_issues = issues(result)
    entries = _entries(result, forms.values, found_issues)
    pages = _pages(result)
    return {
        "forms": forms,
        "doubtful": [entry for entry in entries if entry.in_doubt],
        "plain": [entry for entry in entries if not entry.in_doubt],
        "lines_issues": _about(found_issues, LINE_ITEMS),
        "taxes_issues": _about(found_issues, TAXES),
        "pages": pages,
        "markdown": "" if pages else result.document.markdown,
        "verdict": verdict(result),
        "issues": found_issues,
        "corrections": _story(result),
    }


def _entries(result: Result, form: ValuesForm, found_issues: list[ShownIssue]) -> list[Entry]:
    found: dict[str, Field] = {field.name: field for field in result.fields.all()}
    return [
        Entry(name, field, presenting.shown(found[name]) if name in found else None, _about(found_issues, name))
        for name, field in form.values()
    ]


def _about(found: list[ShownIssue], name: str) -> list[ShownIssue]:
    return [issue for issue in found if any(name == about for about, _ in issue.fields)]


def _pages(result: Result) -> list[Page]:
    """The pages that can be drawn, or say why not, each with its boxes; none for a document that has no page images."""
    document = result.document
    if document.media_type != sniffing.PDF and document.media_type not in sniffing.IMAGES:
        return []
    pages = [page for page in document.pages.defer("words", "markdown") if (page.width and page.height) or page.error]
    boxes = presenting.boxes(result, pages)
    for page in pages:
        page.boxes = boxes.get(page.number, [])  # type: ignore[attr-defined]
    return pages


def _story(result: Result) -> list[dict[str, Any]]:
    """The corrections, the latest first, in words."""
    types = review.field_types(result.document_type)
    corrections = result.corrections.select_related("user").order_by("-id")
    return [
        {
            "correction": correction,
            "label": label_of(correction.field),
            "old": in_words(types.get(correction.field, ""), correction.old_value),
            "new": in_words(types.get(correction.field, ""), correction.new_value),
        }
        for correction in corrections
    ]


def in_words(type_: str, value: Any) -> str:
    if isinstance(value, list):
        return f"{len(value)} row{'' if len(value) == 1 else 's'}"
    return shown(type_, value) or "nothing"


def load(result_id: UUID | str) -> Result:
    """A result with all that its screen shows. Raises Result.DoesNotExist."""
    rows = Result.objects.select_related("document", "workspace", "approved_by")
    return rows.prefetch_related("fields").get(pk=result_id)


def following(result: Result | None) -> Result | None:
    """The next result that nobody has looked at: the most valuable after this one, or from the start again."""
    waiting = Result.objects.filter(review_status=Result.ReviewStatus.PENDING).only("id")
    waiting = waiting.order_by("-worth", "created_at", "id")
    if result is None:
        return waiting.first()
    others = waiting.exclude(pk=result.pk)
    after = Q(worth__lt=result.worth) | Q(worth=result.worth, created_at__gte=result.created_at)
    return others.filter(after).first() or others.first()
