"""Habits: what a correction taught about a vendor is used for the vendor's next document, and can be taken back.

A lesson is one of
- `{"kind": "constant", "value", "was"}`: what is the same on all documents of the vendor (its name, its tax id);
- `{"kind": "absent", "was"}`: what was read there is not that field;
- `{"kind": "place", …}`: where a value stands that changes (`analysis.learning.places`);
each with `known`, what the vendor's documents are known by (`analysis.learning.vendors`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import structlog
from django.db.models import F, Q
from rapidfuzz import fuzz

from analysis import document_types
from analysis.findings import Extraction, Found
from analysis.learning import places
from analysis.learning.printed import find
from analysis.learning.vendors import NAMES, Identity
from analysis.models import Correction, Habit, Result
from analysis.rules.languages import plain
from analysis.rules.layout import Row, rows_of
from documents.pages import Box, PageReading

log = structlog.get_logger(__name__)

USED = "habits"  # in an extraction's `extra`: the ids of the habits that gave its values
_MOST = 5_000  # habits of one workspace, the latest
_FIRST, _LAST = 3, 2  # pages of a document that are looked at, from both ends
_CONSTANT = 0.98
_ALIKE = 85  # of 100: a text that was misread twice
_CONSTANT_TYPES = frozenset({"currency", "iban", "tax_id"})
_CONSTANT_FIELDS = frozenset({*NAMES, "address"})
_UNTAUGHT = frozenset({"taxes", "boolean"})  # types that have no single place
_READ_AS = {"number": "amount"}


@dataclass(frozen=True, slots=True)
class Lesson:
    """A habit as workers use it, without the database."""

    id: int
    document_type: str
    field: str
    known: Identity
    content: Mapping[str, Any]

    @classmethod
    def of(cls, habit: Habit) -> "Lesson":
        known = Identity.from_json(habit.lesson["known"])
        return cls(habit.pk, habit.document_type, habit.field, known, habit.lesson)


def learn(correction: Correction, page: int | None = None, box: Box | None = None) -> Habit | None:
    """Keeps what the correction teaches, and retires what it contradicts; None if it teaches nothing.

    In the correction's transaction, after the new value was written. `page` and `box`: where the person said it stands.
    """
    result = correction.result
    type_ = _type_of(result.document_type, correction.field)
    if type_ is None or correction.old_source == "xml":
        return None
    pages = _pages_of(result, page)
    rows = rows_of(pages)
    values = _as_read(result)
    known = Identity.of(values, pages)
    if correction.field in NAMES and isinstance(correction.new_value, str):
        known = known.also_named([correction.new_value])
    _retire(correction, known, rows)
    content = _content(correction, type_, rows, page, box)
    if content is None or not known.label:
        return None
    return Habit.objects.create(
        workspace_id=result.workspace_id,
        correction=correction,
        document_type=result.document_type,
        vendor=known.label[:200],
        field=correction.field,
        lesson=content | {"known": known.as_json()},
    )


def take_back(correction: Correction) -> None:
    """What the correction taught is used no more."""
    Habit.objects.filter(correction=correction).update(active=False)


def load(workspace_id: UUID) -> tuple[Lesson, ...]:
    """The workspace's habits that are in use, the latest first."""
    return tuple(map(Lesson.of, Habit.objects.filter(workspace_id=workspace_id, active=True)[:_MOST]))


def apply(extraction: Extraction, pages: Sequence[PageReading], habits: Sequence[Lesson]) -> Extraction:
    """The extraction with what the habits know of its vendor; their ids are in `extra["habits"]`.

    The vendor's name comes first: what was learned since then knows the vendor by its right name. Of several habits
    for a field the latest that gives a value counts.
    """
    mine = [one for one in habits if one.document_type == extraction.document_type]
    if not mine:
        return extraction
    pages = _ends(pages)
    rows = rows_of(pages)
    known = Identity.of({name: found.value for name, found in extraction.fields.items()}, pages)
    for turn in (True, False):
        found = _found([one for one in mine if (one.field in NAMES) is turn], extraction, known, rows)
        known = known.also_named(str(value.value) for _, name, value in found if name in NAMES and value)
        extraction = _with(extraction, found)
    return extraction


def count_use(extraction: Extraction) -> None:
    """Counts the document for the habits that were applied to it."""
    if ids := extraction.extra.get(USED):
        Habit.objects.filter(pk__in=ids).update(used=F("used") + 1)


def _found(
    lessons: Iterable[Lesson], extraction: Extraction, known: Identity, rows: Sequence[Row]
) -> list[tuple[int, str, Found | None]]:
    """(habit, field, value); a value of None takes the field away."""
    given: dict[str, tuple[int, str, Found | None]] = {}
    for lesson in lessons:
        if lesson.field in given or not lesson.known.is_same(known):
            continue
        gives, value = _outcome(lesson.field, lesson.content, extraction.fields.get(lesson.field), rows)
        if gives:
            given[lesson.field] = lesson.id, lesson.field, value
    return list(given.values())


