"""Records of an Excel workbook: the first sheet that has any."""

import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

from analysis.reviews.records import Record, encodable
from documents.errors import InvalidInput

_BROKEN = (zipfile.BadZipFile, ParseError, KeyError, ValueError, TypeError, EOFError)


def records(path: Path) -> Iterator[Record]:
    """The rows as texts, dates in ISO form, formulas as their last values. Raises InvalidInput `malformed_xlsx`."""
    import openpyxl  # it takes a quarter of a second, of which every process that starts would pay its share
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        with path.open("rb") as file:
            book = openpyxl.load_workbook(file, read_only=True, data_only=True)
            for sheet in book.worksheets:
                sheet.reset_dimensions()
                rows = _without_last_blanks(sheet.iter_rows(values_only=True))
                if (first := next(rows, None)) is not None:
                    yield first
                    yield from rows
                    return
    except (InvalidFileException, *_BROKEN) as error:
        detail = "The workbook is damaged and can't be read. Save it anew, or as CSV, and try again."
        raise InvalidInput("malformed_xlsx", detail) from error


def _without_last_blanks(rows: Iterator[tuple[Any, ...]]) -> Iterator[Record]:
    blanks = 0
    for row in rows:
        cells = [_plain(cell) for cell in row]
        while cells and not cells[-1]:
            cells.pop()
        if not cells:
            blanks += 1
            continue
        yield from (Record([]) for _ in range(blanks))
        blanks = 0
        yield Record(cells)


def _plain(cell: Any) -> str:
    if isinstance(cell, datetime) and cell.time() == time.min:
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    return "" if cell is None else encodable(str(cell))
