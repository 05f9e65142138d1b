"""Image files: PNG, JPEG, TIFF of several pages, WebP. Runs in the parser's child process."""

from PIL import Image

from analysis.reading.raster import MAX_SIDE, Raster
from documents import sniffing
from documents.rendering import check_size, no_such_page, open_frame


def count_frames(path: str, media_type: str, max_pixels: int) -> int:
    """Pages of a TIFF; other images are one page, even if animated. Raises InvalidInput, TooLarge."""
    try:
        with Image.open(path, formats=[sniffing.IMAGES[media_type]]) as image:
            check_size(image, max_pixels)
            return int(getattr(image, "n_frames", 1)) if media_type == sniffing.TIFF else 1
    except (OSError, SyntaxError, ValueError, EOFError, KeyError, TypeError) as error:
        raise sniffing.malformed_image() from error


def read(path: str, media_type: str, number: int, max_pixels: int) -> Raster:
    """The pixels of frame `number` (from 1), upright by its EXIF data. Raises InvalidInput, TooLarge."""
    if number > 1 and media_type != sniffing.TIFF:
        raise no_such_page(number, 1)
    frame, (width, height) = open_frame(path, media_type, number, max_pixels, MAX_SIDE)
    if max(frame.size) > MAX_SIDE:
        frame.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.BILINEAR, reducing_gap=2)
    return Raster.of(frame, width, height)
