"""The contract of an OCR engine: `settings.OCR_ENGINE` is the dotted path of a class that obeys it."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from documents.pages import Word


class OcrEngine(Protocol):
    """Reads words off upright images. Built once per process and kept warm; used from one thread at a time."""

    name: str  # goes into the reading's version, e.g. "rapidocr-3.10.0/openvino"

    def read(self, image: NDArray[np.uint8], alphabet: str = "latin") -> Sequence[Word]:
        """The words of an upright RGB image (height x width x 3), boxes in its pixels, in reading order.

        `alphabet` is what they are written in: "latin", or "all" that the engine knows. One that knows but one may
        take no notice.
        """
        ...
