"""Reading: from a stored file to pages of words with boxes and normalised Markdown. Touches no database.

Each page is read on its own, in child processes, so that one that kills its parser costs only itself.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

from django.conf import settings
from django.utils.module_loading import import_string

from analysis.reading import docx, images, ocr, pdf, plain, typography
from analysis.reading.markdown import document_markdown
from analysis.reading.raster import Raster
from analysis.reading.styles import Typography
from documents import alphabets, sandbox, sniffing
from documents.errors import BudgetExceeded, InvalidInput, TooLarge, UnsupportedType
from documents.pages import PageReading

__all__ = ["Inspection", "document_markdown", "inspect", "read_page", "read_pages", "reading_version", "warm_up"]

_OWN_VERSION = 9  # to be raised when the same document would be read otherwise

_MARKUP_READERS = {
    sniffing.DOCX: docx.read,
    sniffing.XML: plain.read_xml,
    sniffing.TEXT: plain.read_text,
    sniffing.MARKDOWN: plain.read_text,
}


@dataclass(frozen=True, slots=True)
class Inspection:
    """What is known of a document before any page is read."""

    page_count: int


def inspect(path: Path, media_type: str, *, max_pages: int | None = None) -> Inspection:
    """Open the document and count its pages; formats without pages have one.

    Raises InvalidInput (`encrypted_pdf`, `malformed_pdf`, `malformed_image`), TooLarge (`too_many_pages`,
    `too_many_pixels`), UnsupportedType, BudgetExceeded, sandbox.Interrupted.
    """
    count = _count(path, media_type)
    most = settings.MAX_PAGES if max_pages is None else max_pages
    if count > most:
        raise TooLarge(
            "too_many_pages", f"The document has {count:,} pages; at most {most:,} are read. Split it and try again."
        )
    return Inspection(count)


def read_page(path: Path, media_type: str, number: int) -> PageReading:
    """Page `number`, from 1. A page that can't be read comes back with `error` and `detail`.

    Raises UnsupportedType, sandbox.Interrupted, and Unavailable when no child process can be started.
    """
    return next(read_pages(path, media_type, [number]))


def read_pages(path: Path, media_type: str, numbers: Iterable[int], alphabet: str = "") -> Iterator[PageReading]:
    """`read_page` for each of `numbers`, as they are read. How a PDF is set is looked at once, in a sample of it.

    `alphabet` (see documents.alphabets) is what scans are written in; blank: the installation's.
    """
    document = _typography(path) if media_type == sniffing.PDF else Typography()
    return (_read_page(path, media_type, number, document, alphabet) for number in numbers)


@lru_cache
def reading_version(alphabet: str = "") -> str:
    """Names the engines, their versions, and the alphabet if one was asked for: equal versions read equally."""
    engine = import_string(settings.OCR_ENGINE)
    return alphabets.marked(f"vouch-{_OWN_VERSION} pypdfium2-{version('pypdfium2')} {engine.name}", alphabet)


def warm_up() -> None:
    """Start the children and load the OCR models now, so that the first document need not wait for them."""
    sandbox.warm("parse")
    ocr.warm_up()


def _typography(path: Path) -> Typography:
    """Nothing if the sample holds a page that the parser fails on: pages are then read each by itself."""
    try:
        return sandbox.call("parse", typography.sample, str(path), timeout_s=settings.SANDBOX_PAGE_SECONDS)
    except (BudgetExceeded, InvalidInput):
        return Typography()


def _read_page(path: Path, media_type: str, number: int, document: Typography, alphabet: str) -> PageReading:
    try:
        parsed = _parse(str(path), media_type, number, document.on_page(number))
        return _recognised(parsed, number, alphabet) if isinstance(parsed, Raster) else parsed
    except UnsupportedType:
        raise
    except (BudgetExceeded, InvalidInput) as error:
        return PageReading(number, error=error.code, detail=error.detail)


def _count(path: Path, media_type: str) -> int:
    seconds = settings.SANDBOX_PAGE_SECONDS
    if media_type == sniffing.PDF:
        return sandbox.call("parse", pdf.count_pages, str(path), timeout_s=seconds)
    if media_type in sniffing.IMAGES:
        return sandbox.call("parse", images.count_frames, str(path), media_type, settings.MAX_PIXELS, timeout_s=seconds)
    if media_type in _MARKUP_READERS:
        return 1
    raise UnsupportedType("unsupported_type", f"Documents of the type {media_type} are not read.")


def _recognised(raster: Raster, number: int, alphabet: str) -> PageReading:
    return ocr.read(raster, number, version=reading_version(alphabet), alphabet=alphabet)


def _parse(path: str, media_type: str, number: int, document: Typography) -> PageReading | Raster:
    seconds = settings.SANDBOX_PAGE_SECONDS
    if media_type == sniffing.PDF:
        return sandbox.call("parse", pdf.read, path, number, document, timeout_s=seconds)
    if media_type in sniffing.IMAGES:
        return sandbox.call("parse", images.read, path, media_type, number, settings.MAX_PIXELS, timeout_s=seconds)
    if media_type in _MARKUP_READERS:
        return sandbox.call("parse", _MARKUP_READERS[media_type], path, timeout_s=seconds)
    raise UnsupportedType("unsupported_type", f"Documents of the type {media_type} are not read.")
