"""Reads values out of an extraction in the types that checks calculate with."""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from analysis.findings import Extraction


def number(text: Any) -> Decimal | None:
    """The decimal number in the text, None where there is none."""
    if not isinstance(text, str | int | float | Decimal):
        return None
    try:
        value = Decimal(str(text))
    except InvalidOperation:
        return None
    return value if value.is_finite() else None


def amount(extraction: Extraction, name: str) -> Decimal | None:
    """The field's amount."""
    found = extraction.fields.get(name)
    return number(found.value) if found else None


def date(extraction: Extraction, name: str) -> dt.date | None:
    """The field's date."""
    found = extraction.fields.get(name)
    try:
        return dt.date.fromisoformat(str(found.value)) if found else None
    except ValueError:
        return None


def text(extraction: Extraction, name: str) -> str:
    """The field's text, empty where there is none."""
    found = extraction.fields.get(name)
    return found.value if found and isinstance(found.value, str) else ""


def extra_amount(extraction: Extraction, name: str) -> Decimal | None:
    """An amount that the source says beyond the fields."""
    return number(extraction.extra.get(name))


def line_details(extraction: Extraction) -> list[Mapping[str, Any]]:
    """What the source says beyond each line item; as many as there are lines, or none."""
    details = extraction.extra.get("lines", [])
    return details if len(details) == len(extraction.line_items) else []


def shown(value: Decimal) -> str:
    """The number as a sentence shows it: without exponent, with at least the two decimals of money."""
    exponent = -int(value.normalize().as_tuple().exponent)
    return format(value.quantize(Decimal(1).scaleb(-max(2, exponent))), "f")
