"""Lines of text: what the recogniser sees of them, and the words that they part into."""

import math
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, pairwise
from operator import itemgetter
from statistics import fmean, median

import cv2
import numpy as np
from numpy.typing import NDArray

from analysis.engines.ocr.heads import Line
from analysis.engines.ocr.regions import Image, Quad
from documents.pages import Word

LINE_HEIGHT = 48  # what the recogniser sees, in pixels
_NARROWEST, _WIDEST, _STEP, _RATIO = 64, 2_880, 8, 1.15  # of the widths it sees
# Small print is enlarged to LINE_HEIGHT: its letters are told apart in a smaller share of the width that goes with it.
_SMALL_PRINT, _SMALL_SHARE = 32, 0.85  # pixels, and the share
WIDE_STEP, MIN_WIDE_STEP = 1.8, 4  # typical steps, and columns, from letter to letter, beyond which words part


def _ladder() -> list[int]:
    widths = [_NARROWEST]
    while widths[-1] < _WIDEST:
        wider = round(widths[-1] * _RATIO / _STEP) * _STEP
        widths.append(min(max(wider, widths[-1] + _STEP), _WIDEST))
    return widths


WIDTHS = _ladder()


def shown(crop: Image) -> tuple[int, int]:
    """The width that the recogniser sees a level line at, and how many of its columns are not padding.

    A line is squeezed into the next lower one of few widths: each new one costs the runtime a compilation, and each
    change some memory. That is nearer to how it looks than to hurt, and spares what padding would cost.
    """
    height, width = crop.shape[:2]
    whole = LINE_HEIGHT * width / height
    index = bisect_right(WIDTHS, whole * (_SMALL_SHARE if height < _SMALL_PRINT else 1))
    return (WIDTHS[index - 1], WIDTHS[index - 1]) if index else (WIDTHS[0], min(math.ceil(whole), WIDTHS[0]))


def recogniser_input(crop: Image) -> tuple[NDArray[np.float32], int]:
    """A level line, LINE_HEIGHT high, as a batch of one, and how many of its columns are not padding.

    Lines are not batched: a batch doesn't fit the processor's caches, which makes it no faster.
    """
    width, used = shown(crop)
    shrinks = crop.shape[0] > LINE_HEIGHT
    scaled = cv2.resize(crop, (used, LINE_HEIGHT), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    pixels = cv2.dnn.blobFromImage(scaled, 1 / 127.5, mean=(127.5, 127.5, 127.5))
    return np.pad(pixels, ((0, 0), (0, 0), (0, 0), (0, width - used))) if used < width else np.asarray(pixels), used


def by_width(crops: Sequence[Image]) -> list[int]:
    """The order in which to read lines: each change of width costs the runtime new memory and kernels."""
    return sorted(range(len(crops)), key=lambda n: shown(crops[n]))


def split(line: Line) -> Iterator[tuple[str, list[int], float]]:
    """The words of a line: text, the recogniser's column of each character, mean confidence.

    They part at blanks, and at gaps too wide for one, which the recogniser often leaves out between columns of a table.
    """
    seen = [found for found in zip(line.text, line.columns, line.confidences, strict=True) if not found[0].isspace()]
    gap = max(WIDE_STEP * 2 * _half_character([[column for _, column, _ in seen]], line.length), MIN_WIDE_STEP)
    word, last = 0, seen[0][1]
    letters: list[tuple[int, str, int, float]] = []
    for char, column, confidence in zip(line.text, line.columns, line.confidences, strict=True):
        if char.isspace():
            word += 1
            continue
        word, last = word + (column - last > gap), column
        letters.append((word, char, column, confidence))
    for _, group in groupby(letters, key=itemgetter(0)):
        _, characters, at, confidences = zip(*group, strict=True)
        yield "".join(characters), list(at), fmean(confidences)


def placed(
    words: Iterable[tuple[str, list[int], float]], corners: Quad, line_columns: float, shape: tuple[int, ...]
) -> Iterator[Word]:
    """Words with boxes in the image of `shape`: the upright box around their part of the line's quadrilateral."""
    words = list(words)
    half = _half_character([columns for _, columns, _ in words], line_columns)
    ends = np.array([(columns[0] + 0.5 - half, columns[-1] + 0.5 + half) for _, columns, _ in words]) / line_columns
    points = _between(corners, ends.clip(0, 1)).clip(0, (shape[1], shape[0]))
    boxes = np.concatenate([points.min(axis=1), points.max(axis=1)], axis=1).tolist()
    for (text, _, confidence), (x0, y0, x1, y1) in zip(words, boxes, strict=True):
        yield Word(text, x0, y0, x1, y1, confidence)


def _half_character(words: list[list[int]], line_columns: float) -> float:
    """Half the typical advance from one character's column to the next."""
    steps = [after - before for columns in words for before, after in pairwise(columns)]
    return median(steps) / 2 if steps else min(line_columns / 2, 2.0)


def _between(corners: Quad, ends: NDArray[np.float64]) -> NDArray[np.float64]:
    """The corners (n x 4 x 2) of the parts of a quadrilateral between shares of its length (n x 2)."""
    top, bottom = corners[1] - corners[0], corners[2] - corners[3]
    shares = ends[:, :, None]
    return np.concatenate([corners[0] + shares * top, corners[3] + shares * bottom], axis=1)
