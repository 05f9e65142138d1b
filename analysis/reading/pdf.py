"""PDF pages: words of the text layer with their boxes, or a rendering where there is no usable one.

Runs in the parser's child process.
"""

import ctypes
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from analysis.reading import layout
from analysis.reading.fonts import style_at
from analysis.reading.headings import Style
from analysis.reading.markdown import page_markdown
from analysis.reading.raster import MAX_SIDE, Raster
from analysis.reading.rules import Place, rules_of
from documents.pages import Box, PageReading, Word
from documents.rendering import draw, open_pdf, pdf_page

OCR_DPI = 200
MAX_BAD_SHARE = 0.2  # of characters without meaning, above which a text layer is unusable
FEW_CHARACTERS = 50  # fewer on a page that is mostly one image: a scan with a stamp
SCAN_COVERAGE = 0.5  # share of the page that an image must cover to be taken for a scan
_ANGLE_SAMPLES = 60

# Where a hyphen breaks a word over lines, pdfium joins its parts with one of these.
_BROKEN_HYPHENS = "\x02\ufffe"
_WORD = re.compile(rf"[^\s{_BROKEN_HYPHENS}]+[{_BROKEN_HYPHENS}]?")
_WIDGETS = (pdfium_c.FPDF_ANNOT_WIDGET, pdfium_c.FPDF_ANNOT_FREETEXT)


def count_pages(path: str) -> int:
    """Raises InvalidInput: `encrypted_pdf`, `malformed_pdf`."""
    return len(open_pdf(path))


def read(path: str, number: int) -> PageReading | Raster:
    """The words of page `number` (from 1), or its pixels at OCR_DPI to be read by OCR. Raises InvalidInput."""
    with pdf_page(path, number) as page:
        if not _flattened(page):
            return _read(page, number)
    with pdf_page(path, number) as page:  # as it is now
        return _read(page, number)


def _read(page: pdfium.PdfPage, number: int) -> PageReading | Raster:
    words, styles, rotation = _text_layer(page)
    if _usable(page, words):
        return _reading(page, number, words, styles, rotation)
    width, height = page.get_size()
    if not words and not any(True for _ in page.get_objects(max_depth=1)):
        return PageReading(number, width, height)
    scale = min(OCR_DPI / 72, MAX_SIDE / max(width, height))
    return Raster.of(draw(page, scale, grayscale=True), width, height)


def _reading(
    page: pdfium.PdfPage, number: int, words: list[Word], styles: Mapping[Word, Style], rotation: int
) -> PageReading:
    width, height = page.get_size()
    if rotation % 180:
        width, height = height, width
    ordered = tuple(word for line in layout.arrange(words) for word in line)
    markdown = page_markdown(words, styles, rules_of(page, _placing(page, rotation)[0]))
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


def _text_layer(page: pdfium.PdfPage) -> tuple[list[Word], dict[Word, Style], int]:
    """The words in content order, how they are set, and the clockwise turn that makes most of them upright."""
    textpage = page.get_textpage()
    try:
        text = _characters(textpage)
        spans = [match.span() for match in _WORD.finditer(text)]
        rotation = _text_rotation(page, textpage, spans)
        place, size = _placing(page, rotation)
        starts = dict(_words(textpage, text, spans, place, size))
        styles = {word: style_at(textpage, start) for start, word in starts.items()}
        return list(starts.values()), styles, rotation
    finally:
        textpage.close()


def _characters(textpage: pdfium.PdfTextPage) -> str:
    """One character per index of pdfium's character list, in which text beyond the BMP may take other places."""
    count = textpage.count_chars()
    text = textpage.get_text_range() if count else ""
    if len(text) == count:
        return text
    codes = (pdfium_c.FPDFText_GetUnicode(textpage, index) for index in range(count))
    return "".join(chr(code) if code <= 0x10FFFF else "\ufffd" for code in codes)


def _text_rotation(page: pdfium.PdfPage, textpage: pdfium.PdfTextPage, spans: list[tuple[int, int]]) -> int:
    """The turn, in degrees clockwise and beyond the page's own /Rotate, that makes most sampled words upright."""
    step = max(1, len(spans) // _ANGLE_SAMPLES)
    turns = Counter(round(_angle(textpage, start) / 90) * 90 % 360 for start, _ in spans[::step])
    if not turns:
        return 0
    return int(turns.most_common(1)[0][0] - page.get_rotation()) % 360


def _angle(textpage: pdfium.PdfTextPage, index: int) -> float:
    """How far a character is turned to the left, in degrees, by where its top points (it may be mirrored)."""
    matrix = pdfium_c.FS_MATRIX()
    pdfium_c.FPDFText_GetMatrix(textpage, index, ctypes.byref(matrix))
    return math.degrees(math.atan2(-matrix.c, matrix.d))


def _placing(page: pdfium.PdfPage, rotation: int) -> tuple[Place, tuple[float, float]]:
    """How boxes of the PDF's user space come to stand on the upright page, and the size of that page."""
    left, bottom, right, top = page.get_bbox()
    width, height = right - left, top - bottom
    match (page.get_rotation() + rotation) % 360:
        case 90:
            return (lambda x0, y0, x1, y1: Box(y0 - bottom, x0 - left, y1 - bottom, x1 - left)), (height, width)
        case 180:
            return (lambda x0, y0, x1, y1: Box(right - x1, y0 - bottom, right - x0, y1 - bottom)), (width, height)
        case 270:
            return (lambda x0, y0, x1, y1: Box(top - y1, right - x1, top - y0, right - x0)), (height, width)
        case _:
            return (lambda x0, y0, x1, y1: Box(x0 - left, top - y1, x1 - left, top - y0)), (width, height)


def _words(
    textpage: pdfium.PdfTextPage, text: str, spans: list[tuple[int, int]], place: Place, size: tuple[float, float]
) -> Iterator[tuple[int, Word]]:
    """Words that stand on the page, by their first character; those outside of it are not seen by readers either."""
    for start, end in spans:
        box = place(*_span_box(textpage, start, end))
        if 0 <= box.x0 + box.x1 <= 2 * size[0] and 0 <= box.y0 + box.y1 <= 2 * size[1]:
            yield start, Word(_spelled(text[start:end]), *box)


def _span_box(textpage: pdfium.PdfTextPage, start: int, end: int) -> Box:
    """Around a word, in user space: its first and last character span it, in any direction of writing."""
    first, last = _loose_box(textpage, start), _loose_box(textpage, end - 1)
    if first.y1 <= first.y0:  # a font without metrics
        return Box.around([Box(*textpage.get_charbox(index)) for index in range(start, end)])
    x0, y0, x1, y1 = first
    return Box(min(x0, last.x0), min(y0, last.y0), max(x1, last.x1), max(y1, last.y1))


def _loose_box(textpage: pdfium.PdfTextPage, index: int) -> Box:
    """Left, bottom, right, top of a character's cell: as high as its font, so that a line's words have one height."""
    rect = pdfium_c.FS_RECTF()
    pdfium_c.FPDFText_GetLooseCharBox(textpage, index, ctypes.byref(rect))
    return Box(rect.left, rect.bottom, rect.right, rect.top)


def _spelled(text: str) -> str:
    if text[-1] in _BROKEN_HYPHENS:
        text = text[:-1] + "-"
    return unicodedata.normalize("NFC", text) if not text.isascii() else text


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
