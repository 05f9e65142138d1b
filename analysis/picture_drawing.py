"""Images and drawings on a PDF page, and pictures as they are seen there, as JPEGs. Runs in the parser's child process.

A picture is drawn as a part of its page, not taken out of the file: with its mask, its turn, and what is written on it.
"""

import ctypes
import hashlib
import io
from typing import NamedTuple

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c
from PIL import Image, ImageStat

from analysis.picture_strokes import drawings_on
from analysis.reading.textlayer import placing
from analysis.reading.things import Matrix, things_of
from documents import sniffing
from documents.pages import Box
from documents.rendering import draw_part, open_frame, pdf_page

SIDE = 512  # pixels of a picture's long side; models that see scale to less
_MOST_SCALE = 3.0  # pixels per point: what is small on paper stays small
_MOST_OBJECTS = 2_000  # of a page that are looked at
_MOST_IMAGES = 300  # of a page; more make a pattern
_MOST_BYTES = 32 << 20  # of an image that are hashed; longer ones are told apart by their length
_FEWEST_PIXELS = 16  # of a side, below which nothing is seen
_FLAT = 3.0  # standard deviation of the brightness of what shows nothing


class Placed(NamedTuple):
    """The box of an image or a drawing on the upright page, and what tells it from others."""

    box: Box
    digest: str


def shown_on(path: str, number: int, rotation: int, max_pixels: int, drawings: bool) -> list[Placed]:
    """The images of page `number` (from 1), but those with more than `max_pixels`; none where they make a pattern.

    With `drawings` those, too, that are made of lines. Raises InvalidInput.
    """
    with pdf_page(path, number) as page:
        place, (width, height) = placing(page, rotation)
        found = [Placed(*one) for one in drawings_on(page, place, (width, height))] if drawings else []
        for thing, matrix in things_of(page, pdfium_c.FPDF_PAGEOBJ_IMAGE, _MOST_OBJECTS):
            box = _clipped(place(*_bounds(matrix)), width, height)
            pixels = _pixels(thing)
            if box and min(pixels) >= _FEWEST_PIXELS and pixels[0] * pixels[1] <= max_pixels:
                found.append(Placed(box, _digest(thing, pixels)))
            if len(found) > _MOST_IMAGES:
                return []
        return found


def drawn(path: str, media_type: str, number: int, rotation: int, box: Box | None, max_pixels: int) -> bytes | None:
    """A JPEG of a box of a page, or of all of it, its long side SIDE pixels at most; None if nothing is seen there.

    Raises InvalidInput, TooLarge.
    """
    if media_type == sniffing.PDF:
        with pdf_page(path, number) as page:
            image = _part(page, rotation, box)
    else:
        image = open_frame(path, media_type, number, max_pixels, SIDE)[0].rotate(-rotation, expand=True)
    image.thumbnail((SIDE, SIDE), reducing_gap=2)
    if min(image.size) < _FEWEST_PIXELS or ImageStat.Stat(image.convert("L")).stddev[0] < _FLAT:
        return None
    jpeg = io.BytesIO()
    image.convert("RGB").save(jpeg, "JPEG", quality=85)
    return jpeg.getvalue()


def _part(page: pdfium.PdfPage, rotation: int, box: Box | None) -> Image.Image:
    width, height = placing(page, rotation)[1]
    wanted = box or Box(0, 0, width, height)
    scale = SIDE / max(wanted.x1 - wanted.x0, wanted.y1 - wanted.y0)
    return draw_part(page, wanted, min(scale, _MOST_SCALE), rotation=rotation)


def _bounds(matrix: Matrix) -> tuple[float, float, float, float]:
    """Left, bottom, right, top in user space: an image is the unit square, as its matrix has it."""
    a, b, c, d, e, f = matrix
    xs, ys = (e, e + a, e + c, e + a + c), (f, f + b, f + d, f + b + d)
    return min(xs), min(ys), max(xs), max(ys)


def _clipped(box: Box, width: float, height: float) -> Box | None:
    """What of it is on the page."""
    x0, y0, x1, y1 = max(box.x0, 0.0), max(box.y0, 0.0), min(box.x1, width), min(box.y1, height)
    return Box(x0, y0, x1, y1) if x0 < x1 and y0 < y1 else None


def _pixels(image: object) -> tuple[int, int]:
    width, height = ctypes.c_uint(), ctypes.c_uint()
    pdfium_c.FPDFImageObj_GetImagePixelSize(image, ctypes.byref(width), ctypes.byref(height))
    return width.value, height.value


def _digest(image: object, pixels: tuple[int, int]) -> str:
    """The same for the same image, wherever it stands."""
    size = pdfium_c.FPDFImageObj_GetImageDataRaw(image, None, 0)
    if not 0 < size <= _MOST_BYTES:
        return f"{pixels} {size}"
    data = ctypes.create_string_buffer(size)
    pdfium_c.FPDFImageObj_GetImageDataRaw(image, data, size)
    return hashlib.sha256(data.raw).hexdigest()
