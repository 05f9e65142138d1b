"""Where text is: the detector's input, and the quadrilaterals that its scores hold."""

from collections.abc import Sequence
from itertools import accumulate, pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

INK = 0.3  # the score of a pixel, from which it belongs to a region
# The detector is less sure of a lone digit, as in a column of quantities, than of a line.
LINE_FOUND, LONE_FOUND, LONE_SHAPE = 0.5, 0.3, 1.0  # its least scores of both; width to height, at most, of a lone one
MOST_REGIONS = 1_000
_STRIDE = 32  # the detector's sides are multiples of it
_LEAST_SIDE, _GROWTH = 3, 1.4  # pixels of the scores; regions are shrunk, by what their area and outline tell
_ROW = 10  # pixels between the tops of two regions, from which the second is in another row
_UPENDED = 1.5  # height to width, from which a region is taken for a line turned by 90 degrees

Image = NDArray[np.uint8]
Quad = NDArray[np.float32]  # 4 corners of x and y, clockwise from the top left


def detector_input(image: Image, longest: int) -> NDArray[np.float32]:
    """The BGR image as a batch of one, its longer side no longer than `longest`, from -1 to 1."""
    height, width = image.shape[:2]
    scale = min(1.0, longest / max(height, width))
    size = tuple(max(_STRIDE, round(int(side * scale) / _STRIDE) * _STRIDE) for side in (width, height))
    blob = cv2.dnn.blobFromImage(cv2.resize(image, size), 1 / 127.5, mean=(127.5, 127.5, 127.5))
    return np.asarray(blob, np.float32)


def regions(scores: NDArray[np.float32], shape: Sequence[int]) -> list[Quad]:
    """What a map of scores (height x width, from 0 to 1) takes for lines and lone characters in an image of `shape`.

    In reading order.
    """
    mask = cv2.dilate((scores > INK).astype(np.uint8), np.ones((2, 2), np.uint8))
    contours, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    scale = np.array([shape[1] / scores.shape[1], shape[0] / scores.shape[0]])
    last = np.array([shape[1] - 1, shape[0] - 1])
    found = (_region(cv2.minAreaRect(contour), scores) for contour in contours[:MOST_REGIONS])
    scaled = ((np.clip(np.round(region * scale), 0, last), score) for region, score in found if score)
    return _in_rows([quad for region, score in scaled if _is_text(quad := _clockwise(region), score)])


def _in_rows(quads: list[Quad]) -> list[Quad]:
    """From the top, and where their tops are near each other from the left."""
    quads = sorted(quads, key=lambda quad: quad[0, 1])
    lower = [after[0, 1] - before[0, 1] >= _ROW for before, after in pairwise(quads)]
    rows = accumulate(lower, initial=0)
    return [quad for _, quad in sorted(zip(rows, quads, strict=False), key=lambda pair: (pair[0], pair[1][0, 0]))]


def _region(rectangle: cv2.typing.RotatedRect, scores: NDArray[np.float32]) -> tuple[Quad, float]:
    """The corners of the rectangle around a contour, grown to whole letters, and its mean score; 0: no text."""
    centre, (width, height), angle = rectangle
    corners = _corners(rectangle)
    if min(width, height) < _LEAST_SIDE or (score := _mean_inside(corners, scores)) < LONE_FOUND:
        return corners, 0.0
    grown = _GROWTH * width * height / (width + height)  # of both sides together
    return _corners((centre, (width + grown, height + grown), angle)), score


def _corners(rectangle: cv2.typing.RotatedRect) -> Quad:
    return np.asarray(cv2.boxPoints(rectangle), np.float32)


def _mean_inside(corners: Quad, scores: NDArray[np.float32]) -> float:
    height, width = scores.shape
    left, top = np.clip(np.floor(corners.min(axis=0)).astype(int), 0, (width - 1, height - 1)).tolist()
    right, bottom = np.clip(np.ceil(corners.max(axis=0)).astype(int), 0, (width - 1, height - 1)).tolist()
    inside = np.zeros((bottom - top + 1, right - left + 1), np.uint8)
    cv2.fillPoly(inside, [(corners - (left, top)).astype(np.int32)], 1)
    return float(cv2.mean(scores[top : bottom + 1, left : right + 1], inside)[0])


def _clockwise(corners: Quad) -> Quad:
    """From the top left: of the two corners further left the upper one, and so on."""
    by_x = corners[np.argsort(corners[:, 0], kind="stable")]
    left, right = (pair[np.argsort(pair[:, 1], kind="stable")] for pair in (by_x[:2], by_x[2:]))
    return np.array([left[0], right[0], right[1], left[1]], np.float32)


def _is_text(quad: Quad, score: float) -> bool:
    wide, tall = int(np.linalg.norm(quad[0] - quad[1])), int(np.linalg.norm(quad[0] - quad[3]))
    if min(wide, tall) <= _LEAST_SIDE:
        return False
    return score >= LINE_FOUND or (wide <= LONE_SHAPE * tall and not is_upended(quad))


def is_upended(quad: Quad) -> bool:
    """Whether a region is taken for a line turned by 90 degrees."""
    wide = max(np.linalg.norm(quad[0] - quad[1]), np.linalg.norm(quad[3] - quad[2]))
    tall = max(np.linalg.norm(quad[0] - quad[3]), np.linalg.norm(quad[1] - quad[2]))
    return int(tall) >= _UPENDED * int(wide)


def cut_out(image: Image, quad: Quad) -> Image:
    """The region, level; one that is upended turned to the left, which is right for text that runs downwards."""
    crop = _sliced(image, quad) if _is_level(quad) else _straightened(image, quad)
    return np.ascontiguousarray(np.rot90(crop)) if crop.shape[0] >= _UPENDED * crop.shape[1] else crop


def _is_level(quad: Quad) -> bool:
    (left, top), (right, bottom) = quad[0], quad[2]
    return bool((quad[1] == (right, top)).all() and (quad[3] == (left, bottom)).all())


def _sliced(image: Image, quad: Quad) -> Image:
    (left, top), (right, bottom) = quad[0].astype(int).tolist(), quad[2].astype(int).tolist()
    return image[top:bottom, left:right]


def _straightened(image: Image, quad: Quad) -> Image:
    width = int(max(np.linalg.norm(quad[0] - quad[1]), np.linalg.norm(quad[2] - quad[3])))
    height = int(max(np.linalg.norm(quad[0] - quad[3]), np.linalg.norm(quad[1] - quad[2])))
    level = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    there = cv2.getPerspectiveTransform(quad, level)
    crop = cv2.warpPerspective(image, there, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(crop, np.uint8)
