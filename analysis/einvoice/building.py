"""Builds extractions from what the XML syntaxes have in common: the terms of EN 16931."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from analysis.findings import Extraction, Found, LineItem, Value

MODEL_VERSION = "einvoice-1"


class Line(NamedTuple):
    """A line, and what the checks need besides: id, parent, price base quantity, allowances, charges, ..."""

    item: LineItem
    details: dict[str, Any]


def extraction(fields: Mapping[str, Value | None], lines: Sequence[Line], extra: dict[str, Any]) -> Extraction:
    """Everything the XML says, absent values left out; `extra["lines"]` runs parallel to the line items."""
    return Extraction(
        document_type="invoice",
        fields={name: Found(value, source="xml") for name, value in fields.items() if value},
        line_items=[line.item for line in lines],
        extra=given(extra | {"lines": [line.details for line in lines]}),
        model_version=MODEL_VERSION,
    )


def given(values: Mapping[str, Any]) -> dict[str, Any]:
    """`values` without those that the XML doesn't give."""
    return {name: value for name, value in values.items() if value not in (None, [], {})}


def address(lines: Sequence[str | None], postcode: str | None, city: str | None, country: str | None) -> str | None:
    """One line, like "Lindenhof 12, 50667 Köln, DE"."""
    place = " ".join(filter(None, [postcode, city]))
    return ", ".join(filter(None, [*lines, place, country])) or None


def compact(identifier: str | None) -> str | None:
    """An IBAN or VAT number without blanks."""
    return identifier and "".join(identifier.split())
