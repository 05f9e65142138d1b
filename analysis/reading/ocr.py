"""Pages without text: turned upright and read by the OCR engine, in a child process where it is kept warm."""

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from functools import lru_cache, partial

import numpy as np
from django.conf import settings
from django.utils.module_loading import import_string
from numpy.typing import NDArray

from analysis import caching
from analysis.engines.ocr import OcrEngine
from analysis.reading import layout, skew
from analysis.reading.markdown import page_markdown
from analysis.reading.measuring import cpu_seconds
from analysis.reading.raster import Raster
from documents import sandbox
from documents.pages import PageReading, Word

_CACHE = caching.Cache("ocr")
_AS_GOOD = 0.95  # of the characters of a page that leans, which a reading of it turned level must have
_NO_INK, _FAINT = 12, 100  # brightest to darkest, of 255: below them nothing is printed, or hardly to be seen


def read(raster: Raster, number: int, *, version: str, alphabet: str = "") -> PageReading:
    """The words of a page, boxes in the page's unit; equal pixels read by the same `version` may come from the cache.

    `alphabet` is what it is written in (see documents.alphabets, whose mark the version bears); blank: the
    installation's.
    Raises BudgetExceeded, sandbox.Interrupted, Unavailable.
    """
    size = (raster.width, raster.height, raster.channels, raster.page_width, raster.page_height)
    kept = _CACHE.get_or_make(
        lambda: _packed(_read_in_child(raster, number, alphabet)), version, repr(size), raster.pixels
    )
    return replace(_unpacked(kept), number=number)


def _read_in_child(raster: Raster, number: int, alphabet: str) -> PageReading:
    _prepare()
    given = settings.OCR_ENGINE, settings.OCR_THREADS, alphabet or settings.OCR_ALPHABET
    return sandbox.call("ocr", _read, *given, raster, number, timeout_s=settings.SANDBOX_PAGE_SECONDS)


def _packed(page: PageReading) -> bytes:
    return json.dumps(asdict(page)).encode()


def _unpacked(packed: bytes) -> PageReading:
    page = json.loads(packed)
    return PageReading(**{**page, "words": tuple(Word(*word) for word in page["words"])})


def read_measured(raster: Raster, number: int) -> tuple[PageReading, float]:
    """`read` without the cache, and the CPU seconds it took: for evaluation."""
    _prepare()
    given = settings.OCR_ENGINE, settings.OCR_THREADS, settings.OCR_ALPHABET
    return sandbox.call("ocr", _measured, *given, raster, number, timeout_s=settings.SANDBOX_PAGE_SECONDS)


def warm_up() -> None:
    """Start the child and load the models now."""
    _prepare()
    sandbox.warm("ocr")


def _prepare() -> None:
    sandbox.prepare("ocr", partial(_load, settings.OCR_ENGINE, settings.OCR_THREADS))


# What follows runs in the child.


def _load(engine_path: str, threads: int) -> None:
    engine = _engine(engine_path, threads)
    if engine.name != "null":
        engine.read(np.full((64, 256, 3), 255, np.uint8))
        _orientation(threads)


@lru_cache(maxsize=1)
def _engine(engine_path: str, threads: int) -> OcrEngine:
    engine: OcrEngine = import_string(engine_path)(threads=threads)
    return engine


@lru_cache(maxsize=1)
def _orientation(threads: int):  # type: ignore[no-untyped-def]
    from analysis.reading.orientation import Orientation

    return Orientation(threads)


def _read(engine_path: str, threads: int, alphabet: str, raster: Raster, number: int) -> PageReading:
    engine = _engine(engine_path, threads)
    image = raster.rgb()
    turn = 0 if engine.name == "null" else _orientation(threads).turn(image)
    upright = np.ascontiguousarray(np.rot90(contrasted(image), -turn // 90))
    width, height = (raster.page_height, raster.page_width) if turn % 180 else (raster.page_width, raster.page_height)
    scale_x, scale_y = width / upright.shape[1], height / upright.shape[0]
    words, back = _words(engine, upright, alphabet)
    arranged = [word for line in layout.arrange([_scaled(word, scale_x, scale_y) for word in words]) for word in line]
    markdown = page_markdown(arranged)
    if back is not None:  # rows and tables are told from level words; boxes are those of the page as it lies
        unscaled = (_scaled(word, 1 / scale_x, 1 / scale_y) for word in arranged)
        arranged = [_scaled(word, scale_x, scale_y) for word in skew.mapped(unscaled, back, upright.shape)]
    return PageReading(number, width, height, turn, "ocr" if arranged else "none", tuple(arranged), markdown)


def _words(engine: OcrEngine, image: NDArray[np.uint8], alphabet: str) -> tuple[Sequence[Word], skew.Matrix | None]:
    """The words of a page, and if it had to be levelled for them, the way back from the level image to it."""
    words = engine.read(image, alphabet)
    if not (degrees := skew.angle(words)):
        return words, None
    level, back = skew.levelled(image, degrees)
    again = engine.read(level, alphabet)
    return (again, back) if _certainty(again) >= _AS_GOOD * _certainty(words) else (words, None)


def _certainty(words: Sequence[Word]) -> float:
    """How many characters were read, each counted as far as it is believed."""
    return sum(len(word.text) * word.confidence for word in words)


def contrasted(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A page whose ink hardly differs from its paper, spread to the whole range; others as they are."""
    dark, bright = np.percentile(image[::4, ::4], (0.5, 99))
    if not _NO_INK < bright - dark < _FAINT:
        return image
    scale = np.clip((np.arange(256) - dark) * 255 / (bright - dark), 0, 255).astype(np.uint8)
    return np.asarray(scale[image])


def _measured(engine_path: str, threads: int, alphabet: str, raster: Raster, number: int) -> tuple[PageReading, float]:
    with cpu_seconds() as seconds:
        page = _read(engine_path, threads, alphabet, raster, number)
    return page, seconds()


def _scaled(word: Word, x: float, y: float) -> Word:
    return Word(word.text, word.x0 * x, word.y0 * y, word.x1 * x, word.y1 * y, word.confidence)
