"""A batch to take away: the columns of the file as they came, and what was found beside them."""

import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID

import xlsxwriter

from analysis.models.reviews import ReviewBatch
from analysis.reviews import listing, store, tables
from analysis.reviews.listing import Wanted
from documents import tenancy
from documents.errors import Conflict

FOUND = ("label", "confidence", "language", "error")
MOST_IN_WORKBOOK = 1_048_575  # rows of a sheet, its head not counted
_LONGEST_IN_WORKBOOK = 32_767  # characters of a cell
_NUMBER = re.compile(r"[-+]?\d{1,15}(\.\d+)?")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "＝", "＋", "－", "＠")
_BYTE_ORDER_MARK = "\ufeff"  # so that spreadsheets take it for UTF-8

Row = tuple[int, list[str], list[Any]]  # its number, its cells as they came, what was found


def header(batch: ReviewBatch) -> list[str]:
    """The names of the columns: the file's own, then ours, marked where the file has one of that name."""
    own = store.layout_of(batch).columns
    return [*own, *(name if name not in own else f"vouch {name}" for name in FOUND)]


def rows_of_part(batch: ReviewBatch, number: int, wanted: Wanted) -> Iterator[Row]:
    """In the caller's scope. Rows that have no verdict yet are left out."""
    width, first = len(store.layout_of(batch).columns), store.first_row(number)
    matching = listing.matching(batch, wanted)
    found = list(matching.filter(row__gte=first, row__lt=first + tables.ROWS_PER_PART).order_by("row"))
    if not found:
        return
    records = tables.unpack(bytes(batch.parts.values_list("rows", flat=True).get(part=number)))
    for row in found:
        cells = records[row.row - first].cells
        error = f"{row.code}: {row.detail}" if row.code else ""
        yield row.row, [*cells, *[""] * (width - len(cells))], [row.label, row.confidence, row.language, error]


def parts(workspace_id: UUID, batch: ReviewBatch, wanted: Wanted) -> Iterator[list[Row]]:
    """The rows, part by part, each read in a scope of its own: between two of them no transaction is open."""
    for number in range(-(-(batch.rows or 0) // tables.ROWS_PER_PART)):
        with tenancy.as_workspace(workspace_id):
            rows = list(rows_of_part(batch, number, wanted))
        yield rows


def as_csv(workspace_id: UUID, batch: ReviewBatch, wanted: Wanted = listing.ALL) -> Iterator[bytes]:
    """UTF-8 with its mark, CRLF, as RFC 4180 has it; no cell that a spreadsheet would run."""
    yield _lines([header(batch)], _BYTE_ORDER_MARK)
    width = len(store.layout_of(batch).columns)
    for rows in parts(workspace_id, batch, wanted):
        # The surplus of a row that is too long stands behind what was found, so that the columns hold.
        yield _lines([[*cells[:width], *found, *cells[width:]] for _, cells, found in rows])


def as_json(workspace_id: UUID, batch: ReviewBatch, wanted: Wanted = listing.ALL) -> Iterator[bytes]:
    """A list of objects {row, label, confidence, language, error, columns: {…}}."""
    names, lead = store.layout_of(batch).columns, "["
    for rows in parts(workspace_id, batch, wanted):
        told = [
            {"row": number, **dict(zip(FOUND, found, strict=True)), "columns": _columns(names, cells)}
            for number, cells, found in rows
        ]
        if told:
            yield (lead + ",\n".join(json.dumps(one, ensure_ascii=False) for one in told)).encode()
            lead = ",\n"
    yield b"]\n" if lead != "[" else b"[]\n"


def as_xlsx(workspace_id: UUID, batch: ReviewBatch, to: BinaryIO, folder: Path, wanted: Wanted = listing.ALL) -> None:
    """A workbook written row by row; text is never a formula. Raises Conflict for more rows than a sheet holds."""
    if (batch.rows or 0) > MOST_IN_WORKBOOK and listing.matching(batch, wanted).count() > MOST_IN_WORKBOOK:
        raise Conflict("too_many_rows", f"A sheet holds {MOST_IN_WORKBOOK:,} rows. Take them as CSV or JSON.")
    with xlsxwriter.Workbook(to, {"constant_memory": True, "tmpdir": str(folder)}) as book:
        sheet, bold = book.add_worksheet("Reviews"), book.add_format({"bold": True})
        sheet.freeze_panes(1, 0)
        for column, name in enumerate(header(batch)):
            sheet.write_string(0, column, name, bold)
        width, line = len(store.layout_of(batch).columns), 0
        for rows in parts(workspace_id, batch, wanted):
            for _, cells, found in rows:
                line += 1
                for column, cell in enumerate([*cells[:width], *found]):
                    _write(sheet, line, column, cell)


def _columns(names: list[str], cells: list[str]) -> dict[str, str]:
    surplus = {f"column {place + 1}": cells[place] for place in range(len(names), len(cells))}
    return dict(zip(names, cells, strict=False)) | surplus


def _write(sheet: Any, line: int, column: int, cell: Any) -> None:
    if isinstance(cell, float):
        sheet.write_number(line, column, cell)
    elif isinstance(cell, str) and _NUMBER.fullmatch(cell) and not cell.lstrip("-+").startswith("0"):
        sheet.write_number(line, column, float(cell))
    elif cell:
        sheet.write_string(line, column, str(cell)[:_LONGEST_IN_WORKBOOK])


def _lines(rows: list[list[Any]], lead: str = "") -> bytes:
    sheet = io.StringIO()
    csv.writer(sheet, lineterminator="\r\n").writerows([_harmless(cell) for cell in row] for row in rows)
    return (lead + sheet.getvalue()).encode("utf-8", "replace")


def _harmless(cell: Any) -> str:
    """Files come from strangers: what a spreadsheet would run is marked as text."""
    text = "" if cell is None else str(cell).replace("\0", "")
    return "'" + text if text.lstrip(" ").startswith(_FORMULA) and not _NUMBER.fullmatch(text) else text
