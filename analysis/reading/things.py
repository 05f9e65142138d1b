"""What a PDF page is made of: its objects of one kind, those within forms, too. Runs in the parser's child process."""

import ctypes
from collections.abc import Iterator

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

MAX_DEPTH = 3  # of forms within forms

Matrix = tuple[float, float, float, float, float, float]

_IDENTITY: Matrix = (1, 0, 0, 1, 0, 0)


def things_of(page: pdfium.PdfPage, kind: int, most: int) -> Iterator[tuple[object, Matrix]]:
    """The objects of a kind (`FPDF_PAGEOBJ_…`) and what places them; of a page, or a form, `most` are looked at."""
    for index in range(min(pdfium_c.FPDFPage_CountObjects(page), most)):
        yield from _within(pdfium_c.FPDFPage_GetObject(page, index), _IDENTITY, MAX_DEPTH, (kind, most))


def _within(thing: object, outer: Matrix, depth: int, wanted: tuple[int, int]) -> Iterator[tuple[object, Matrix]]:
    (kind, most), own = wanted, pdfium_c.FPDFPageObj_GetType(thing)
    if own not in (kind, pdfium_c.FPDF_PAGEOBJ_FORM):
        return
    matrix = _product(_matrix_of(thing), outer)
    if own == kind:
        yield thing, matrix
    elif depth:
        for index in range(min(pdfium_c.FPDFFormObj_CountObjects(thing), most)):
            yield from _within(pdfium_c.FPDFFormObj_GetObject(thing, index), matrix, depth - 1, wanted)


def _matrix_of(thing: object) -> Matrix:
    found = pdfium_c.FS_MATRIX()
    pdfium_c.FPDFPageObj_GetMatrix(thing, ctypes.byref(found))
    return found.a, found.b, found.c, found.d, found.e, found.f


def _product(m: Matrix, n: Matrix) -> Matrix:
    """First `m`, then `n`."""
    return (
        m[0] * n[0] + m[1] * n[2],
        m[0] * n[1] + m[1] * n[3],
        m[2] * n[0] + m[3] * n[2],
        m[2] * n[1] + m[3] * n[3],
        m[4] * n[0] + m[5] * n[2] + n[4],
        m[4] * n[1] + m[5] * n[3] + n[5],
    )
