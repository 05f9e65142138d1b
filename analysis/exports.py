"""Results as tables for spreadsheets."""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from typing import Any

from analysis.values import LINE_ITEM_TYPES

_NUMBER = re.compile(r"[-+]?\d+(\.\d+)?")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_ABOUT = ("result_id", "document_id", "document_type", "review_status")


def as_csv(result: Mapping[str, Any], field_names: Sequence[str]) -> str:
    """One row for each line item (or one, if there are none), the fields repeated in each; the first row has the names.

    `result` is a result as the API shows it. UTF-8 text with CRLF, as RFC 4180 has it.
    """
    about = [result[name] for name in _ABOUT]
    fields = [_text(result["fields"].get(name, {}).get("value")) for name in field_names]
    lines: list[tuple[int | None, Any]] = [*enumerate(result["line_items"], start=1)] or [(None, {})]
    sheet = io.StringIO()
    writer = csv.writer(sheet, lineterminator="\r\n")
    writer.writerow([*_ABOUT, *field_names, "line", *(f"line_{name}" for name in LINE_ITEM_TYPES)])
    for number, item in lines:
        cells = [*about, *fields, number, *(item.get(name) for name in LINE_ITEM_TYPES)]
        writer.writerow([_harmless(cell) for cell in cells])
    return sheet.getvalue()


def _text(value: Any) -> str | None:
    """`taxes` in words: 19 % of 100.00 = 19.00."""
    if isinstance(value, list):
        return "; ".join(f"{one.get('rate')} % of {one.get('base')} = {one.get('tax')}" for one in value)
    return None if value is None else str(value)


def _harmless(cell: Any) -> str:
    """Documents come from strangers: what a spreadsheet would run as a formula is marked as text."""
    text = "" if cell is None else str(cell)
    return "'" + text if text.startswith(_FORMULA) and not _NUMBER.fullmatch(text) else text
