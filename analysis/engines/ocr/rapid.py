"""RapidOCR (PP-OCRv6 small, models in its wheel) on OpenVINO or ONNX Runtime, whichever takes less CPU here."""

import logging
import math
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from importlib.metadata import version
from importlib.util import find_spec
from itertools import groupby, pairwise
from operator import itemgetter
from statistics import fmean
from typing import Any, NamedTuple

import cv2
import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from analysis.engines.ocr.heads import Line, TwoHeads, decoded
from analysis.engines.ocr.models import installed
from documents.pages import Word

logger = logging.getLogger(__name__)

# The longer side that the detector sees, in pixels: receipts and photos are large in print, A4 pages small.
RECEIPT_SIDE, SHEET_SIDE = 960, 1_280
LINE_HEIGHT, MIN_LINE_WIDTH, MAX_LINE_WIDTH, WIDTH_STEP = 48, 160, 2_880, 32  # what the recogniser sees, in pixels
WIDE_STEP, MIN_WIDE_STEP = 1.8, 4  # typical steps, and columns, from letter to letter, beyond which words part
MIN_CONFIDENCE = 0.5  # of a line, below which it is noise
# The detector is less sure of a lone digit, as in a column of quantities, than of a line.
LINE_FOUND, LONE_FOUND, LONE_SHAPE = 0.5, 0.3, 1.0  # its least scores of both; width to height, at most, of a lone one
_SHEET_PIXELS = 1_400  # the longer side of a sheet scanned well enough to hold small print
_SHEET_RATIO = 1.2, 1.6  # of a sheet's sides; receipts are longer
_PREFERRED = 0.9  # the share of OpenVINO's time below which ONNX Runtime is chosen: a close race has no winner
_TILE, _LINES_A_TILE = 224, 3  # the side of a sample of a page in pixels, and how many lines such a sample holds

Quad = NDArray[np.float32]
ReadLine = Callable[[NDArray[np.float32], int], Line]


def _runtimes() -> list[str]:
    """Those to choose from, the usually faster one first."""
    asked = [settings.OCR_RUNTIME] if settings.OCR_RUNTIME != "auto" else ["openvino", "onnxruntime"]
    return [runtime for runtime in asked if find_spec(runtime)] or ["onnxruntime"]


class RapidOcr:
    """Obeys analysis.engines.ocr.OcrEngine. `threads` is the number of CPU threads of one inference.

    The name tells the runtimes that may have read, not which one did: they differ in a letter now and then, and a
    reading must not be lost because another worker measured otherwise.
    """

    name = "/".join(
        [
            f"rapidocr-{version('rapidocr')}",
            "+".join(f"{runtime}-{version(runtime)}" for runtime in _runtimes()),
            settings.OCR_ALPHABET,
        ]
    )

    def __init__(self, *, threads: int = 1) -> None:
        loaded = list(_loaded(threads))
        self._rapid, self._read_line = (_faster(loaded) if len(loaded) > 1 else loaded[0]).parts

    def read(self, image: NDArray[np.uint8]) -> Sequence[Word]:
        """The words of an upright RGB image (height x width x 3), boxes in its pixels, in the order of its lines."""
        bgr = np.ascontiguousarray(image[:, :, ::-1])
        self._rapid.text_det.limit_side_len = _detector_side(image)
        quads = self._rapid.text_det(bgr).boxes
        if quads is None:
            return []
        crops = self._rapid.crop_text_regions(bgr, quads)
        lines = {n: self._line(quads[n], crops[n], image.shape) for n in _by_width(crops)}
        return [word for n in range(len(crops)) for word in lines[n]]

    def _line(self, quad: Quad, crop: NDArray[np.uint8], shape: tuple[int, ...]) -> list[Word]:
        line, corners = self._recognised(crop), quad
        if _is_upended(quad):  # RapidOCR turned it to the left, which is right for text that runs downwards
            corners = np.roll(quad, -1, axis=0)
            upwards = self._recognised(np.ascontiguousarray(crop[::-1, ::-1]))
            if upwards.confidence > line.confidence:
                line, corners = upwards, np.roll(quad, 1, axis=0)
        if line.confidence < MIN_CONFIDENCE or not line.text.strip():
            return []
        return list(_placed(_split(line), corners, line.length, shape))

    def _recognised(self, crop: NDArray[np.uint8]) -> Line:
        return self._read_line(*_recogniser_input(crop))


