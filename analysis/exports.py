"""Results as tables for spreadsheets."""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import xlsxwriter

from analysis.values import LINE_ITEM_TYPES

_NUMBER = re.compile(r"[-+]?\d+(\.\d+)?")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_ABOUT = ("result_id", "document_id", "document_type", "review_status")
_DIGITS = 15  # what a spreadsheet's number holds


def as_csv(result: Mapping[str, Any], fields: Mapping[str, str]) -> str:
    """One row for each line item (or one, if there are none), the fields repeated in each; the first row has the names.

    `result` is a result as the API shows it, `fields` the names and types of the columns. UTF-8 text with CRLF, as
    RFC 4180 has it.
    """
    sheet = io.StringIO()
    writer = csv.writer(sheet, lineterminator="\r\n")
    writer.writerow(_columns(fields))
    writer.writerows([_harmless(cell) for cell in row] for row in _rows(result, list(fields)))
    return sheet.getvalue()


def as_xlsx(result: Mapping[str, Any], fields: Mapping[str, str]) -> bytes:
    """The same table as an Excel workbook: amounts are numbers, dates are dates, and text is never a formula."""
    columns = _columns(fields)
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet("Result")
        head, day = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.freeze_panes(1, 0)
        for column, (name, type_) in enumerate(columns.items()):
            sheet.write_string(0, column, name, head)
            for row, cells in enumerate(_rows(result, list(fields)), start=1):
                _write(sheet, row, column, type_, cells[column], day)
        sheet.autofit()
    return out.getvalue()


def _columns(fields: Mapping[str, str]) -> dict[str, str]:
    """Name -> type of each column."""
    lines = {f"line_{name}": type_ for name, type_ in LINE_ITEM_TYPES.items()}
    return {**dict.fromkeys(_ABOUT, "text"), **fields, "line": "amount", **lines}


def _rows(result: Mapping[str, Any], names: Sequence[str]) -> list[list[Any]]:
    about = [result[name] for name in _ABOUT]
    fields = [_text(result["fields"].get(name, {}).get("value")) for name in names]
    lines: list[tuple[int | None, Any]] = [*enumerate(result["line_items"], start=1)] or [(None, {})]
    return [[*about, *fields, number, *(item.get(name) for name in LINE_ITEM_TYPES)] for number, item in lines]


def _write(sheet: Any, row: int, column: int, type_: str, cell: Any, day: Any) -> None:
    text = "" if cell is None else str(cell)
    if type_ == "date" and (found := _date(text)):
        sheet.write_datetime(row, column, found, day)
    elif type_ in ("amount", "number") and _NUMBER.fullmatch(text) and len(text) <= _DIGITS:
        sheet.write_number(row, column, float(text))
    elif text:
        sheet.write_string(row, column, text)


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _text(value: Any) -> str | None:
    """`taxes` in words: 19 % of 100.00 = 19.00."""
    if isinstance(value, list):
        return "; ".join(f"{one.get('rate')} % of {one.get('base')} = {one.get('tax')}" for one in value)
    return None if value is None else str(value)


def _harmless(cell: Any) -> str:
    """Documents come from strangers: what a spreadsheet would run as a formula is marked as text."""
    text = "" if cell is None else str(cell)
    return "'" + text if text.startswith(_FORMULA) and not _NUMBER.fullmatch(text) else text
