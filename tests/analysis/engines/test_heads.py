"""The recogniser's two heads: Latin characters read as by the whole layer, and other scripts read all the same."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from analysis.engines.ocr import heads, rapid
from tests.analysis.engines.test_ocr import page


@pytest.fixture(scope="module")
def engine():
    return rapid.RapidOcr(threads=1)


@pytest.fixture(scope="module")
def both(engine):
    return engine._read_line.__self__


def line(text):
    return rapid._recogniser_input(np.ascontiguousarray(page((10, 4, text), size=(420, 52))))


@pytest.mark.parametrize("char", ["A", "ß", "ő", "9", "€", "%", "–", " ", "²"])
def test_what_latin_documents_have_is_kept(char):
    assert heads.is_latin(char)


@pytest.mark.parametrize("char", ["中", "Ω", "ɸ", "🚀", "かな", "、"])
def test_other_scripts_are_not(char):
    assert not heads.is_latin(char)


def test_the_latin_head_is_a_small_part_and_keeps_the_blank_and_the_space(both):
    characters, kept = both._full_decoder.character, both._decoder.character
    assert len(characters) > 10 * len(kept) > 4_000
    assert (kept[0], kept[-1]) == (characters[0], characters[-1])
    assert set("AZaz09.,€ ") <= set(kept)


@pytest.mark.parametrize("text", ["Grand total 1,234.50", "Rechnung 2024-117"])
def test_both_heads_read_the_same(both, monkeypatch, text):
    latin = both.read(*line(text))
    assert latin[0] == text
    monkeypatch.setattr(both._decoder, "character", ["?"] * len(both._decoder.character))
    monkeypatch.setattr(heads, "DOUBTFUL", 2)  # the whole layer reads each line, and wins where it is as sure
    monkeypatch.setattr(heads, "_better", lambda best, other: other)
    full = both.read(*line(text))
    assert full[0] == text
    assert full[1] == pytest.approx(latin[1], abs=0.02)
    assert full[2].word_cols == latin[2].word_cols


def test_the_surer_head_is_believed():
    assert heads._better(("a", 0.5, None), ("b", 0.7, None))[0] == "b"
    assert heads._better(("a", 0.7, None), ("b", 0.7, None))[0] == "a"


def test_other_scripts_are_read_by_the_whole_layer(settings):
    greek = Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")
    if not greek.exists():
        pytest.skip("no font with Greek letters")
    settings.OCR_ALPHABET = "all"
    picture = Image.new("RGB", (640, 200), "white")
    ImageDraw.Draw(picture).text((40, 60), "Συνολο αξια 123,40", "black", ImageFont.truetype(greek, 36))
    words = rapid.RapidOcr(threads=1).read(np.asarray(picture))
    assert any("Α" <= char <= "ω" for word in words for char in word.text)