def _by_width(crops: Sequence[NDArray[np.uint8]]) -> list[int]:
    """The order in which to read lines: each change of width costs the runtime new memory and kernels."""
    return sorted(range(len(crops)), key=lambda n: crops[n].shape[1] / crops[n].shape[0])


class _Loaded(NamedTuple):
    runtime: str
    parts: tuple[Any, ReadLine]

    def cpu_seconds(self) -> float:
        """The CPU seconds of a sample of a page: its detection and its lines."""
        rapid, read_line = self.parts
        tile, line = np.full((_TILE, _TILE, 3), 255, np.uint8), _recogniser_input(_sample_line())
        begin = time.process_time()
        rapid.text_det(tile)
        for _ in range(_LINES_A_TILE):
            read_line(*line)
        return time.process_time() - begin


def _loaded(threads: int) -> Iterator[_Loaded]:
    *others, last = _runtimes()
    for runtime in others:
        try:
            yield _load(runtime, threads)
        except (ImportError, OSError, RuntimeError) as error:
            logger.warning("OpenVINO can't be used (%s): OCR runs on ONNX Runtime, more slowly", error)
    yield _load(last, threads)


def _load(runtime: str, threads: int) -> _Loaded:
    rapid = _built(runtime, threads)
    reader = _line_reader(rapid.text_rec, threads) if runtime == "openvino" else None
    return _Loaded(runtime, (rapid, reader or partial(_read_by_session, rapid.text_rec)))


def _faster(loaded: Sequence[_Loaded]) -> _Loaded:
    """The first one, unless another is clearly faster; the first of three runs is warming up."""
    seconds = [min([one.cpu_seconds() for _ in range(3)][1:]) for one in loaded]
    best = seconds.index(min(seconds))
    chosen = loaded[best if seconds[best] < _PREFERRED * seconds[0] else 0]
    told = ", ".join(f"{one.runtime} {1000 * spent:.0f} ms" for one, spent in zip(loaded, seconds, strict=True))
    logger.info("OCR runs on %s (CPU time of a sample: %s)", chosen.runtime, told)
    return chosen


def _sample_line() -> NDArray[np.uint8]:
    line = np.full((LINE_HEIGHT, 320, 3), 255, np.uint8)
    cv2.putText(line, "Grand total 1,234.50", (8, 34), cv2.FONT_HERSHEY_SIMPLEX, 0.85, (0, 0, 0), 2)
    return line


def _line_reader(recogniser: Any, threads: int) -> ReadLine:
    if settings.OCR_ALPHABET == "all":
        return partial(_read_by_session, recogniser)
    return TwoHeads(recogniser, threads).read


def _read_by_session(recogniser: Any, pixels: NDArray[np.float32], used: int) -> Line:
    return decoded(recogniser.postprocess_op.character, recogniser.session(pixels)[0], used / pixels.shape[3])


def _built(runtime: str, threads: int) -> Any:
    """RapidOCR with its detector and recogniser loaded. Its own angle classifier is off: pages come upright."""
    from rapidocr import EngineType, RapidOCR

    rapid = RapidOCR(
        params={
            "Global.log_level": "error",
            "Global.use_cls": False,
            "Det.engine_type": EngineType(runtime),
            "Det.model_path": str(installed("rapidocr/models/PP-OCRv6_det_small.onnx")),  # named, nothing is downloaded
            "Det.limit_type": "max",
            "Rec.engine_type": EngineType(runtime),
            "Rec.model_path": str(installed("rapidocr/models/PP-OCRv6_rec_small.onnx")),
            "EngineConfig.openvino.inference_num_threads": threads,
            "EngineConfig.openvino.enable_cpu_pinning": False,  # pinned workers queue for one core while others idle
            "EngineConfig.onnxruntime.intra_op_num_threads": threads,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        }
    )
    loaded: Any = rapid
    loaded._load_det_model()
    loaded._load_rec_model()
    half = np.full(3, 0.5, np.float32)  # lists would be taken for doubles, which are slower to normalise with
    loaded.text_det.mean = loaded.text_det.std = half
    loaded.text_det.postprocess_op = _Regions(loaded.text_det.postprocess_op)
    return loaded


