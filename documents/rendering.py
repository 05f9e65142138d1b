"""Pages as images: PDF pages and image files, drawn upright in a child process."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

import pypdfium2 as pdfium
from django.conf import settings
from PIL import Image, ImageOps

from documents import sandbox, sniffing
from documents.errors import InvalidInput, TooLarge
from documents.pages import Box

_PASSWORD_ERROR = 4  # FPDF_ERR_PASSWORD
_MAX_RENDERED = 25_000_000  # pixels of one rendering, whatever the page's size
_MAX_SCALE = 20.0  # pixels per point of a part of a page
_FEWEST_PIXELS = 3  # of a side of it


def render_page(
    path: Path, media_type: str, number: int, *, width_px: int, rotation: int = 0, box: Box | None = None
) -> bytes:
    """Page `number` (from 1) as a PNG `width_px` wide, turned clockwise by `rotation` degrees (a multiple of 90).

    With a `box` of the upright page that part of it alone; it comes smaller rather than enlarged too much. Raises
    InvalidInput for a page or type that can't be drawn, TooLarge, BudgetExceeded, sandbox.Interrupted.
    """
    arguments = (str(path), media_type, number, width_px, rotation, settings.MAX_PIXELS, box)
    return sandbox.call("parse", _rendered, *arguments, timeout_s=settings.SANDBOX_PAGE_SECONDS)


# What follows runs in the child; the readers of analysis.reading use it there too.


def _rendered(
    path: str,
    media_type: str,
    number: int,
    width_px: int,
    rotation: int,
    max_pixels: int,
    box: Box | None = None,
) -> bytes:
    if media_type == sniffing.PDF:
        image = _drawn_pdf_page(path, number, width_px, rotation, box)
    elif media_type in sniffing.IMAGES:
        image = open_frame(path, media_type, number, max_pixels)[0].rotate(-rotation, expand=True)
        if box:
            image = image.crop(_within(box, *image.size))
        height = max(1, round(image.height * width_px / image.width))
        image = image.resize((width_px, min(height, _MAX_RENDERED // width_px)), reducing_gap=2)
    else:
        raise InvalidInput("no_page_image", "Documents of this type have no page images.")
    png = io.BytesIO()
    image.save(png, "PNG", compress_level=3)
    return png.getvalue()


def _drawn_pdf_page(path: str, number: int, width_px: int, rotation: int, box: Box | None) -> Image.Image:
    with pdf_page(path, number) as page:
        if box:
            return draw_part(page, box, width_px / (box.x1 - box.x0), rotation=rotation)
        width, height = page.get_size()
        shown = height if rotation % 180 else width
        return draw(page, width_px / shown, rotation=rotation)


def draw_part(page: pdfium.PdfPage, box: Box, scale: float, *, rotation: int = 0) -> Image.Image:
    """What is in a box of the page, turned by `rotation`, as `draw` does it."""
    width, height = page.get_size()
    if rotation % 180:
        width, height = height, width
    x0, y0, x1, y1 = _within(box, width, height)
    scale = min(scale, _MAX_SCALE, (_MAX_RENDERED / ((x1 - x0) * (y1 - y0))) ** 0.5)
    scale = max(scale, _FEWEST_PIXELS / min(x1 - x0, y1 - y0))  # both sides lose up to a pixel to rounding
    crop = (x0, height - y1, width - x1, y0)
    image: Image.Image = page.render(scale=scale, rotation=rotation % 360, crop=crop).to_pil()
    return image


def _within(box: Box, width: float, height: float) -> tuple[float, float, float, float]:
    """The part of a box that is on the page. Raises InvalidInput."""
    x0, y0, x1, y1 = max(box.x0, 0.0), max(box.y0, 0.0), min(box.x1, width), min(box.y1, height)
    if x1 - x0 < 1 or y1 - y0 < 1:
        raise InvalidInput("box_outside", "The box has nothing of the page. Give x0, y0, x1, y1 in the page's unit.")
    return x0, y0, x1, y1


def draw(page: pdfium.PdfPage, scale: float, *, rotation: int = 0, grayscale: bool = False) -> Image.Image:
    """The page at `scale` pixels per point, or less if that would be too many pixels."""
    width, height = page.get_size()
    scale = min(scale, (_MAX_RENDERED / (width * height)) ** 0.5)
    bitmap = page.render(scale=scale, rotation=rotation % 360, grayscale=grayscale)
    image: Image.Image = bitmap.to_pil()
    return image


def open_pdf(path: str) -> pdfium.PdfDocument:
    """The opened document, kept for the next page of the same file. Raises InvalidInput."""
    stat = Path(path).stat()
    return _opened(path, stat.st_ino, stat.st_size, stat.st_mtime_ns)


@lru_cache(maxsize=1)
def _opened(path: str, *_identity: int) -> pdfium.PdfDocument:
    try:
        document = pdfium.PdfDocument(path)
    except pdfium.PdfiumError as error:
        if error.err_code == _PASSWORD_ERROR:
            raise InvalidInput("encrypted_pdf", "The PDF has a password. Save it without one and try again.") from error
        raise malformed_pdf() from error
    document.init_forms()
    if len(document) == 0:
        raise malformed_pdf()
    return document


@contextmanager
def pdf_page(path: str, number: int) -> Iterator[pdfium.PdfPage]:
    """Page `number` (from 1) of a PDF, closed at the end. Raises InvalidInput."""
    document = open_pdf(path)
    if not 1 <= number <= len(document):
        raise no_such_page(number, len(document))
    try:
        page = document[number - 1]
    except pdfium.PdfiumError as error:
        raise malformed_page(number) from error
    try:
        if min(page.get_size()) <= 0:
            raise malformed_page(number)
        yield page
    finally:
        page.close()


def open_frame(
    path: str, media_type: str, number: int, max_pixels: int, max_side: int | None = None
) -> tuple[Image.Image, tuple[int, int]]:
    """Frame `number` (from 1) of an image file, upright by its EXIF data, as RGB or grey (L), and its width and height.

    With `max_side` the frame may come smaller than those, but not below `max_side`, for the sake of speed.
    Raises InvalidInput, TooLarge.
    """
    try:
        with Image.open(path, formats=[sniffing.IMAGES[media_type]]) as image:
            if number > 1 or media_type == sniffing.TIFF:
                image.seek(number - 1)
            check_size(image, max_pixels)
            size = image.size
            if max_side is not None:
                image.draft(None, (max_side, max_side))
            upright = ImageOps.exif_transpose(image)
            turned = (upright.width > upright.height) != (image.width > image.height)
            return _flat(upright), (size[1], size[0]) if turned else size
    except (InvalidInput, MemoryError):
        raise
    except EOFError as error:
        raise no_such_page(number, number - 1) from error
    except Exception as error:  # Pillow's decoders raise whatever broken data makes them raise
        raise sniffing.malformed_image() from error


def check_size(image: Image.Image, max_pixels: int) -> None:
    if image.width * image.height > max_pixels:
        raise TooLarge(
            "too_many_pixels",
            f"A page has {image.width} x {image.height} pixels; at most {max_pixels:,} are read. Make it smaller.",
        )


def _flat(image: Image.Image) -> Image.Image:
    """Without palette, transparency (on white) or unusual modes."""
    if image.mode in ("1", "L", "I;16", "I", "F"):
        return _grey(image)
    if "A" in image.getbands() or "transparency" in image.info:
        rgba = image.convert("RGBA")
        paper = Image.new("RGBA", rgba.size, "white")
        return Image.alpha_composite(paper, rgba).convert("RGB")
    return image.convert("RGB")


def _grey(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):  # 16 bits: keep the upper eight
        return image.convert("I").point(lambda value: value / 256).convert("L")
    return image.convert("L")


def malformed_pdf() -> InvalidInput:
    return InvalidInput(
        "malformed_pdf", "The PDF is damaged and can't be read. Export or print it to PDF anew and try again."
    )


def malformed_page(number: int) -> InvalidInput:
    return InvalidInput(
        "malformed_page", f"Page {number} is damaged and can't be read. Export the document anew and try again."
    )


def no_such_page(number: int, count: int) -> InvalidInput:
    return InvalidInput("no_such_page", f"There is no page {number}: the document has {count}.")
