"""The recogniser's two heads: Latin characters read as by the whole layer, and other scripts read all the same."""

import io

import numpy as np
import pytest
from PIL import Image

from analysis.engines.ocr import heads, lines, rapid
from tests.analysis.engines.ocr.drawing import in_two_scripts
from tests.analysis.engines.test_ocr import page


@pytest.fixture(scope="module")
def engine():
    return rapid.RapidOcr(threads=1)


@pytest.fixture(scope="module")
def both(engine):
    return engine._read_line.__self__


def line(text):
    return lines.recogniser_input(np.ascontiguousarray(page((10, 4, text), size=(420, 52))))


@pytest.mark.parametrize("char", ["A", "ß", "ő", "9", "€", "%", "–", " ", "²"])
def test_what_latin_documents_have_is_kept(char):
    assert heads.is_latin(char)


@pytest.mark.parametrize("char", ["中", "Ω", "ɸ", "🚀", "かな", "、"])
def test_other_scripts_are_not(char):
    assert not heads.is_latin(char)


def test_the_latin_head_is_a_small_part_and_keeps_the_blank_and_the_space(both):
    characters, kept = both._all, both._latin
    assert len(characters) > 10 * len(kept) > 4_000
    assert (kept[0], kept[-1]) == (characters[0], characters[-1])
    assert set("AZaz09.,€ ") <= set(kept)


@pytest.mark.parametrize("text", ["Grand total 1,234.50", "Rechnung 2024-117"])
def test_both_heads_read_the_same(both, monkeypatch, text):
    latin = both.read(*line(text))
    assert latin.text == text
    monkeypatch.setattr(both, "_latin", ["?"] * len(both._latin))
    monkeypatch.setattr(heads, "DOUBTFUL", 2)  # the whole layer reads each line
    monkeypatch.setattr(heads, "_surer", lambda first, second: second)
    full = both.read(*line(text))
    assert full.text == text
    assert full.confidences == pytest.approx(latin.confidences, abs=0.02)
    assert (full.columns, full.length) == (latin.columns, latin.length)


def test_the_surer_head_is_believed():
    doubted, better = heads.Line("a", [3], [0.5], 20), heads.Line("b", [3], [0.7], 20)
    assert heads._surer(doubted, better) is better
    assert heads._surer(better, doubted) is better


def test_repetitions_and_blanks_are_no_characters():
    columns = [0, 1, 1, 0, 1, 2, 0]  # "a" seen twice, the second time after a blank
    scores = np.full((7, 3), 0.1, np.float32)
    scores[range(7), columns] = [0.8, 0.7, 0.9, 0.8, 0.6, 0.5, 0.8]
    line = heads.decoded(["", "a", "b"], scores, 0.5)
    assert (line.text, line.columns, line.length) == ("aab", [1, 4, 5], 3.5)
    assert line.confidence == pytest.approx((0.7 + 0.6 + 0.5) / 3)


def test_a_line_without_characters_is_not_believed():
    line = heads.decoded(["", "a"], np.array([[0.9, 0.1]] * 4, np.float32), 1)
    assert (line.text, line.confidence) == ("", 0)


@pytest.mark.parametrize("runtime", ["openvino", "onnxruntime"])
def test_a_line_that_latin_explains_has_other_scripts_only_if_they_are_asked_for(runtime, settings):
    settings.OCR_RUNTIME = runtime
    picture = np.asarray(Image.open(io.BytesIO(in_two_scripts())))
    engine = rapid.RapidOcr(threads=1)
    latin, every = (" ".join(word.text for word in engine.read(picture, name)) for name in ("latin", "all"))
    assert every == "Delivered to 中 田 12 Market Street"
    assert latin == ("Delivered to 12 Market Street" if runtime == "openvino" else every)


def test_a_line_that_latin_does_not_explain_is_read_by_the_whole_layer(both, monkeypatch):
    doubted, other = heads.Line("E", [1], [0.4], 8), heads.Line("王", [1], [0.9], 8)
    monkeypatch.setattr(heads, "decoded", lambda *given: doubted)
    monkeypatch.setattr(both, "_by_all", lambda *given: other)
    assert both.read(*line("E")) is other
