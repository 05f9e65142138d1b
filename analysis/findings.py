"""What engines find in a document: values that know where they came from."""

from dataclasses import dataclass, field
from typing import Any, Literal

from documents.pages import Box

Source = Literal["xml", "rules", "learned", "llm", "person"]

# Scalars are strings: ISO dates, decimal numbers with a dot ("1005.55"), ISO 4217 codes. `taxes` is a list of dicts.
Value = str | list[dict[str, str | None]]


@dataclass(frozen=True, slots=True)
class Found:
    """One value: normalised, as printed (`raw`), and where (page from 1, box in the page's unit)."""

    value: Value
    raw: str = ""
    page: int | None = None
    box: Box | None = None
    confidence: float = 1.0
    source: Source = "rules"


@dataclass(frozen=True, slots=True)
class LineItem:
    """One line of an invoice or receipt. Numbers are decimal strings; what the document doesn't say is None."""

    description: str | None = None
    quantity: str | None = None
    unit: str | None = None
    unit_price: str | None = None
    amount: str | None = None
    tax_rate: str | None = None
    page: int | None = None
    box: Box | None = None
    confidence: float = 1.0
    source: Source = "rules"


@dataclass(frozen=True, slots=True)
class Issue:
    """Something a check found wrong: stable code, the fields concerned, and a sentence for people."""

    code: str
    detail: str
    fields: tuple[str, ...] = ()
    severity: Literal["error", "warning"] = "error"


@dataclass(frozen=True, slots=True)
class Extraction:
    """Everything found in one document. Fields that were not found are absent."""

    document_type: str
    fields: dict[str, Found] = field(default_factory=dict)
    line_items: list[LineItem] = field(default_factory=list)
    # What the source says beyond the fields, such as an e-invoice's allowances and charges; the checks use it.
    extra: dict[str, Any] = field(default_factory=dict)
    # What came up on the way: a broken XML, an XML that doesn't agree with the page.
    issues: list[Issue] = field(default_factory=list)
    model_version: str = "rules-1"
    # All that was read for a field, the best first, while the choice is still open; never stored.
    candidates: dict[str, tuple[Found, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Validation:
    """`math_ok` is None where there was no sum to check."""

    is_valid: bool
    math_ok: bool | None
    issues: list[Issue] = field(default_factory=list)
