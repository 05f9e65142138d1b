"""From the bytes of a file to parts of rows. Runs in the sandbox: what the file does to the reader stays there."""

import itertools
import json
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from analysis.reviews import columns, delimited, encodings, jsons, sheets
from analysis.reviews.records import LONGEST_CELL, Record
from documents.errors import InvalidInput, TooLarge

ROWS_PER_PART = 1_000
_SAMPLE = 200  # rows that tell what the columns are
MOST_COLUMNS = 500
_ZIP = b"PK\x03\x04"
_DELIMITED, _LINES = (".csv", ".tsv", ".tab"), (".jsonl", ".ndjson")
_JSON = (".json", *_LINES)


@dataclass(frozen=True, slots=True)
class Layout:
    """What a table's columns are. `text`, `day` and `groups` are places; `encoding` is empty for a workbook."""

    columns: list[str] = field(default_factory=list)
    text: int = 0
    groups: list[int] = field(default_factory=list)
    day: int | None = None
    day_first: bool = True
    encoding: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A whole file: `parts` are packed rows, ROWS_PER_PART each but the last, `rows` how many there are in all."""

    layout: Layout
    rows: int
    parts: list[bytes]


def read(path: Path, name: str, wanted: str = "") -> Table:
    """The rows of a CSV, TSV, JSON, JSON Lines or XLSX file or of lines of text. `wanted` names the texts' column.

    Rows are numbered from 1, the one after the header, as they stand in the file. Raises InvalidInput (`no_rows`,
    `unknown_column`, `no_text_column`, `malformed_json`, `malformed_xlsx`, `json_too_deep`) and TooLarge.
    """
    with path.open("rb") as file:
        is_workbook = file.read(4) == _ZIP
    encoding = "" if is_workbook else encodings.detect(path)
    if is_workbook:
        return _of_rows(sheets.records(path), wanted, encoding)
    if name.lower().endswith(_JSON) or (not name.lower().endswith(_DELIMITED) and jsons.is_json(path, encoding)):
        return _of_json(path, name, wanted, encoding)
    return _of_rows(delimited.records(path, encoding, name=name), wanted, encoding)


def _of_json(path: Path, name: str, wanted: str, encoding: str) -> Table:
    items = jsons.Items()
    lines = name.lower().endswith(_LINES) or jsons.is_lines(path, encoding)
    found = items.of_lines(path, encoding) if lines else items.of_document(path, encoding)
    sample = list(itertools.islice(found, _SAMPLE))
    _check_any(sample)
    readable = [record.cells for record in sample if not record.code]
    names = columns.named(list(items.columns), len(items.columns))
    text = columns.text_column(names, readable, wanted) if names else 0
    packed = _Packed(text)
    packed.take(itertools.chain(sample, found))
    return packed.table(columns.named(list(items.columns), len(items.columns)) or [jsons.TEXT], encoding)


def _of_rows(found: Iterator[Record], wanted: str, encoding: str) -> Table:
    sample = list(itertools.islice(found, _SAMPLE))
    _check_any(sample)
    rows = [record.cells for record in sample if record.cells and not record.code] or [sample[0].cells]
    has_header = bool(sample[0].cells) and not sample[0].code and columns.has_header(rows, wanted)
    width = len(rows[0])
    names = columns.named(rows[0] if has_header else [], width)
    body = sample[1:] if has_header else sample
    _check_any(body)
    text = columns.text_column(names, rows[1:] if has_header else rows, wanted)
    packed = _Packed(text)
    packed.take(_fitting(itertools.chain(body, found), width))
    return packed.table(names, encoding)


def _check_any(records: Sequence[Record]) -> None:
    if not any(cell.strip() for record in records for cell in record.cells):
        raise InvalidInput("no_rows", "The file has no rows. Send one with a review in each row, or a list in JSON.")


def _fitting(records: Iterable[Record], width: int) -> Iterator[Record]:
    """Rows that are too short lack what comes last; of one too long nobody knows where its text ends."""
    for record in records:
        if len(record.cells) > width and any(cell.strip() for cell in record.cells[width:]) and not record.code:
            detail = f"The row has {len(record.cells)} cells, the header {width}. Put texts with delimiters in quotes."
            yield Record(record.cells, "ragged_row", detail)
        else:
            yield record


class _Packed:
    """Rows on their way into parts, and what was counted on it."""

    def __init__(self, text: int) -> None:
        self._text = text
        self._census = columns.Census()
        self._parts: list[bytes] = []
        self._rows = 0

    def take(self, records: Iterable[Record]) -> None:
        records = iter(records)
        while part := list(itertools.islice(records, ROWS_PER_PART)):
            for record in part:
                if len(record.cells) > MOST_COLUMNS:
                    raise TooLarge("too_many_columns", f"A row has more than {MOST_COLUMNS} cells. Remove columns.")
                if not record.code:
                    self._census.count(record.cells)
            self._rows += len(part)
            self._parts.append(pack(map(_bounded, part)))

    def table(self, names: list[str], encoding: str) -> Table:
        day = self._census.day(self._text)
        layout = Layout(
            columns=names,
            text=self._text,
            groups=self._census.groups(self._text),
            day=day,
            day_first=day is None or self._census.is_day_first(day),
            encoding=encoding,
        )
        return Table(layout, self._rows, self._parts)


def _bounded(record: Record) -> Record:
    """A cell that is endless counts as such and is kept in its beginning."""
    if all(len(cell) <= LONGEST_CELL for cell in record.cells):
        return record
    return Record([cell[:LONGEST_CELL] for cell in record.cells], record.code, record.detail)


def pack(records: Iterable[Record]) -> bytes:
    """Rows as compressed JSON: [[cells, code, detail], …]."""
    rows: list[list[Any]] = [[one.cells, one.code, one.detail] if one.code else [one.cells] for one in records]
    return zlib.compress(json.dumps(rows, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace"), 3)


def unpack(packed: bytes) -> list[Record]:
    """The rows of a part."""
    return [Record(*row) for row in json.loads(zlib.decompress(packed))]
