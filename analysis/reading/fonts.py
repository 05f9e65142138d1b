"""How the characters of a PDF page are set. Runs in the parser's child process."""

import ctypes
import math
import re

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from analysis.reading.styles import FIXED, Style
from analysis.reading.tags import Tags

_NAME_BYTES = 128
_BOLD_NAME = re.compile(
    r"bold|black|heavy|demi|semi|medi(?!um)|(?:cm|sf|ec|lm)[a-z]{0,2}bx|(?<![a-z])bd(?![a-z])|-b$", re.IGNORECASE
)
_ITALIC_NAME = re.compile(r"ital|obli|slant", re.IGNORECASE)
_BOLD_WEIGHT = 600  # of 100 to 900, as the font's descriptor tells
_STYLE_NAME = re.compile(
    r"bold|black|heavy|semi|demi|light|medium|regular|roman(?!\w)|ital(?:ic)?|oblique|MT$|PS(?:MT)?$", re.IGNORECASE
)
_FIXED_NAME = re.compile(r"courier|mono(?!type)|consol|typewriter|(?:cm|sf|ec|lm)tt", re.IGNORECASE)
_COMPUTER_MODERN = re.compile(r"^(?:cm|sf|ec|lm)(?:r|bx|b|ti|sl|bxti|mi|sy|ex)$")
_FIXED_PITCH, _ITALIC, _FORCED_BOLD = 1, 1 << 6, 1 << 18  # of a font descriptor's flags


def style_at(textpage: pdfium.PdfTextPage, index: int, tags: Tags) -> Style:
    """Size in points on the page, bold or slanted by the font's name, flags or weight, the direction, and the role."""
    matrix = pdfium_c.FS_MATRIX()
    pdfium_c.FPDFText_GetMatrix(textpage, index, ctypes.byref(matrix))
    size = pdfium_c.FPDFText_GetFontSize(textpage, index) * math.hypot(matrix.c, matrix.d)
    name, flags = ctypes.create_string_buffer(_NAME_BYTES), ctypes.c_int()
    pdfium_c.FPDFText_GetFontInfo(textpage, index, name, _NAME_BYTES, ctypes.byref(flags))
    font = name.value.decode("utf-8", "replace")
    heavy = pdfium_c.FPDFText_GetFontWeight(textpage, index) >= _BOLD_WEIGHT or _is_outlined(textpage, index)
    bold = heavy or bool(flags.value & _FORCED_BOLD) or bool(_BOLD_NAME.search(font))
    italic = bool(flags.value & _ITALIC) or bool(_ITALIC_NAME.search(font))
    turn = round(math.degrees(math.atan2(matrix.b, matrix.a)) / 90) * 90 % 360
    family = FIXED if flags.value & _FIXED_PITCH or _FIXED_NAME.search(font) else family_of(font)
    return Style(size, bold, italic, turn, tags.role_at(textpage, index), family, _colour(textpage, index))


def family_of(font: str) -> str:
    """The typeface without a subset's tag, weights and sizes: "ABCDEF+LiberationSans-Bold" is "liberationsans"."""
    bare = re.split(r"[-,]", font.rpartition("+")[2])[0]
    name = re.sub(r"[\W\d_]", "", _STYLE_NAME.sub("", bare)).casefold()
    return _COMPUTER_MODERN.sub("cm", name)


def _colour(textpage: pdfium.PdfTextPage, index: int) -> int:
    red, green, blue, opaque = (ctypes.c_uint() for _ in range(4))
    pdfium_c.FPDFText_GetFillColor(textpage, index, red, green, blue, opaque)
    return (red.value >> 6) << 4 | (green.value >> 6) << 2 | blue.value >> 6


def _is_outlined(textpage: pdfium.PdfTextPage, index: int) -> bool:
    """Whether letters are filled and drawn around: how bold is made of a font that has none."""
    drawn = pdfium_c.FPDFText_GetTextObject(textpage, index)
    return bool(drawn) and pdfium_c.FPDFTextObj_GetTextRenderMode(drawn) == pdfium_c.FPDF_TEXTRENDERMODE_FILL_STROKE
