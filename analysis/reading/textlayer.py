"""The text layer of a PDF page: words, their boxes, and how they are set. Runs in the parser's child process."""

import ctypes
import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from analysis.reading.fonts import style_at
from analysis.reading.rules import Place
from analysis.reading.styles import Style
from analysis.reading.tags import Tags
from documents.pages import Box, Word

_ANGLE_SAMPLES = 60

# Where a hyphen breaks a word over lines, pdfium joins its parts with one of these.
_BROKEN_HYPHENS = "\x02\ufffe"
_WORD = re.compile(rf"[^\s{_BROKEN_HYPHENS}]+[{_BROKEN_HYPHENS}]?")
# What some fonts say that a letter means, and no database keeps: nothing, or half of a sign beyond the BMP.
_NO_SIGN = re.compile("[\0\ud800-\udfff]")


def text_layer(page: pdfium.PdfPage) -> tuple[list[Word], dict[Word, Style], int]:
    """The words in content order, how they are set, and the clockwise turn that makes most of them upright."""
    textpage = page.get_textpage()
    try:
        text = _characters(textpage)
        spans = [match.span() for match in _WORD.finditer(text)]
        rotation = _text_rotation(page, textpage, spans)
        place, size = placing(page, rotation)
        starts = dict(_words(textpage, text, spans, place, size))
        tags = Tags(page)
        styles = {word: style_at(textpage, start, tags) for start, word in starts.items()}
        return list(starts.values()), styles, rotation
    finally:
        textpage.close()


def _characters(textpage: pdfium.PdfTextPage) -> str:
    """One character per index of pdfium's character list, in which text beyond the BMP may take other places."""
    count = textpage.count_chars()
    text = textpage.get_text_range() if count else ""
    if len(text) != count:
        codes = (pdfium_c.FPDFText_GetUnicode(textpage, index) for index in range(count))
        text = "".join(chr(code) if code <= 0x10FFFF else "\ufffd" for code in codes)
    return _NO_SIGN.sub(" ", text)


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


def placing(page: pdfium.PdfPage, rotation: int) -> tuple[Place, tuple[float, float]]:
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
    drawn: dict[str, list[Box]] = defaultdict(list)
    for start, end in spans:
        box = place(*_span_box(textpage, start, end))
        if any(_is_on(box, other) for other in drawn[text[start:end]]):
            continue  # drawn twice, to look bold or to have a shadow
        drawn[text[start:end]].append(box)
        if 0 <= box.x0 + box.x1 <= 2 * size[0] and 0 <= box.y0 + box.y1 <= 2 * size[1]:
            yield start, Word(_spelled(_unreversed(textpage, text, start, end)), *box)


def _is_on(box: Box, other: Box) -> bool:
    """Whether two boxes are the same but for an eighth of their height."""
    return all(abs(a - b) < (box.y1 - box.y0) / 8 for a, b in zip(box, other, strict=True))


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


def _unreversed(textpage: pdfium.PdfTextPage, text: str, start: int, end: int) -> str:
    """The word, with the letters of each Arabic ligature in their order: pdfium turns them with the line.

    Letters of one glyph are known by their common box.
    """
    word = text[start:end]
    if not any(unicodedata.bidirectional(char) == "AL" for char in word):
        return word
    boxes = [textpage.get_charbox(index) for index in range(start, end)]
    glyphs = groupby(zip(word, boxes, strict=True), key=itemgetter(1))
    return "".join("".join(char for char, _ in glyph)[:: -1 if _has_width(box) else 1] for box, glyph in glyphs)


def _has_width(box: tuple[float, float, float, float]) -> bool:
    return box[2] > box[0]


def _spelled(text: str) -> str:
    if text[-1] in _BROKEN_HYPHENS:
        text = text[:-1] + "-"
    return unicodedata.normalize("NFC", text) if not text.isascii() else text
