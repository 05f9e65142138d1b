"""Pages that lean, as photographs do: how much, turned level, and their words back to where they stand."""

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from statistics import median

import numpy as np
from numpy.typing import NDArray

from documents.pages import Word

LEAST, MOST = 5.0, 30.0  # degrees worth turning, and believed
_PAIRS = 8  # neighbours on a line that it takes to tell

Matrix = NDArray[np.float64]  # 2 x 3, of an affine map


def angle(words: Sequence[Word]) -> float:
    """Degrees by which lines fall to the right; 0 if they are too few, or lean too little or too much to turn them.

    The words come line by line, as engines find them.
    """
    slopes = [
        math.degrees(
            math.atan2(after.y0 + after.y1 - before.y0 - before.y1, after.x0 + after.x1 - before.x0 - before.x1)
        )
        for before, after in pairwise(words)
        if _are_neighbours(before, after)
    ]
    found = median(slopes) if len(slopes) >= _PAIRS else 0.0
    return found if LEAST <= abs(found) <= MOST else 0.0


def _are_neighbours(before: Word, after: Word) -> bool:
    height = max(before.y1 - before.y0, after.y1 - after.y0)
    return abs(after.x0 - before.x1) < height and abs(after.y0 - before.y0) < height


def levelled(image: NDArray[np.uint8], degrees: float) -> tuple[NDArray[np.uint8], Matrix]:
    """The image turned so that lines falling by `degrees` are level, whole; and the map of its pixels back."""
    import cv2  # where pages are read by OCR, it is there already; others do without its libraries

    height, width = image.shape[:2]
    there = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1)
    cos, sin = abs(there[0, 0]), abs(there[0, 1])
    size = round(width * cos + height * sin), round(width * sin + height * cos)
    there[:, 2] += (size[0] - width) / 2, (size[1] - height) / 2
    level = cv2.warpAffine(image, there, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(level, np.uint8), np.asarray(cv2.invertAffineTransform(there))


def mapped(words: Iterable[Word], back: Matrix, shape: tuple[int, ...]) -> Iterator[Word]:
    """The words with upright boxes around theirs in the image of `shape` that was levelled."""
    for word in words:
        corners = np.array([(x, y, 1) for x in (word.x0, word.x1) for y in (word.y0, word.y1)]) @ back.T
        corners = corners.clip(0, (shape[1], shape[0]))
        (x0, y0), (x1, y1) = corners.min(axis=0).tolist(), corners.max(axis=0).tolist()
        yield Word(word.text, x0, y0, x1, y1, word.confidence)
