"""PDF pages: words of the text layer with their boxes, or a rendering where there is no usable one.

Runs in the parser's child process.
"""

import unicodedata
from collections.abc import Mapping

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from analysis.reading import layout
from analysis.reading.markdown import page_markdown
from analysis.reading.raster import MAX_SIDE, Raster
from analysis.reading.rules import rules_of
from analysis.reading.styles import Style, Typography
from analysis.reading.textlayer import placing, text_layer
from documents.pages import PageReading, Word
from documents.rendering import draw, open_pdf, pdf_page

OCR_DPI = 200
MAX_BAD_SHARE = 0.2  # of characters without meaning, above which a text layer is unusable
FEW_CHARACTERS = 50  # fewer on a page that is mostly one image: a scan with a stamp
SCAN_COVERAGE = 0.5  # share of the page that an image must cover to be taken for a scan
_WIDGETS = (pdfium_c.FPDF_ANNOT_WIDGET, pdfium_c.FPDF_ANNOT_FREETEXT)


def count_pages(path: str) -> int:
    """Raises InvalidInput: `encrypted_pdf`, `malformed_pdf`."""
    return len(open_pdf(path))


def read(path: str, number: int, document: Typography | None = None) -> PageReading | Raster:
    """The words of page `number` (from 1), or its pixels at OCR_DPI to be read by OCR. Raises InvalidInput.

    `document` says how the whole of it is set; headings are known by the page alone without.
    """
    with pdf_page(path, number) as page:
        if not _flattened(page):
            return _read(page, number, document)
    with pdf_page(path, number) as page:  # as it is now
        return _read(page, number, document)


def _read(page: pdfium.PdfPage, number: int, document: Typography | None) -> PageReading | Raster:
    words, styles, rotation = text_layer(page)
    if _usable(page, words):
        return _reading(page, number, words, styles, rotation, document)
    width, height = page.get_size()
    if not words and not any(True for _ in page.get_objects(max_depth=1)):
        return PageReading(number, width, height)
    scale = min(OCR_DPI / 72, MAX_SIDE / max(width, height))
    return Raster.of(draw(page, scale, grayscale=True), width, height)


def _reading(
    page: pdfium.PdfPage,
    number: int,
    words: list[Word],
    styles: Mapping[Word, Style],
    rotation: int,
    document: Typography | None,
) -> PageReading:
    width, height = page.get_size()
    if rotation % 180:
        width, height = height, width
    ordered = tuple(word for line in layout.arrange(words) for word in line)
    markdown = page_markdown(words, styles, rules_of(page, placing(page, rotation)[0]), document)
    return PageReading(number, width, height, rotation, "text", ordered, markdown)


def _flattened(page: pdfium.PdfPage) -> bool:
    """Make form fields and text annotations a part of the page, in memory, because text extraction skips them."""
    kinds = (_annotation_kind(page, index) for index in range(pdfium_c.FPDFPage_GetAnnotCount(page)))
    if not any(kind in _WIDGETS for kind in kinds):
        return False
    return bool(pdfium_c.FPDFPage_Flatten(page, pdfium_c.FLAT_NORMALDISPLAY) == pdfium_c.FLATTEN_SUCCESS)


def _annotation_kind(page: pdfium.PdfPage, index: int) -> int:
    annotation = pdfium_c.FPDFPage_GetAnnot(page, index)
    kind = int(pdfium_c.FPDFAnnot_GetSubtype(annotation))
    pdfium_c.FPDFPage_CloseAnnot(annotation)
    return kind


def _usable(page: pdfium.PdfPage, words: list[Word]) -> bool:
    text = "".join(word.text for word in words)
    if not text or _bad_share(text) > MAX_BAD_SHARE:
        return False
    return len(text) >= FEW_CHARACTERS or _largest_image(page) < SCAN_COVERAGE


def _bad_share(text: str) -> float:
    """Of characters that no reader could name: replacement, private use, control, unassigned."""
    if text.isascii() and text.isprintable():
        return 0.0
    bad = sum(char == "\ufffd" or unicodedata.category(char) in ("Co", "Cc", "Cn", "Cs") for char in text)
    return bad / len(text)


def _largest_image(page: pdfium.PdfPage) -> float:
    """The share of the page's area that its largest image covers."""
    left, bottom, right, top = page.get_bbox()
    areas = [
        (min(x1, right) - max(x0, left)) * (min(y1, top) - max(y0, bottom))
        for x0, y0, x1, y1 in (
            image.get_bounds() for image in page.get_objects([pdfium_c.FPDF_PAGEOBJ_IMAGE], max_depth=3)
        )
        if x0 < right and x1 > left and y0 < top and y1 > bottom
    ]
    return float(max(areas, default=0.0) / ((right - left) * (top - bottom)))
