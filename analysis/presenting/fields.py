"""Fields and line items as people see them: labelled, grouped, with a word for how sure they are and their place."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from analysis.models import Field, Result
from documents.models import Page
from documents.pages import Box

Kind = Literal["text", "date", "amount", "code", "iban", "taxes"]
Tone = Literal["good", "plain", "warning", "error"]

SURE, LIKELY = 0.9, 0.6  # confidence from which a value is called so

# Groups of (name, label, kind) in the order in which a reader looks for them.
_GROUPS: tuple[tuple[str, tuple[tuple[str, str, Kind], ...]], ...] = (
    (
        "Document",
        (
            ("title", "Title", "text"),
            ("version", "Version", "text"),
            ("invoice_number", "Number", "code"),
            ("policy_number", "Policy number", "code"),
            ("claim_number", "Claim number", "code"),
            ("date", "Date", "date"),
            ("due_date", "Due", "date"),
            ("effective_date", "In force from", "date"),
            ("expiry_date", "Expires", "date"),
        ),
    ),
    (
        "Parties",
        (
            ("vendor", "Vendor", "text"),
            ("vendor_tax_id", "Vendor's tax id", "code"),
            ("address", "Vendor's address", "text"),
            ("buyer", "Buyer", "text"),
            ("buyer_address", "Buyer's address", "text"),
            ("insurer", "Insurer", "text"),
            ("insured", "Insured", "text"),
        ),
    ),
    (
        "Amounts",
        (
            ("currency", "Currency", "code"),
            ("subtotal", "Subtotal", "amount"),
            ("taxes", "Tax by rate", "taxes"),
            ("tax", "Tax", "amount"),
            ("total", "Total", "amount"),
            ("prepaid", "Prepaid", "amount"),
            ("amount_due", "Amount due", "amount"),
            ("premium", "Premium", "amount"),
            ("deductible", "Deductible", "amount"),
            ("iban", "IBAN", "iban"),
        ),
    ),
)
_KNOWN = {name: (label, kind) for _, fields in _GROUPS for name, label, kind in fields}

_SOURCES = {
    "xml": "e-invoice XML",
    "rules": "read by rules",
    "learned": "learned from examples",
    "llm": "language model",
    "person": "a person",
}


@dataclass(frozen=True, slots=True)
class Sureness:
    """How sure a value is: a word, a tone and an icon, never one of them alone."""

    word: str
    tone: Tone
    icon: str

    @classmethod
    def of(cls, confidence: float, source: str) -> "Sureness":
        if source == "person":
            return cls("confirmed", "good", "person")
        if source == "xml":
            return cls("exact", "good", "sure")
        if confidence >= SURE:
            return cls("sure", "good", "sure")
        if confidence >= LIKELY:
            return cls("likely", "plain", "likely")
        return cls("doubtful", "warning", "doubtful")


@dataclass(frozen=True, slots=True)
class ShownField:
    """One value beside the page. `raw` is empty unless it says more than the value does."""

    name: str
    label: str
    kind: Kind
    value: Any
    raw: str
    page: int | None
    has_box: bool
    percent: int
    sureness: Sureness
    source: str


@dataclass(frozen=True, slots=True)
class ShownBox:
    """A box on a page: `target` names the field that it lights, `place` is CSS."""

    target: str
    label: str
    place: str
    doubtful: bool


def label_of(name: str) -> str:
    """A field's name for people."""
    return _KNOWN[name][0] if name in _KNOWN else name.replace("_", " ").capitalize()


def grouped(fields: Iterable[Field]) -> list[tuple[str, list[ShownField]]]:
    """The fields there are, in groups with a heading; fields of an operator's own types come last."""
    left = {field.name: field for field in fields}
    groups = [(heading, [shown(left.pop(name)) for name, _, _ in known if name in left]) for heading, known in _GROUPS]
    groups.append(("More", [shown(field) for field in left.values()]))
    return [(heading, found) for heading, found in groups if found]


def shown(field: Field) -> ShownField:
    _, kind = _KNOWN.get(field.name, ("", "text"))
    return ShownField(
        name=field.name,
        label=label_of(field.name),
        kind=kind,
        value=field.value,
        raw=field.raw if field.raw.strip() and field.raw.split() != str(field.value).split() else "",
        page=field.page,
        has_box=bool(field.box and field.page),
        percent=round(100 * field.confidence),
        sureness=Sureness.of(field.confidence, field.source),
        source=_SOURCES.get(field.source, field.source),
    )


def boxes(result: Result, pages: Iterable[Page]) -> dict[int, list[ShownBox]]:
    """The boxes of fields and line items, by page number. Lines come first, so that fields lie above them."""
    sizes = {page.number: page for page in pages if page.width and page.height}
    found: dict[int, list[ShownBox]] = defaultdict(list)
    for index, item in enumerate(result.line_items, start=1):
        if item.get("box") and item.get("page") in sizes:
            label = f"Line {index}: {item.get('description') or ''}".strip(": ")
            place = _place(sizes[item["page"]], item["box"])
            found[item["page"]].append(ShownBox(f"line-{index}", label, place, item["confidence"] < LIKELY))
    for field in result.fields.all():
        if field.box and field.page in sizes:
            assert field.page is not None
            label = f"{label_of(field.name)}: {field.raw or field.value}"
            doubtful = Sureness.of(field.confidence, field.source).tone == "warning"
            found[field.page].append(ShownBox(field.name, label, _place(sizes[field.page], field.box), doubtful))
    return dict(found)


def lines_total(result: Result) -> str:
    """The sum of the line items' amounts; empty if one of them has none."""
    amounts = [item.get("amount") for item in result.line_items]
    return str(sum(Decimal(str(amount)) for amount in amounts)) if amounts and all(amounts) else ""


def _place(page: Page, box: list[float]) -> str:
    return ";".join(f"{side}:{value:.3f}%" for side, value in page.box_percent(Box(*box)).items())
