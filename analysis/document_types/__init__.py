"""Document types: what a kind holds and how it is told from others; each file here with a `TYPE` adds one, and so do
the definitions that operators keep in the admin."""

import importlib
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Literal

from analysis.findings import Extraction, Issue
from analysis.rules.labels import Phrases
from analysis.rules.layout import Row, rows_of
from documents.pages import PageReading

FieldType = Literal[
    "text", "code", "date", "amount", "number", "boolean", "phone", "email", "currency", "iban", "tax_id", "taxes"
]

OTHER = "other"  # what no type has evidence for
_LOOK_AT = 3  # pages from the start
_ENOUGH = 1.0  # evidence below which a document is of no known type
_TITLE_ROWS = 25  # a phrase among the first rows counts in full, further down half


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One field: type, English label for people, and words to find it by beyond those that all languages have.

    `description` says what it is, to people and to language models; `examples` are values as documents print them.
    """

    type: FieldType
    label: str
    required: bool = False
    hints: tuple[str, ...] = ()
    description: str = ""
    examples: tuple[str, ...] = ()


@dataclass(frozen=True)
class DocumentType:
    """A kind of document.

    `evidence`: phrases that speak for the type (or, negative, against it), with their weight; `shape` weighs what the
    rows look like, whatever their words. `extract` reads its fields off the pages; None for the general reader of
    fields by their labels. `checks`: what must hold in it, beyond what holds in any document. `active`: whether
    documents may still become of this type; those that are keep it.
    """

    name: str
    label: str
    fields: Mapping[str, FieldSpec] = field(default_factory=dict)
    evidence: Mapping[str, float] = field(default_factory=dict)
    shape: Callable[[Sequence[Row]], float] | None = None
    extract: Callable[[Sequence[PageReading]], Extraction] | None = None
    checks: tuple[Callable[[Extraction], list[Issue]], ...] = ()
    description: str = ""
    active: bool = True

    @cached_property
    def phrases(self) -> Phrases:
        """The phrases of `evidence`, to be looked up in rows."""
        return Phrases({phrase: [(phrase, 0)] for phrase in self.evidence})


@lru_cache(maxsize=1)
def built_in() -> dict[str, DocumentType]:
    """The document types that the product brings, by name."""
    modules = [importlib.import_module(f"{__name__}.{module.name}") for module in pkgutil.iter_modules(__path__)]
    return {module.TYPE.name: module.TYPE for module in modules}


def all() -> dict[str, DocumentType]:
    """Every document type by name, those included that are no longer active."""
    from analysis import custom_types  # makes types of models, and this module is needed before there are any

    return {**custom_types.current(), **built_in()}


def get(name: str) -> DocumentType:
    """The type of that name; KeyError when there is none."""
    return all()[name]


def known(name: str) -> DocumentType:
    """The type of that name; a bare one, without fields and checks, for a result of a type that is no more."""
    return all().get(name) or DocumentType(name, name, active=False)


def names() -> list[str]:
    """The names of the active types, the general one last."""
    active = [name for name, kind in all().items() if kind.active]
    return sorted(active, key=lambda name: (name == OTHER, name))


def detect(pages: Sequence[PageReading], types: Mapping[str, DocumentType] | None = None) -> str:
    """The name of the type that the words speak for most, `other` when they speak for none.

    `types`: those to choose among, by name; all of them unless they are given.
    """
    scores = {name: sum(weights) for name, weights in _evidence(pages, types or all()).items()}
    best = max(scores, key=lambda name: scores[name], default=OTHER)
    return best if scores.get(best, 0) >= _ENOUGH else OTHER


def _evidence(pages: Sequence[PageReading], types: Mapping[str, DocumentType]) -> dict[str, list[float]]:
    """For each type the weight of every phrase found, once each, and of its shape."""
    rows = rows_of(pages[:_LOOK_AT])
    return {
        name: [*_weights(kind, rows).values(), kind.shape(rows) if kind.shape else 0.0]
        for name, kind in types.items()
        if kind.active and kind.evidence
    }


def _weights(kind: DocumentType, rows: Sequence[Row]) -> dict[str, float]:
    weights: dict[str, float] = {}
    for number, row in enumerate(rows):
        for label in kind.phrases.in_row(row):
            weights.setdefault(label.name, kind.evidence[label.name] * (1.0 if number < _TITLE_ROWS else 0.5))
    return weights
