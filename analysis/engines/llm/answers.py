"""A language model's answer, parsed strictly: values in their one form, and only those that are printed."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from analysis import values
from analysis.document_types import DocumentType, FieldSpec
from analysis.einvoice.rows import located_items, located_taxes
from analysis.engines.llm import schemas
from analysis.engines.llm.grounding import Print
from analysis.findings import Found, LineItem

_MOST_LINES = 500
_AS_PRINTED = ("boolean", "phone", "email")  # whose one form is seldom the printed one
_MONEY = ("unit_price", "amount")
_LINE, _TAXES = 0.55, 0.55  # what a line is worth whose description and amount were found


def fields(answer: object, document_type: DocumentType, printed: Print) -> dict[str, Found]:
    """What of the answer is a field of the type, has a value that can be one of the field, and is printed."""
    given = answer if isinstance(answer, dict) else {}
    found = {name: _field(name, spec, given.get(name), printed) for name, spec in document_type.fields.items()}
    return {name: one for name, one in found.items() if one}


def line_items(answer: object, printed: Print) -> list[LineItem]:
    """The lines whose description and amount are printed; what else they say is left out where it is not."""
    given = answer.get(schemas.LINE_ITEMS) if isinstance(answer, dict) else None
    entries = given[:_MOST_LINES] if isinstance(given, list) else []
    items = [item for entry in entries if isinstance(entry, dict) and (item := _line_item(entry, printed))]
    return [
        replace(item, box=printed.box_of(item.page, item.box))
        for item in located_items(items, printed.texts)
        if item.page
    ]


def _field(name: str, spec: FieldSpec, given: object, printed: Print) -> Found | None:
    if spec.type == "taxes":
        return _taxes(given, printed)
    value = _normalised(spec.type, given)
    if value and spec.type in ("amount", "number"):
        value = printed.spelling(value, money=spec.type == "amount")
    if value is None:
        return None
    sought = str(given) if spec.type in _AS_PRINTED else value
    evidence = printed.evidence(name, spec.type, sought, [spec.label, *spec.hints])
    if evidence is None:
        return None
    return Found(value, evidence.raw, evidence.page, evidence.box, evidence.confidence, "llm")


def _normalised(type_: str, given: object) -> str | None:
    """The value in its one form; None for what is no value of the type, and so was not answered by the schema."""
    try:
        value = values.normalise(type_, given)
    except values.Unusable:
        return None
    return value if isinstance(value, str) else None


def _taxes(given: object, printed: Print) -> Found | None:
    """All rows with base and tax as printed; a breakdown of which a part is made up is none."""
    try:
        value = values.normalise("taxes", given)
    except values.Unusable:
        return None
    rows = [_tax(entry, printed) for entry in value] if isinstance(value, list) else []
    if not rows or not all(rows):
        return None
    found = located_taxes(Found([row for row in rows if row], confidence=_TAXES, source="llm"), printed.texts)
    return replace(found, box=printed.box_of(found.page, found.box)) if found.page else None


def _tax(entry: dict[str, str | None], printed: Print) -> dict[str, str | None] | None:
    """The row with its amounts as printed; None without a tax, or with an amount that is printed nowhere."""
    amounts = {part: printed.spelling(said, money=True) for part in ("base", "tax") if (said := entry[part])}
    return entry | amounts if "tax" in amounts and all(amounts.values()) else None


def _line_item(entry: Mapping[str, Any], printed: Print) -> LineItem | None:
    try:
        said = values.line_item({name: entry.get(name) for name in values.LINE_ITEM_TYPES})
    except values.Unusable:
        return None
    if not said["description"] or not said["amount"]:
        return None
    numbers = [name for name, type_ in values.LINE_ITEM_TYPES.items() if type_ == "amount"]
    spelled = {
        name: printed.spelling(number, money=name in _MONEY) if (number := said[name]) else None for name in numbers
    }
    if not spelled["amount"]:
        return None
    return LineItem(**said | spelled, confidence=_LINE, source="llm")  # type: ignore[arg-type]  # six texts
