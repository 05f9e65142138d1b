"""Drawings on a PDF page: where curves and slanted lines stand close together. Runs in the parser's child process.

Tables, frames and underlines are straight; what has many curves in one place is a diagram, a chart or a drawing.
"""

import ctypes
from collections.abc import Iterable, Iterator
from itertools import product as pairs
from typing import NamedTuple

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from analysis.reading.rules import MAX_SEGMENTS, Place
from analysis.reading.things import things_of
from documents.pages import Box

CELLS = 80  # of a grid over the page, across and down; what is in neighbouring ones belongs together
_FEWEST_STROKES = 40  # curves and slanted lines of a drawing
_MOST_SEGMENTS = 100  # of a path that are looked at
_BACKGROUND = 0.8  # of the page's area, from which on a path is its background or frame
_PADDING = 4.0  # units of the page around a drawing

Cell = tuple[int, int]


class Drawing(NamedTuple):
    """A drawing's box on the upright page, and what tells it from others that stand elsewhere or have other lines."""

    box: Box
    digest: str


class _Path(NamedTuple):
    box: Box
    strokes: int


def drawings_on(page: pdfium.PdfPage, place: Place, size: tuple[float, float]) -> list[Drawing]:
    """The drawings of a page, by how it is placed upright and the size that it has then."""
    paths = [path for path in _paths(page, place) if _area(path.box) < _BACKGROUND * size[0] * size[1]]
    return [drawing for group in _groups(paths, size) if (drawing := _drawing(group, size))]


def _drawing(group: list[_Path], size: tuple[float, float]) -> Drawing | None:
    strokes = sum(path.strokes for path in group)
    if strokes < _FEWEST_STROKES:
        return None
    x0, y0, x1, y1 = Box.around([path.box for path in group])
    box = Box(
        max(x0 - _PADDING, 0.0), max(y0 - _PADDING, 0.0), min(x1 + _PADDING, size[0]), min(y1 + _PADDING, size[1])
    )
    return Drawing(box, f"{[round(side) for side in box]} {strokes}")


def _groups(paths: list[_Path], size: tuple[float, float]) -> list[list[_Path]]:
    """Paths that share cells of the grid, or have neighbouring ones."""
    within: dict[Cell, list[int]] = {}
    for number, path in enumerate(paths):
        for cell in _cells(path.box, size):
            within.setdefault(cell, []).append(number)
    groups = []
    while within:
        numbers, waiting = set[int](), [next(iter(within))]
        while waiting:
            cell = waiting.pop()
            numbers.update(within.pop(cell, ()))
            waiting += [near for near in _around(cell) if near in within]
        groups.append([paths[number] for number in sorted(numbers)])
    return groups


def _cells(box: Box, size: tuple[float, float]) -> Iterable[Cell]:
    """Of the grid, along the box's sides: what is within a frame doesn't belong to it by that."""
    left, right = (min(max(int(CELLS * x / size[0]), 0), CELLS - 1) for x in (box.x0, box.x1))
    top, bottom = (min(max(int(CELLS * y / size[1]), 0), CELLS - 1) for y in (box.y0, box.y1))
    columns, rows = range(left, right + 1), range(top, bottom + 1)
    return {*pairs(columns, (top, bottom)), *pairs((left, right), rows)}


def _around(cell: Cell) -> Iterator[Cell]:
    return ((cell[0] + across, cell[1] + down) for across in (-1, 0, 1) for down in (-1, 0, 1))


def _paths(page: pdfium.PdfPage, place: Place) -> Iterator[_Path]:
    for path, (a, b, c, d, e, f) in things_of(page, pdfium_c.FPDF_PAGEOBJ_PATH, MAX_SEGMENTS):
        points, strokes = [], 0
        for index in range(min(pdfium_c.FPDFPath_CountSegments(path), _MOST_SEGMENTS)):
            segment = pdfium_c.FPDFPath_GetPathSegment(path, index)
            x, y = ctypes.c_float(), ctypes.c_float()
            pdfium_c.FPDFPathSegment_GetPoint(segment, ctypes.byref(x), ctypes.byref(y))
            points.append((a * x.value + c * y.value + e, b * x.value + d * y.value + f))
            strokes += _is_stroke(pdfium_c.FPDFPathSegment_GetType(segment), points)
        if points:
            (left, *_, right), (low, *_, high) = (sorted([*side, side[0]]) for side in zip(*points, strict=True))
            yield _Path(place(left, low, right, high), strokes)


def _is_stroke(kind: int, points: list[tuple[float, float]]) -> bool:
    """Whether the latest point ends a curve or a slanted line."""
    if kind == pdfium_c.FPDF_SEGMENT_BEZIERTO:
        return True
    if kind != pdfium_c.FPDF_SEGMENT_LINETO or len(points) < 2:
        return False
    (x0, y0), (x1, y1) = points[-2:]
    return abs(x1 - x0) > 1 and abs(y1 - y0) > 1


def _area(box: Box) -> float:
    return (box.x1 - box.x0) * (box.y1 - box.y0)
