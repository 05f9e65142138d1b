"""Document types that operators define in the admin: checked definitions, and what workers know of them right now."""

import re
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, get_args

from django.db import connection

from analysis.document_types import DocumentType, FieldSpec, FieldType, built_in
from analysis.models import CustomType

FRESH_S = 3.0  # a definition that was saved by another process is known here after as long
FIELD_TYPES: tuple[FieldType, ...] = tuple(type_ for type_ in get_args(FieldType) if type_ != "taxes")
MOST_FIELDS, MOST_PHRASES = 60, 40
_WEIGHT = 2.0  # of a phrase: the operator's own types go before what built-in ones find in passing
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_RESERVED = frozenset({"line_items", "taxes", "document_type"})
_LONGEST = 200  # characters of a label, a hint or an example


@dataclass(slots=True)
class _Cache:
    """What was read last, and when by the monotonic clock; for all threads of a process."""

    types: dict[str, DocumentType] = field(default_factory=dict)
    read_at: float = float("-inf")


_cache = _Cache()


def current() -> dict[str, DocumentType]:
    """The operators' types by name, inactive ones included.

    Asks the database at most every `FRESH_S` seconds, and only within a transaction: views have one, and so have tasks
    that load or save. What runs without (an evaluation, a stage that computes) sees what was known last.
    """
    if connection.in_atomic_block and time.monotonic() - _cache.read_at > FRESH_S:
        refresh()
    return _cache.types


def refresh() -> None:
    """Reads all definitions anew. Types that stayed as they were stay the same objects, with what they worked out."""
    before = _cache.types
    made = {row.name: type_of(row) for row in CustomType.objects.all()}
    _cache.types = {name: before[name] if before.get(name) == kind else kind for name, kind in made.items()}
    _cache.read_at = time.monotonic()


def forget() -> None:
    """Empties what is known, so that the next to ask reads it anew."""
    _cache.types, _cache.read_at = {}, float("-inf")


def type_of(row: CustomType) -> DocumentType:
    """The document type that a stored definition stands for."""
    return DocumentType(
        name=row.name,
        label=row.label,
        fields={one["name"]: spec_of(one) for one in row.fields},
        evidence=dict.fromkeys(row.evidence, _WEIGHT),
        description=row.description,
        active=row.active,
    )


def spec_of(one: Mapping[str, Any]) -> FieldSpec:
    """A field of a stored definition."""
    return FieldSpec(
        one.get("type", "text"),
        one.get("label") or one["name"],
        required=bool(one.get("required")),
        hints=tuple(one.get("hints", ())),
        description=one.get("description", ""),
        examples=tuple(one.get("examples", ())),
    )


class Problem(NamedTuple):
    """What is wrong in a definition: at the cell of a field (its row from 0 and its key), or as a whole (None)."""

    row: int | None
    key: str
    detail: str


def name_problem(name: str) -> str:
    """Why the type can't be called so; empty if it can."""
    if not _NAME.fullmatch(name):
        return f"{name!r} can't be a name: use small letters, digits and _, beginning with a letter, 40 at most."
    if name in built_in():
        return f"{name} is a type that comes with the product; choose another name."
    return ""


def phrase_problems(phrases: Sequence[str]) -> list[str]:
    """What is wrong with the phrases that a type is told from others by."""
    problems = [f"“{phrase[:40]}…” is too long for a phrase." for phrase in phrases if len(phrase) > _LONGEST]
    problems += [f"“{phrase}” has no letters." for phrase in phrases if not any(map(str.isalnum, phrase))]
    if len(phrases) > MOST_PHRASES:
        problems.append(f"Give at most {MOST_PHRASES} phrases; a few that stand on every such document are best.")
    return problems


def field_problems(fields: Sequence[Mapping[str, Any]]) -> list[Problem]:
    """What is wrong with the fields of a definition, as they are stored."""
    problems = [problem for row, one in enumerate(fields) for problem in _of_field(row, one)]
    counts = Counter(one.get("name") for one in fields)
    for row, one in enumerate(fields):
        if counts[one.get("name")] > 1:
            problems.append(Problem(row, "name", f"There is another field called {one.get('name')}."))
    if not fields:
        problems.append(Problem(None, "", "Give at least one field: a type without fields finds nothing."))
    if len(fields) > MOST_FIELDS:
        problems.append(Problem(None, "", f"Give at most {MOST_FIELDS} fields."))
    return problems


def _of_field(row: int, one: Mapping[str, Any]) -> Iterator[Problem]:
    name = str(one.get("name", ""))
    if not _NAME.fullmatch(name):
        detail = "Use small letters, digits and _, beginning with a letter, 40 at most, such as net_weight."
        yield Problem(row, "name", detail)
    elif name in _RESERVED:
        yield Problem(row, "name", f"{name} means something else in every result; choose another name.")
    if one.get("type") not in FIELD_TYPES:
        yield Problem(row, "type", f"Choose one of {', '.join(FIELD_TYPES)}.")
    if not any(map(str.isalnum, str(one.get("label", "")))):
        yield Problem(row, "label", "Give the words that stand beside the value on the document.")
    yield from _of_texts(row, one)


def _of_texts(row: int, one: Mapping[str, Any]) -> Iterator[Problem]:
    for key in ("label", "hints", "examples"):
        given = one.get(key, "")
        texts = [given] if isinstance(given, str) else given
        if any(len(str(text)) > _LONGEST for text in texts):
            yield Problem(row, key, f"Give at most {_LONGEST} characters each.")
    if len(one.get("hints", ())) + len(one.get("examples", ())) > MOST_PHRASES:
        yield Problem(row, "hints", f"Give at most {MOST_PHRASES} wordings and examples together.")