class _Regions:
    """Stands in for the detector's `postprocess_op`: it keeps lone characters that are less sure than lines must be."""

    def __init__(self, regions: Any) -> None:
        self._regions = regions
        self._regions.box_thresh = LONE_FOUND

    def __call__(self, scores: Any, shape: tuple[int, int]) -> tuple[Quad, list[float]]:
        """Quadrilaterals in an image of `shape`, and how sure each is."""
        found = [pair for pair in zip(*self._regions(scores, shape), strict=True) if _is_text(*pair)]
        return np.array([quad for quad, _ in found]), [score for _, score in found]


def _is_text(quad: Quad, score: float) -> bool:
    wide, tall = np.linalg.norm(quad[0] - quad[1]), np.linalg.norm(quad[0] - quad[3])
    return score >= LINE_FOUND or bool(wide <= LONE_SHAPE * tall and not _is_upended(quad))


def _detector_side(image: NDArray[np.uint8]) -> int:
    short, long = sorted(image.shape[:2])
    is_sheet = long >= _SHEET_PIXELS and _SHEET_RATIO[0] <= long / short <= _SHEET_RATIO[1]
    return SHEET_SIDE if is_sheet else RECEIPT_SIDE


def _recogniser_input(crop: NDArray[np.uint8]) -> tuple[NDArray[np.float32], int]:
    """A level line, LINE_HEIGHT high, as a batch of one, and how many of its columns are not padding.

    Widths go in steps, because each new one costs the runtime a compilation. Lines are not batched: a batch pads all to
    its longest, which makes it no faster on a CPU.
    """
    height, width = crop.shape[:2]
    used = min(math.ceil(LINE_HEIGHT * width / height), MAX_LINE_WIDTH)
    padded = max(MIN_LINE_WIDTH, math.ceil(used / WIDTH_STEP) * WIDTH_STEP)
    pixels = np.zeros((1, 3, LINE_HEIGHT, padded), np.float32)
    pixels[0, :, :, :used] = cv2.resize(crop, (used, LINE_HEIGHT)).transpose(2, 0, 1) / 127.5 - 1
    return pixels, used


def _split(line: Line) -> Iterator[tuple[str, list[int], float]]:
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


def _placed(
    words: Iterable[tuple[str, list[int], float]], corners: Quad, line_columns: float, shape: tuple[int, ...]
) -> Iterator[Word]:
    """Words with boxes in the image of `shape`: the upright box around their part of the line's quadrilateral."""
    words = list(words)
    half = _half_character([columns for _, columns, _ in words], line_columns)
    for text, columns, confidence in words:
        begin = max(0.0, (columns[0] + 0.5 - half) / line_columns)
        end = min(1.0, (columns[-1] + 0.5 + half) / line_columns)
        points = _between(corners, begin, end).clip(0, (shape[1], shape[0]))
        (x0, y0), (x1, y1) = points.min(axis=0).tolist(), points.max(axis=0).tolist()
        yield Word(text, x0, y0, x1, y1, confidence)


def _half_character(words: list[list[int]], line_columns: float) -> float:
    """Half the typical advance from one character's column to the next."""
    steps = [after - before for columns in words for before, after in pairwise(columns)]
    return float(np.median(steps)) / 2 if steps else min(line_columns / 2, 2.0)


def _is_upended(quad: Quad) -> bool:
    """Whether RapidOCR takes a region for a line turned by 90 degrees."""
    wide = max(np.linalg.norm(quad[0] - quad[1]), np.linalg.norm(quad[3] - quad[2]))
    tall = max(np.linalg.norm(quad[0] - quad[3]), np.linalg.norm(quad[1] - quad[2]))
    return int(tall) >= 1.5 * int(wide)


def _between(corners: Quad, begin: float, end: float) -> Quad:
    """The part of a quadrilateral between two shares of its length."""
    top, bottom = corners[1] - corners[0], corners[2] - corners[3]
    return np.array(
        [corners[0] + begin * top, corners[0] + end * top, corners[3] + begin * bottom, corners[3] + end * bottom]
    )
