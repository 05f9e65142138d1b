"""Tesseract, an option: its words where its program is installed, and an error that says so where it isn't."""

import shutil

import numpy as np
import pytest
from PIL import Image, ImageDraw

from analysis.engines.ocr import tesseract
from documents.errors import Unavailable

# As `tesseract stdin stdout tsv` prints it: a page, a line, its words, one of them nothing but blanks.
TABLE = """\
level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext
1\t1\t0\t0\t0\t0\t0\t0\t480\t200\t-1\t
4\t1\t1\t1\t1\t0\t40\t60\t200\t30\t-1\t
5\t1\t1\t1\t1\t1\t40\t60\t90\t30\t96.5\t"TOTAL
5\t1\t1\t1\t1\t2\t150\t60\t90\t30\t0\t\x20
5\t1\t1\t1\t1\t3\t250\t60\t90\t30\t91\t11.75
"""


def test_words_of_a_table():
    first, second = tesseract._words(TABLE)
    assert (first.text, *first.box, first.confidence) == ('"TOTAL', 40, 60, 130, 90, 0.965)
    assert second.text == "11.75"


def test_a_missing_program_is_told(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert tesseract._version() == "missing"
    with pytest.raises(Unavailable, match="ocr_engine_missing"):
        tesseract.Tesseract()


@pytest.mark.skipif(shutil.which("tesseract") is None, reason="the program is optional")
def test_words_are_read_and_the_version_is_named():
    picture = Image.new("RGB", (480, 200), "white")
    ImageDraw.Draw(picture).text((40, 60), "TOTAL 11.75", "black", font_size=32)
    words = tesseract.Tesseract(threads=1).read(np.asarray(picture))
    assert [word.text for word in words] == ["TOTAL", "11.75"]
    assert words[0].box == pytest.approx((41, 69, 139, 92), abs=8)
    assert tesseract.Tesseract.name == f"tesseract-{tesseract._version()}"
    assert tesseract._version()[0].isdigit()
