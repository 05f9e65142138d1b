"""What a table or a list of texts is, by its content: taken in where reviews are judged, and nowhere else.

Safe in the web process: nothing is decompressed, and nothing is decoded but a look at its first bytes.
"""

import codecs
import re
from pathlib import PurePosixPath
from typing import BinaryIO

from documents.errors import InvalidInput, UnsupportedType
from documents.sniffing import TEXT, zip_names

CSV = "text/csv"
TSV = "text/tab-separated-values"
JSON = "application/json"
JSON_LINES = "application/jsonl"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

_HEAD = 65_536
_BY_NAME = {
    ".tsv": TSV, ".tab": TSV, ".json": JSON, ".jsonl": JSON_LINES, ".ndjson": JSON_LINES, ".txt": TEXT, ".text": TEXT,
}  # fmt: skip
_OTHERS = (".pdf", ".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".docx", ".doc", ".xls", ".xml", ".html", ".htm")
_SIGNATURES = (b"%PDF-", b"\x89PNG", b"\xff\xd8\xff", b"II*\0", b"MM\0*", b"\xd0\xcf\x11\xe0", b"\x1f\x8b")
_MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_MARKUP = re.compile(rb"\s*(<!doctype|<html|<script|<\?xml)", re.IGNORECASE)
_CONTROL = re.compile(rb"[\x01-\x08\x0e-\x1a\x1c-\x1f]")


def sniff_table(file: BinaryIO, filename: str) -> str:
    """The media type of a seekable `file`, one of those above or plain text; its position is reset.

    Raises InvalidInput (empty, malformed), TooLarge (`zip_too_large`) or UnsupportedType.
    """
    file.seek(0)
    head = file.read(_HEAD)
    try:
        if not head:
            raise InvalidInput("empty_file", "The file is empty. Choose another one.")
        return _type_of(file, head, PurePosixPath(filename).suffix.lower())
    finally:
        file.seek(0)


def _type_of(file: BinaryIO, head: bytes, suffix: str) -> str:
    if head.startswith(b"PK\x03\x04"):
        if "xl/workbook.xml" not in zip_names(file):
            raise _unsupported("an archive that is no XLSX workbook")
        return XLSX
    if head.startswith(_SIGNATURES) or not _is_text(head):
        raise _unsupported("no text")
    if _MARKUP.match(head[:512].replace(b"\0", b"")):
        raise _unsupported("a web page or XML")
    if suffix in (*_OTHERS, ".xlsx"):
        detail = f"The file is named {suffix} but holds text. If you trust it, correct its name."
        raise UnsupportedType("type_mismatch", detail)
    return _BY_NAME.get(suffix, CSV)


def _is_text(head: bytes) -> bool:
    """A stray control character makes a row odd and not the file; where they are many, it is no text."""
    if head.startswith(_MARKS):
        return True
    zeros, odd_zeros = head.count(0), head[1::2].count(0)
    is_wide = zeros > len(head) * 0.15 and (odd_zeros < zeros * 0.05 or odd_zeros > zeros * 0.95)
    return (is_wide or zeros <= len(head) * 0.02) and len(_CONTROL.findall(head)) <= len(head) * 0.01


def _unsupported(what: str) -> UnsupportedType:
    detail = f"The file is {what}. Reviews are read from CSV, TSV, JSON, JSON Lines, XLSX and lines of plain text."
    return UnsupportedType("unsupported_type", detail)
