"""Document types: what a kind holds and how it is told from others; each file here with a `TYPE` adds one."""

import importlib
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

from analysis.findings import Extraction, Issue
from analysis.rules.labels import Phrases
from analysis.rules.layout import Row, rows_of
from documents.pages import PageReading

FieldType = Literal["text", "date", "amount", "currency", "iban", "tax_id", "taxes"]

OTHER = "other"  # what no type has evidence for
_LOOK_AT = 3  # pages from the start
_ENOUGH = 1.0  # evidence below which a document is of no known type
_TITLE_ROWS = 25  # a phrase among the first rows counts in full, further down half


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One field: type, English label for people, and words to find it by beyond those that all languages have."""

    type: FieldType
    label: str
    required: bool = False
    hints: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DocumentType:
    """A kind of document.

    `evidence`: phrases that speak for the type (or, negative, against it), with their weight. `extract` reads its
    fields off the pages; None for the general reader of fields by their labels. `checks`: what must hold in it, beyond
    what holds in any document.
    """

    name: str
    label: str
    fields: Mapping[str, FieldSpec] = field(default_factory=dict)
    evidence: Mapping[str, float] = field(default_factory=dict)
    extract: Callable[[Sequence[PageReading]], Extraction] | None = None
    checks: tuple[Callable[[Extraction], list[Issue]], ...] = ()


@lru_cache(maxsize=1)
def all() -> dict[str, DocumentType]:
    """Every document type by name."""
    modules = [importlib.import_module(f"{__name__}.{module.name}") for module in pkgutil.iter_modules(__path__)]
    return {module.TYPE.name: module.TYPE for module in modules}


def get(name: str) -> DocumentType:
    """The type of that name; KeyError when there is none."""
    return all()[name]


def names() -> list[str]:
    """The names of all types, the general one last."""
    return sorted(all(), key=lambda name: (name == OTHER, name))


def detect(pages: Sequence[PageReading]) -> str:
    """The name of the type that the words speak for most, `other` when they speak for none."""
    scores = {name: sum(weights) for name, weights in _evidence(pages).items()}
    best = max(scores, key=lambda name: scores[name], default=OTHER)
    return best if scores.get(best, 0) >= _ENOUGH else OTHER


def _evidence(pages: Sequence[PageReading]) -> dict[str, list[float]]:
    """For each type the weight of every phrase found, once each."""
    found: dict[str, list[float]] = {}
    rows = rows_of(pages[:_LOOK_AT])
    for name, phrases in _phrases().items():
        weights: dict[str, float] = {}
        for number, row in enumerate(rows):
            for phrase in _phrases_in(phrases, row):
                weight = get(name).evidence[phrase] * (1.0 if number < _TITLE_ROWS else 0.5)
                weights.setdefault(phrase, weight)
        found[name] = [*weights.values()]
    return found


def _phrases_in(phrases: Phrases, row: Row) -> set[str]:
    return {label.name for label in phrases.in_row(row)}


@lru_cache(maxsize=1)
def _phrases() -> dict[str, Phrases]:
    return {name: Phrases({phrase: [(phrase, 0)] for phrase in kind.evidence}) for name, kind in all().items()}
