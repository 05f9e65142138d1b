"""The OCR engine that finds nothing: for installations that read text layers only, and for tests."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from documents.pages import Word


class NullOcr:
    """Obeys analysis.engines.ocr.OcrEngine without any model."""

    name = "null"

    def __init__(self, *, threads: int = 1) -> None:
        pass

    def read(self, image: NDArray[np.uint8], alphabet: str = "latin") -> Sequence[Word]:
        return []
