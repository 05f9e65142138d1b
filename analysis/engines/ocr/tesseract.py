"""Tesseract, where its program is installed: `OCR_ENGINE=analysis.engines.ocr.tesseract.Tesseract`."""

import csv
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from documents.errors import Unavailable
from documents.pages import Word

_WORD_LEVEL = "5"


def _version() -> str:
    """As the program tells it in its first line ("tesseract 5.3.0"); "missing" where there is none."""
    if (program := shutil.which("tesseract")) is None:
        return "missing"
    told = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    return (told.stdout + told.stderr).split("\n", 1)[0].removeprefix("tesseract ").strip()


class Tesseract:
    """Obeys analysis.engines.ocr.OcrEngine. Raises Unavailable (`ocr_engine_missing`) where the program isn't."""

    name = f"tesseract-{_version()}"

    def __init__(self, *, threads: int = 1) -> None:
        self._environment = {**os.environ, "OMP_THREAD_LIMIT": str(threads)}
        _ = self._program

    def read(self, image: NDArray[np.uint8], alphabet: str = "latin") -> Sequence[Word]:
        """The words of an upright RGB image (height x width x 3), boxes in its pixels, in Tesseract's order.

        Always by its own default language.
        """
        _, pixels = cv2.imencode(".ppm", image[:, :, ::-1])
        command = [self._program, "stdin", "stdout", "--psm", "3", "tsv"]
        done = subprocess.run(command, input=pixels.tobytes(), env=self._environment, capture_output=True, check=True)
        return list(_words(done.stdout.decode()))

    @cached_property
    def _program(self) -> str:
        if found := shutil.which("tesseract"):
            return found
        detail = "The program `tesseract` is not installed. Install it, or set OCR_ENGINE to another engine."
        raise Unavailable("ocr_engine_missing", detail)


def _words(table: str) -> Iterator[Word]:
    for row in csv.DictReader(table.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE):
        if row["level"] == _WORD_LEVEL and row["text"].strip():
            x, y, width, height = (float(row[name]) for name in ("left", "top", "width", "height"))
            yield Word(row["text"], x, y, x + width, y + height, max(float(row["conf"]), 0) / 100)
