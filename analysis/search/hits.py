"""What is asked of a search and what it answers."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

Operator = Literal["=", "<", "<=", ">", ">="]


@dataclass(frozen=True)
class Condition:
    """What a field of a document must be: amounts and dates are compared as such, anything else as text."""

    field: str
    op: Operator
    value: str | Decimal | date


@dataclass(frozen=True)
class Filters:
    """Which documents are searched: all that hold is asked for. By the latest result of each; dates are inclusive."""

    documents: tuple[UUID, ...] = ()
    kinds: tuple[str, ...] = ()
    vendor: str = ""
    since: date | None = None
    until: date | None = None
    conditions: tuple[Condition, ...] = ()

    @property
    def by_fields(self) -> bool:
        """Whether results have to be looked at, beyond which documents are named."""
        return bool(self.kinds or self.vendor or self.since or self.until or self.conditions)


@dataclass(frozen=True)
class Hit:
    """A passage that was found. `lexical` is its BM25, `dense` its nearness in meaning, up to 1; `score` is in [0, 1].

    `spans` are the chunk's: [[start, end, page, x0, y0, x1, y1], …], offsets in `text`.
    """

    chunk_id: UUID
    document_id: UUID
    filename: str
    type: str
    section: str
    page: int
    text: str
    spans: list[list[Any]]
    score: float
    lexical: float
    dense: float
