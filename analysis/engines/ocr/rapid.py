"""RapidOCR (PP-OCRv6 small, models in its wheel) on OpenVINO, or on ONNX Runtime where OpenVINO can't be loaded."""

import logging
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from importlib.util import find_spec
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from documents.pages import Word

logger = logging.getLogger(__name__)

# The longer side that the detector sees, in pixels: receipts and photos are large in print, A4 pages small.
RECEIPT_SIDE, SHEET_SIDE = 960, 1_280
MIN_CONFIDENCE = 0.5  # of a line, below which it is noise
_SHEET_PIXELS = 1_400  # the longer side of a sheet scanned well enough to hold small print
_SHEET_RATIO = 1.2, 1.6  # of a sheet's sides; receipts are longer
_RUNTIME = "openvino" if find_spec("openvino") else "onnxruntime"

Quad = NDArray[np.float32]


class RapidOcr:
    """Obeys analysis.engines.ocr.OcrEngine. `threads` is the number of CPU threads of one inference."""

    name = f"rapidocr-{version('rapidocr')}/{_RUNTIME}-{version(_RUNTIME)}"

    def __init__(self, *, threads: int = 1) -> None:
        try:
            self._rapid = _built("openvino", threads)
        except (ImportError, OSError, RuntimeError) as error:
            logger.warning("OpenVINO can't be used (%s): OCR runs on ONNX Runtime, more slowly", error)
            self._rapid = _built("onnxruntime", threads)

    def read(self, image: NDArray[np.uint8]) -> Sequence[Word]:
        """The words of an upright RGB image (height x width x 3), boxes in its pixels, in the order of its lines."""
        self._rapid.text_det.limit_side_len = _detector_side(image)
        quads = self._rapid.text_det(np.ascontiguousarray(image[:, :, ::-1])).boxes
        if quads is None:
            return []
        return list(self._words(image, quads))

    def _words(self, image: NDArray[np.uint8], quads: NDArray[np.float32]) -> Iterator[Word]:
        crops = self._rapid.crop_text_regions(np.ascontiguousarray(image[:, :, ::-1]), quads)
        lines = self._rapid.recognize_txt(crops)
        height, width = image.shape[:2]
        for quad, crop, text, score, places in zip(quads, crops, lines.txts, lines.scores, lines.word_results, strict=True):
            if score >= MIN_CONFIDENCE:
                yield from _line_words(quad, crop, text, places, width, height)


def _built(runtime: str, threads: int) -> Any:
    """RapidOCR with its detector and recogniser loaded. Its own angle classifier is off: pages come upright."""
    from rapidocr import EngineType, RapidOCR

    rapid = RapidOCR(
        params={
            "Global.log_level": "error",
            "Global.use_cls": False,
            "Global.return_word_box": True,
            "Det.engine_type": EngineType(runtime),
            "Det.limit_type": "max",
            "Rec.engine_type": EngineType(runtime),
            "Rec.rec_batch_num": 1,  # batches pad all lines to the longest: no faster on a CPU
            "EngineConfig.openvino.inference_num_threads": threads,
            "EngineConfig.openvino.enable_cpu_pinning": False,  # pinned workers queue for one core while others idle
            "EngineConfig.onnxruntime.intra_op_num_threads": threads,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        }
    )
    rapid._load_det_model()
    rapid._load_rec_model()
    return rapid


def _detector_side(image: NDArray[np.uint8]) -> int:
    short, long = sorted(image.shape[:2])
    is_sheet = long >= _SHEET_PIXELS and _SHEET_RATIO[0] <= long / short <= _SHEET_RATIO[1]
    return SHEET_SIDE if is_sheet else RECEIPT_SIDE


def _line_words(quad: Quad, crop: NDArray[np.uint8], text: str, places: Any, width: int, height: int) -> Iterator[Word]:
    """Split a recognised line at its blanks; each word stands where the recogniser's columns saw it."""
    columns = [column for word in places.word_cols for column in word]
    start = 0
    confidences = iter(places.confs)
    stretches: list[tuple[str, list[int], float]] = []
    for part in text.split(" "):
        size = sum(not char.isspace() for char in part)
        scores = [next(confidences) for _ in part]
        next(confidences, None)  # the blank's
        if size:
            stretches.append((part.strip(), columns[start : start + size], float(np.mean(scores))))
        start += size
    yield from _placed(stretches, quad, crop, places.line_txt_len, width, height)


def _placed(
    stretches: list[tuple[str, list[int], float]],
    quad: Quad,
    crop: NDArray[np.uint8],
    line_columns: float,
    width: int,
    height: int,
) -> Iterator[Word]:
    half = _half_character([columns for _, columns, _ in stretches], line_columns)
    corners = _reading_corners(quad, crop)
    for text, columns, confidence in stretches:
        begin = max(0.0, (columns[0] + 0.5 - half) / line_columns)
        end = min(1.0, (columns[-1] + 0.5 + half) / line_columns)
        points = _between(corners, begin, end)
        (x0, y0), (x1, y1) = points.min(axis=0), points.max(axis=0)
        x0, x1 = np.clip((x0, x1), 0, width)
        y0, y1 = np.clip((y0, y1), 0, height)
        yield Word(text, float(x0), float(y0), float(x1), float(y1), confidence)


def _half_character(words: list[list[int]], line_columns: float) -> float:
    """Half the typical advance from one character's column to the next."""
    steps = [after - before for columns in words for before, after in pairwise(columns)]
    return float(np.median(steps)) / 2 if steps else min(line_columns / 2, 2.0)


def _reading_corners(quad: Quad, crop: NDArray[np.uint8]) -> Quad:
    """The corners from the line's beginning, clockwise. RapidOCR turns tall crops to the left before it reads them."""
    wide = max(np.linalg.norm(quad[0] - quad[1]), np.linalg.norm(quad[3] - quad[2]))
    tall = max(np.linalg.norm(quad[0] - quad[3]), np.linalg.norm(quad[1] - quad[2]))
    return np.roll(quad, -1, axis=0) if tall / max(wide, 1e-6) >= 1.5 else quad


def _between(corners: Quad, begin: float, end: float) -> Quad:
    """The part of a quadrilateral between two shares of its length."""
    top, bottom = corners[1] - corners[0], corners[2] - corners[3]
    return np.array(
        [corners[0] + begin * top, corners[0] + end * top, corners[3] + begin * bottom, corners[3] + end * bottom]
    )
