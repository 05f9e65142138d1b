"""Records of JSON (a list of texts or objects, or an object with such a list) and of JSON Lines."""

import codecs
import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO

import ijson

from analysis.reviews.records import Record, encodable
from documents.errors import InvalidInput

TEXT = "text"  # the column of items that are texts and nothing else
_DEEPEST = 64
_OPENING, _CLOSING = ("start_map", "start_array"), ("end_map", "end_array")


def is_json(path: Path, encoding: str) -> bool:
    """Whether it begins as a list or an object."""
    with path.open(encoding=encoding, errors="replace") as file:
        return file.read(4_096).lstrip()[:1] in ("[", "{")


def is_lines(path: Path, encoding: str) -> bool:
    """Whether its first line is an object or text by itself, and isn't all there is."""
    with path.open(encoding=encoding, errors="replace") as file:
        lines = (line for line in file if line.strip())
        first, second = next(lines, ""), next(lines, None)
    return second is not None and _loaded(first) is not None


class Items:
    """Rows of a file of JSON, whose columns are known once all were seen: an item may bring a new one."""

    def __init__(self) -> None:
        self.columns: dict[str, int] = {}

    def of_lines(self, path: Path, encoding: str) -> Iterator[Record]:
        """One JSON value a line; a line that is none is refused, and the others are read."""
        with path.open(encoding=encoding, errors="replace") as file:
            for line in file:
                if line.strip():
                    found = _loaded(line)
                    yield self._record(found[0]) if found else _malformed_line(line)

    def of_document(self, path: Path, encoding: str) -> Iterator[Record]:
        """The items of the outermost list. Raises InvalidInput where the JSON ends to be such."""
        with path.open("rb") as file:
            source: Any = file if encoding in ("utf-8", "utf-8-sig") else _Recoded(file, encoding)
            if encoding == "utf-8-sig":
                file.seek(len(codecs.BOM_UTF8))
            try:
                yield from map(self._record, _items(source))
            except ijson.JSONError as error:
                raise _malformed(str(error)) from None
            except (UnicodeError, ValueError) as error:
                raise _malformed(type(error).__name__) from None

    def _record(self, item: Any) -> Record:
        if isinstance(item, str):
            item = {TEXT: item}
        if not isinstance(item, dict):
            detail = f"The item is {_kind(item)}; a review is a text, or an object with one."
            return Record([_plain(item)], "not_a_review", detail)
        cells = [""] * len(self.columns)
        for name, value in item.items():
            place = self.columns.setdefault(encodable(name), len(self.columns))
            cells.extend([""] * (place + 1 - len(cells)))
            cells[place] = _plain(value)
        return Record(cells)


class _Recoded:
    """A file of another encoding, read as UTF-8."""

    def __init__(self, file: BinaryIO, encoding: str) -> None:
        self._reader = codecs.getreader(encoding)(file, "replace")

    def read(self, size: int = -1) -> bytes:
        return self._reader.read(size, size).encode() if size else b""


def _items(file: Any) -> Iterator[Any]:
    """The items of the first list that is not inside of another, built one at a time, and nothing else."""
    builder, depth, rows_at, seen = None, 0, 0, False
    for event, value in ijson.basic_parse(file):
        if event in _CLOSING:
            depth -= 1
            if depth < rows_at:
                rows_at, seen = 0, True
                continue
        if rows_at and depth >= rows_at:
            if builder is None:
                builder = ijson.ObjectBuilder()
            builder.event(event, value)
        if event in _OPENING:
            depth += 1
            if depth > _DEEPEST:
                raise InvalidInput("json_too_deep", f"The JSON is nested deeper than {_DEEPEST} levels. Flatten it.")
            if event == "start_array" and not rows_at and not seen:
                rows_at = depth
        if builder is not None and depth == rows_at:
            yield builder.value
            builder = None


def _loaded(line: str) -> tuple[Any] | None:
    try:
        return (json.loads(line),)
    except (ValueError, RecursionError):
        return None


def _plain(value: Any) -> str:
    """A scalar as it is written; what is nested as JSON."""
    if isinstance(value, str | Decimal):
        return encodable(str(value))
    return "" if value is None else encodable(json.dumps(value, ensure_ascii=False, default=_number))


def _number(value: Decimal) -> float:
    """A number with a fraction, in what is nested."""
    return float(value)


def _kind(item: Any) -> str:
    if item is None:
        return "null"
    return "a list" if isinstance(item, list) else "a number" if isinstance(item, int | float | Decimal) else "no text"


def _malformed(reason: str) -> InvalidInput:
    said = " ".join(reason[:60].split())
    return InvalidInput("malformed_json", f"The file is not valid JSON ({said}). Export it anew.")


def _malformed_line(line: str) -> Record:
    detail = "The line is not valid JSON. Mend or remove it."
    return Record([line.strip()[:1_000]], "malformed_json", detail)
