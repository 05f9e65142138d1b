"""The JSON schema of what a document type's fields are answered with; strict servers bind the model to it."""

from collections.abc import Mapping
from typing import Any

from analysis.document_types import DocumentType, FieldSpec
from analysis.values import LINE_ITEM_TYPES

LINE_ITEMS = "line_items"
_HOW = {
    "date": "as YYYY-MM-DD",
    "amount": "a decimal number with a dot and no other mark, such as 1005.55",
    "number": "a decimal number with a dot and no other mark, such as 12.5",
    "currency": "an ISO 4217 code such as EUR",
    "iban": "without blanks",
}
_TAXES = {"rate": "per cent", "base": "net amount", "tax": "amount of the tax"}


def of(document_type: DocumentType) -> dict[str, Any]:
    """An object with a property for each field, null where the document doesn't say it."""
    fields = {name: _property(spec) for name, spec in document_type.fields.items()}
    if has_line_items(document_type):
        fields[LINE_ITEMS] = _list({name: _scalar(_HOW.get(type_, "")) for name, type_ in LINE_ITEM_TYPES.items()})
    return _object(fields)


def has_line_items(document_type: DocumentType) -> bool:
    """Bills have lines: documents with a total."""
    return "total" in document_type.fields


def _property(spec: FieldSpec) -> dict[str, Any]:
    if spec.type == "taxes":
        return _list({name: _scalar(meaning) for name, meaning in _TAXES.items()})
    examples = f"such as {', '.join(spec.examples)}" if spec.examples else ""
    said = [spec.label, spec.description, _HOW.get(spec.type, "as printed"), examples]
    return _scalar("; ".join(part for part in said if part))


def _scalar(description: str) -> dict[str, Any]:
    return {"type": ["string", "null"], **({"description": description} if description else {})}


def _list(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": _object(properties)}


def _object(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": [*properties],
        "additionalProperties": False,
    }