def _with(extraction: Extraction, given: Sequence[tuple[int, str, Found | None]]) -> Extraction:
    if not given:
        return extraction
    fields, candidates = dict(extraction.fields), dict(extraction.candidates)
    for _, name, value in given:
        if value is None:
            fields.pop(name, None)
            candidates.pop(name, None)
            continue
        fields[name] = _confirmed(fields.get(name), value)
        others = (one for one in candidates.get(name, ()) if one.value != value.value)
        candidates[name] = (fields[name], *others)
    used = [*extraction.extra.get(USED, []), *(habit for habit, _, _ in given)]
    return replace(extraction, fields=fields, candidates=candidates, extra=extraction.extra | {USED: used})


def _confirmed(read: Found | None, learned: Found) -> Found:
    """The learned value; where the same was read anyway, that reading, with the doubts of both multiplied."""
    if read is None or read.value != learned.value:
        return learned
    sure = min(1 - (1 - read.confidence) * (1 - learned.confidence), 0.999)
    return replace(read, confidence=max(read.confidence, sure))


def _outcome(
    field: str, content: Mapping[str, Any], read: Found | None, rows: Sequence[Row]
) -> tuple[bool, Found | None]:
    """Whether the lesson has something to say of this document, and the value."""
    if content["kind"] == "absent":
        return read is not None and read.value == content["was"], None
    if content["kind"] == "place":
        value = places.read(rows, dict(content))
        return value is not None, value
    if not _holds(field, content, read, rows):
        return False, None
    spot = next(iter(find(rows, "text", content["value"])), None)
    if spot is not None:
        return True, replace(spot.found(_CONSTANT), value=content["value"])
    place = read or Found("")
    return True, Found(content["value"], place.raw, place.page, place.box, _CONSTANT, "learned")


def _holds(field: str, content: Mapping[str, Any], read: Found | None, rows: Sequence[Row]) -> bool:
    """Whether a constant may take the place of what was read.

    A vendor has one name. All else could have changed: another IBAN, correctly read, is not to be overwritten. So it
    must be the misreading that was corrected, once more; or nothing was read, and the page shows the constant.
    """
    if field in NAMES:
        return True
    if read is None:
        return content["was"] is None or bool(find(rows, "text", content["value"]))
    if field in _CONSTANT_FIELDS:
        seen = plain(str(read.value))
        return any(fuzz.ratio(seen, plain(str(content[name] or ""))) >= _ALIKE for name in ("was", "value"))
    return bool(read.value == content["was"] or read.value == content["value"])


def _content(
    correction: Correction, type_: str, rows: Sequence[Row], page: int | None, box: Box | None
) -> dict[str, Any] | None:
    constant = correction.field in _CONSTANT_FIELDS or type_ in _CONSTANT_TYPES
    value, was = correction.new_value, correction.old_value
    if value is None:
        return {"kind": "absent", "was": was} if constant else None
    if constant:
        return {"kind": "constant", "value": value, "was": was}
    return places.learn(rows, type_, value, page, box)


def _retire(correction: Correction, known: Identity, rows: Sequence[Row]) -> None:
    """Habits of the same vendor and field that would give something else for this document."""
    same = Habit.objects.filter(
        workspace_id=correction.workspace_id,
        document_type=correction.result.document_type,
        field=correction.field,
        active=True,
    )
    was = Found(correction.old_value) if correction.old_value is not None else None
    for habit in same:
        lesson = Lesson.of(habit)
        gives, value = _outcome(lesson.field, lesson.content, was, rows)
        if gives and (value.value if value else None) != correction.new_value and lesson.known.is_same(known):
            habit.active = False
            habit.save(update_fields=["active"])
            log.info("habit_retired", habit=habit.pk, correction=correction.pk)


def _as_read(result: Result) -> dict[str, Any]:
    """The values as the engines read them: before the first correction of each."""
    values = {field.name: field.value for field in result.fields.all()}
    for correction in result.corrections.order_by("-id"):
        values[correction.field] = correction.old_value
    return values


def _type_of(document_type: str, field: str) -> str | None:
    """The field's type; None for what can't be learned from one correction."""
    known = document_types.all().get(document_type)
    spec = known.fields.get(field) if known else None
    return None if spec is None or spec.type in _UNTAUGHT else _READ_AS.get(spec.type, spec.type)


def _pages_of(result: Result, page: int | None) -> list[PageReading]:
    """The first and last pages, as `apply` will see them, and the page that the person pointed at."""
    count = result.document.page_count or 0
    chosen = Q(number__lte=_FIRST) | Q(number__gt=count - _LAST) | Q(number=page or 1)
    return [row.reading() for row in result.document.pages.filter(chosen)]


def _ends(pages: Sequence[PageReading]) -> list[PageReading]:
    return [page for at, page in enumerate(pages) if at < _FIRST or at >= len(pages) - _LAST]
