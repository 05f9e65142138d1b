"""A page's picture as a number: photographs of the same page have numbers that differ in few bits."""

from pathlib import Path

from django.conf import settings
from PIL import Image

from documents import rendering, sandbox, sniffing
from documents.pages import Box, PageReading

_SIDE = 512  # pixels; all that the hash needs
_BITS = 64


def hash_of(path: Path, media_type: str, page: PageReading) -> int:
    """The perceptual hash (DCT, 64 bits, as a signed number) of the part of the page that has words.

    Raises InvalidInput for what can't be drawn, TooLarge, BudgetExceeded, sandbox.Interrupted.
    """
    box = Box.around(page.words)
    size = (page.width or 1, page.height or 1)
    part = (box.x0 / size[0], box.y0 / size[1], box.x1 / size[0], box.y1 / size[1])
    arguments = (str(path), media_type, page.number, page.rotation, part, settings.MAX_PIXELS)
    found: int = sandbox.call("parse", _hash, *arguments, timeout_s=settings.SANDBOX_PAGE_SECONDS)
    return found


# What follows runs in the child.


def _hash(
    path: str, media_type: str, number: int, rotation: int, part: tuple[float, float, float, float], max_pixels: int
) -> int:
    if media_type == sniffing.PDF:
        with rendering.pdf_page(path, number) as page:
            image = rendering.draw(page, _SIDE / max(page.get_size()), rotation=rotation, grayscale=True)
    else:
        image = rendering.open_frame(path, media_type, number, max_pixels, _SIDE)[0].rotate(-rotation, expand=True)
    return hash_of_image(image, part)


def hash_of_image(image: Image.Image, part: tuple[float, float, float, float]) -> int:
    """The hash of a part of the image, (left, top, right, bottom) as shares of its size."""
    import imagehash  # here, as it loads scipy

    sides = [
        min(max(share, 0.0), 1.0) * length for share, length in zip(part, (image.width, image.height) * 2, strict=True)
    ]
    left, top, right, bottom = map(round, sides)
    cut = image.convert("L").crop((left, top, max(right, left + 1), max(bottom, top + 1)))
    bits: str = "".join("1" if bit else "0" for bit in imagehash.phash(cut).hash.flatten())
    unsigned = int(bits, 2)
    return unsigned - (1 << _BITS) if unsigned >> (_BITS - 1) else unsigned


def distance(one: int, other: int) -> int:
    """The number of bits in which two hashes differ, 0..64."""
    return int.bit_count((one ^ other) & ((1 << _BITS) - 1))
