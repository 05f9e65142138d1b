"""A page as pixels, on its way from the parser's process to the OCR engine's."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

MAX_SIDE = 3_000  # pixels; more help no recogniser, which scales lines to 48 pixels anyway


class Raster(NamedTuple):
    """Row-major bytes of `channels` (1 grey, 3 RGB) per pixel, and how the pixels lie on the page.

    `page_width` and `page_height` are in the page's unit (PDF points, pixels of the original image).
    """

    pixels: bytes
    width: int
    height: int
    channels: int
    page_width: float
    page_height: float

    @classmethod
    def of(cls, image: Image.Image, page_width: float, page_height: float) -> "Raster":
        """From a grey (L) or RGB image of the whole page."""
        return cls(image.tobytes(), image.width, image.height, len(image.getbands()), page_width, page_height)

    def rgb(self) -> NDArray[np.uint8]:
        """As an array of height x width x 3."""
        image = np.frombuffer(self.pixels, np.uint8).reshape(self.height, self.width, self.channels)
        return np.repeat(image, 3, axis=2) if self.channels == 1 else image
