"""Parts of a file: runs of its pages, cut out as files of their own in a child process."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pypdfium2 as pdfium
from django.conf import settings
from PIL import Image, ImageOps

from documents import rendering, sandbox, sniffing
from documents.errors import InvalidInput, TooLarge

CUTTABLE = (sniffing.PDF, sniffing.TIFF)


@dataclass(frozen=True, slots=True)
class Part:
    """A file of its own: pages `first` to `last`, from 1, of the one that it was cut out of."""

    first: int
    last: int
    data: bytes


def cut(path: Path, media_type: str, runs: Sequence[range]) -> list[Part]:
    """The runs of page indexes, from 0, as files of the same type; what they share is in each of them.

    The bytes of a PDF's part are others each time: PDFium gives every file an identifier of its own. Raises
    InvalidInput for a file that can't be cut, TooLarge if the parts are, BudgetExceeded, sandbox.Interrupted.
    """
    left = settings.MAX_UPLOAD_MB * 2**20
    parts = []
    for run in runs:
        arguments = (str(path), media_type, run.start, run.stop, left, settings.MAX_PIXELS)
        data = sandbox.call("parse", _cut, *arguments, timeout_s=settings.SANDBOX_PAGE_SECONDS)
        parts.append(Part(run.start + 1, run.stop, data))
        left -= len(data)
    return parts


# What follows runs in the child.


def _cut(path: str, media_type: str, start: int, stop: int, most: int, max_pixels: int) -> bytes:
    if media_type == sniffing.PDF:
        data = _pages_of_pdf(path, start, stop)
    elif media_type == sniffing.TIFF:
        data = _frames_of_tiff(path, start, stop, max_pixels)
    else:
        raise InvalidInput("not_cuttable", "Files of this type can't be cut into parts.")
    if len(data) > most:
        raise TooLarge("parts_too_large", "The parts of the file are larger than an upload may be. Split it yourself.")
    return data


def _pages_of_pdf(path: str, start: int, stop: int) -> bytes:
    target = pdfium.PdfDocument.new()
    try:
        target.import_pages(rendering.open_pdf(path), list(range(start, stop)))
        data = io.BytesIO()
        target.save(data)
    except pdfium.PdfiumError as error:
        raise rendering.malformed_pdf() from error
    finally:
        target.close()
    return data.getvalue()


def _frames_of_tiff(path: str, start: int, stop: int, max_pixels: int) -> bytes:
    """The frames upright, as exact and as deep as they are."""
    frames: list[Image.Image] = []
    try:
        with Image.open(path, formats=["TIFF"]) as image:
            for index in range(start, stop):
                image.seek(index)
                rendering.check_size(image, max_pixels)
                frames.append(ImageOps.exif_transpose(image))
            data = io.BytesIO()
            frames[0].save(data, "TIFF", save_all=True, append_images=frames[1:], compression="tiff_deflate")
    except (InvalidInput, MemoryError):
        raise
    except Exception as error:  # Pillow's decoders raise whatever broken data makes them raise
        raise sniffing.malformed_image() from error
    return data.getvalue()
