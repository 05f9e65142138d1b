"""RapidOCR (PP-OCRv6 small, models in its wheel) on OpenVINO or ONNX Runtime, whichever takes less CPU here."""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any, NamedTuple

import cv2
import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from analysis.engines.ocr import lines
from analysis.engines.ocr.heads import Line, TwoHeads, decoded
from analysis.engines.ocr.models import installed
from analysis.engines.ocr.regions import Image, Quad, cut_out, detector_input, is_upended, regions
from documents.pages import Word

logger = logging.getLogger(__name__)

# The longer side that the detector sees, in pixels: receipts and photos are large in print, A4 pages small.
RECEIPT_SIDE, SHEET_SIDE = 960, 1_280
MIN_CONFIDENCE = 0.5  # of a line, below which it is noise
_SHEET_PIXELS = 1_400  # the longer side of a sheet scanned well enough to hold small print
_SHEET_RATIO = 1.2, 1.6  # of a sheet's sides; receipts are longer
_PREFERRED = 0.9  # the share of OpenVINO's time below which ONNX Runtime is chosen: a close race has no winner
_TILE, _LINES_A_TILE = 224, 3  # the side of a sample of a page in pixels, and how many lines such a sample holds

Detect = Callable[[NDArray[np.float32]], NDArray[np.float32]]
ReadLine = Callable[[NDArray[np.float32], int, str], Line]


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
        self._detect, self._read_line = (_faster(loaded) if len(loaded) > 1 else loaded[0]).parts

    def read(self, image: NDArray[np.uint8], alphabet: str = "latin") -> Sequence[Word]:
        """The words of an upright RGB image (height x width x 3), boxes in its pixels, in the order of its lines.

        ONNX Runtime reads in all alphabets, whichever is given.
        """
        bgr = np.ascontiguousarray(image[:, :, ::-1])
        quads = _found(self._detect, bgr)
        crops = [cut_out(bgr, quad) for quad in quads]
        read = {n: self._line(quads[n], crops[n], image.shape, alphabet) for n in lines.by_width(crops)}
        return [word for n in range(len(crops)) for word in read[n]]

    def _line(self, quad: Quad, crop: Image, shape: tuple[int, ...], alphabet: str) -> list[Word]:
        line, corners = self._recognised(crop, alphabet), quad
        if is_upended(quad):
            corners = np.roll(quad, -1, axis=0)
            upwards = self._recognised(np.ascontiguousarray(crop[::-1, ::-1]), alphabet)
            if upwards.confidence > line.confidence:
                line, corners = upwards, np.roll(quad, 1, axis=0)
        if line.confidence < MIN_CONFIDENCE or not line.text.strip():
            return []
        return list(lines.placed(lines.split(line), corners, line.length, shape))

    def _recognised(self, crop: Image, alphabet: str) -> Line:
        return self._read_line(*lines.recogniser_input(crop), alphabet)


def _found(detect: Detect, bgr: Image) -> list[Quad]:
    return regions(detect(detector_input(bgr, _detector_side(bgr))), bgr.shape)


class _Loaded(NamedTuple):
    runtime: str
    parts: tuple[Detect, ReadLine]

    def cpu_seconds(self) -> float:
        """The CPU seconds of a sample of a page: its detection and its lines."""
        detect, read_line = self.parts
        tile, line = np.full((_TILE, _TILE, 3), 255, np.uint8), lines.recogniser_input(_sample_line())
        begin = time.process_time()
        _found(detect, tile)
        for _ in range(_LINES_A_TILE):
            read_line(*line, "latin")
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
    by_session = partial(_read_by_session, rapid.text_rec)
    read_line = TwoHeads(rapid.text_rec, threads).read if runtime == "openvino" else by_session
    return _Loaded(runtime, (partial(_scores, rapid.text_det.session), read_line))


def _faster(loaded: Sequence[_Loaded]) -> _Loaded:
    """The first one, unless another is clearly faster; the first of three runs is warming up."""
    seconds = [min([one.cpu_seconds() for _ in range(3)][1:]) for one in loaded]
    best = seconds.index(min(seconds))
    chosen = loaded[best if seconds[best] < _PREFERRED * seconds[0] else 0]
    told = ", ".join(f"{one.runtime} {1000 * spent:.0f} ms" for one, spent in zip(loaded, seconds, strict=True))
    logger.info("OCR runs on %s (CPU time of a sample: %s)", chosen.runtime, told)
    return chosen


def _scores(session: Any, pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    """How surely each pixel belongs to text: height x width. The runtime writes over it the next time."""
    scores: NDArray[np.float32] = session(pixels)[0, 0]
    return scores


def _sample_line() -> NDArray[np.uint8]:
    line = np.full((lines.LINE_HEIGHT, 320, 3), 255, np.uint8)
    cv2.putText(line, "Grand total 1,234.50", (8, 34), cv2.FONT_HERSHEY_SIMPLEX, 0.85, (0, 0, 0), 2)
    return line


def _read_by_session(recogniser: Any, pixels: NDArray[np.float32], used: int, _alphabet: str) -> Line:
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
    return loaded


def _detector_side(image: NDArray[np.uint8]) -> int:
    short, long = sorted(image.shape[:2])
    is_sheet = long >= _SHEET_PIXELS and _SHEET_RATIO[0] <= long / short <= _SHEET_RATIO[1]
    return SHEET_SIDE if is_sheet else RECEIPT_SIDE
