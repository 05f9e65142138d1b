"""What a tagged PDF says of its own text: headings, and what belongs to no text. Runs in the parser's child process."""

import ctypes
from collections.abc import Iterator
from typing import Any

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from analysis.reading.styles import ARTIFACT, TAGGED

MAX_ELEMENTS = 20_000  # of a page's structure that are looked at
MAX_DEPTH = 60
_NAME_BYTES = 64


class Tags:
    """The roles of a page's text: "H1" to "H6", "H", "Title", "Artifact", or "" for all else."""

    def __init__(self, page: pdfium.PdfPage) -> None:
        self._roles = dict(_roles(page))
        self._known: dict[int, str] = {}

    def role_at(self, textpage: pdfium.PdfTextPage, index: int) -> str:
        """The role of a character; always "" if the page has no structure."""
        drawn = pdfium_c.FPDFText_GetTextObject(textpage, index) if self._roles else None
        if not drawn:
            return ""
        address = ctypes.cast(drawn, ctypes.c_void_p).value or 0
        if address not in self._known:
            self._known[address] = self._role_of(drawn)
        return self._known[address]

    def _role_of(self, drawn: Any) -> str:
        if _is_artifact(drawn):
            return ARTIFACT
        role = self._roles.get(pdfium_c.FPDFPageObj_GetMarkedContentID(drawn), "")
        return role if role in TAGGED else ""


def _is_artifact(drawn: Any) -> bool:
    marks = (pdfium_c.FPDFPageObj_GetMark(drawn, n) for n in range(max(pdfium_c.FPDFPageObj_CountMarks(drawn), 0)))
    return any(_text_of(pdfium_c.FPDFPageObjMark_GetName, mark) == ARTIFACT for mark in marks)


def _text_of(getter: Any, mark: Any) -> str:
    buffer, length = ctypes.create_string_buffer(_NAME_BYTES), ctypes.c_ulong()
    getter(mark, ctypes.cast(buffer, ctypes.POINTER(ctypes.c_ushort)), _NAME_BYTES, ctypes.byref(length))
    return buffer.raw[: length.value].decode("utf-16-le", "replace").rstrip("\0")


def _roles(page: pdfium.PdfPage) -> Iterator[tuple[int, str]]:
    """Marked contents of the page with what they are tagged as: the innermost heading around them, if any."""
    tree = pdfium_c.FPDF_StructTree_GetForPage(page)
    if not tree:
        return
    try:
        count = pdfium_c.FPDF_StructTree_CountChildren(tree)
        todo = [(pdfium_c.FPDF_StructTree_GetChildAtIndex(tree, n), "", 0) for n in range(max(count, 0))][::-1]
        for _ in range(MAX_ELEMENTS):
            if not todo:
                return
            element, role, depth = todo.pop()
            if not element:
                continue
            name = _name_of(element)
            role = name if name in TAGGED else role
            yield from ((content, role) for content in _contents(element))
            if depth < MAX_DEPTH:
                children = range(max(pdfium_c.FPDF_StructElement_CountChildren(element), 0))
                todo += [(pdfium_c.FPDF_StructElement_GetChildAtIndex(element, n), role, depth + 1) for n in children]
    finally:
        pdfium_c.FPDF_StructTree_Close(tree)


def _contents(element: Any) -> Iterator[int]:
    for n in range(max(pdfium_c.FPDF_StructElement_GetMarkedContentIdCount(element), 0)):
        content = pdfium_c.FPDF_StructElement_GetMarkedContentIdAtIndex(element, n)
        if content >= 0:
            yield content


def _name_of(element: Any) -> str:
    """The element's type, by the document's own table of roles if it has a name of its own."""
    buffer = ctypes.create_string_buffer(_NAME_BYTES)
    length = pdfium_c.FPDF_StructElement_GetType(element, buffer, _NAME_BYTES)
    return buffer.raw[:length].decode("utf-16-le", "replace").rstrip("\0") if length <= _NAME_BYTES else ""
