"""Other OCR engines, to compare the product's with: each reads as it comes, without the product's preparations."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.engines.ocr import OcrEngine
from analysis.engines.ocr.models import installed
from analysis.engines.ocr.tesseract import Tesseract
from analysis.reading.measuring import cpu_seconds
from analysis.reading.raster import Raster
from documents.pages import Box, Word


class RapidOcrDefaults:
    """RapidOCR as its package sets it up: ONNX Runtime, all threads, its angle classifier, pages to 2,000 pixels."""

    name = "rapidocr"

    def __init__(self) -> None:
        from rapidocr import RapidOCR

        models = {
            f"{part}.model_path": str(installed(f"rapidocr/models/{file}.onnx"))
            for part, file in (
                ("Det", "PP-OCRv6_det_small"),
                ("Rec", "PP-OCRv6_rec_small"),
                ("Cls", "ch_ppocr_mobile_v2.0_cls_mobile"),
            )
        }
        self._rapid: Any = RapidOCR(params={"Global.log_level": "error", **models})

    def read(self, image: NDArray[np.uint8], alphabet: str = "all") -> Sequence[Word]:
        """Its lines, taken apart at blanks."""
        found = self._rapid(np.ascontiguousarray(image[:, :, ::-1]))
        if found.boxes is None:
            return []
        return [word for quad, text in zip(found.boxes, found.txts, strict=True) for word in _words(text, quad)]


def _words(text: str, quad: NDArray[np.float32]) -> Iterator[Word]:
    """The words of a level line, boxes as wide as their share of its characters."""
    box = Box(*quad.min(axis=0).tolist(), *quad.max(axis=0).tolist())
    step, at = (box.x1 - box.x0) / max(len(text), 1), 0
    for word in text.split():
        at = text.index(word, at)
        yield Word(word, box.x0 + at * step, box.y0, box.x0 + (at + len(word)) * step, box.y1)
        at += len(word)


@dataclass(frozen=True)
class Contestant:
    """How an engine is loaded, and reads a page: its words and the CPU seconds it took. Run in a child process."""

    load: "partial[OcrEngine]"
    read: Callable[[Raster], tuple[Sequence[Word], float]]


@lru_cache(maxsize=1)
def _built(engine: Callable[[], OcrEngine]) -> OcrEngine:
    return engine()


def _read(engine: Callable[[], OcrEngine], raster: Raster) -> tuple[Sequence[Word], float]:
    image, built = raster.rgb(), _built(engine)
    with cpu_seconds() as seconds:
        words = built.read(image)
    return words, seconds()


CONTESTANTS = {
    name: Contestant(partial(_built, engine), partial(_read, engine))
    for name, engine in (("rapidocr", RapidOcrDefaults), ("tesseract", Tesseract))
}
