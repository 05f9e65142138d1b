"""The straight lines drawn on a PDF page, which rule tables. Runs in the parser's child process."""

import ctypes
from collections.abc import Callable, Iterator
from itertools import pairwise

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from analysis.reading.things import Matrix, things_of
from documents.pages import Box

MAX_SEGMENTS = 20_000  # more make a drawing, not a table
THIN = 3.0  # points: filled shapes as thin as this are lines
SHORT = 4.0  # points: lines as short as this are of letters and marks

Point = tuple[float, float]
Place = Callable[[float, float, float, float], Box]


def rules_of(page: pdfium.PdfPage, place: Place) -> list[Box]:
    """Horizontal and vertical lines as thin boxes of the upright page; none if there are more than MAX_SEGMENTS."""
    found: list[Box] = []
    for path, matrix in things_of(page, pdfium_c.FPDF_PAGEOBJ_PATH, MAX_SEGMENTS):
        found += (place(*box) for box in _lines(path, matrix))
        if len(found) > MAX_SEGMENTS:
            return []
    return found


def _lines(path: object, matrix: Matrix) -> Iterator[Box]:
    """The straight parts of what is stroked, and thin shapes that are filled."""
    fill, stroke = ctypes.c_int(), ctypes.c_int()
    pdfium_c.FPDFPath_GetDrawMode(path, ctypes.byref(fill), ctypes.byref(stroke))
    for points in _subpaths(path, matrix):
        around = Box(*map(min, zip(*points, strict=True)), *map(max, zip(*points, strict=True)))
        thin = min(around.x1 - around.x0, around.y1 - around.y0) <= THIN
        if thin and (stroke.value or fill.value):
            yield from _straight(around)
        elif stroke.value:
            for (x0, y0), (x1, y1) in pairwise(points):
                yield from _straight(Box(min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)))


def _straight(box: Box) -> Iterator[Box]:
    width, height = box.x1 - box.x0, box.y1 - box.y0
    if min(width, height) <= THIN and max(width, height) >= SHORT:
        yield box


def _subpaths(path: object, matrix: Matrix) -> Iterator[list[Point]]:
    """Points on the page, part by part; curves end a part."""
    points: list[Point] = []
    for index in range(min(pdfium_c.FPDFPath_CountSegments(path), MAX_SEGMENTS)):
        segment = pdfium_c.FPDFPath_GetPathSegment(path, index)
        kind, point = pdfium_c.FPDFPathSegment_GetType(segment), _point(segment, matrix)
        if kind != pdfium_c.FPDF_SEGMENT_LINETO and points:
            yield points
            points = []
        points.append(point)
        if pdfium_c.FPDFPathSegment_GetClose(segment):
            points.append(points[0])
    if points:
        yield points


def _point(segment: object, matrix: Matrix) -> Point:
    x, y = ctypes.c_float(), ctypes.c_float()
    pdfium_c.FPDFPathSegment_GetPoint(segment, ctypes.byref(x), ctypes.byref(y))
    a, b, c, d, e, f = matrix
    return a * x.value + c * y.value + e, b * x.value + d * y.value + f
