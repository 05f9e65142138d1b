"""RapidOCR's words and boxes, its fallback, and the models' hashes."""

import builtins
import math

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from analysis.engines.ocr import models, rapid
from documents.errors import Unavailable

FONT = ImageFont.load_default(36)


@pytest.fixture(scope="module")
def engine():
    return rapid.RapidOcr(threads=1)


def page(*lines, size=(640, 480)):
    picture = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(picture)
    for x, y, text in lines:
        draw.text((x, y), text, "black", FONT)
    return np.asarray(picture)


def test_words_stand_where_they_were_drawn(engine):
    text = "Grand total 1,234.50"
    words = engine.read(page((60, 200, text)))
    assert [word.text for word in words] == text.split()
    for word in words:
        before = text[: text.index(word.text)]
        assert word.x0 == pytest.approx(60 + FONT.getlength(before), abs=10)
        assert word.x1 == pytest.approx(60 + FONT.getlength(before + word.text), abs=10)
        assert 190 < word.y0 < 215 < 225 < word.y1 < 255
        assert 0.8 < word.confidence <= 1


def test_slanted_lines(engine):
    picture = Image.fromarray(page((60, 200, "Slanted words in a row"))).rotate(-8, fillcolor="white")
    words = engine.read(np.asarray(picture))
    assert " ".join(word.text for word in words) == "Slanted words in a row"
    tops = [word.y0 for word in words]
    assert tops == sorted(tops)
    slope = (words[-1].y0 - words[0].y0) / (words[-1].x0 - words[0].x0)
    assert slope == pytest.approx(math.tan(math.radians(8)), abs=0.05)


@pytest.mark.parametrize("turn", [90, -90])
def test_lines_on_the_margin_run_upwards_or_downwards(engine, turn):
    picture = Image.fromarray(page((200, 60, "Level text here"), size=(800, 800)))
    margin = Image.new("RGB", (400, 60), "white")
    ImageDraw.Draw(margin).text((5, 5), "Margin words", "black", FONT)
    picture.paste(margin.rotate(turn, expand=True), (40, 200))
    words = {word.text: word for word in engine.read(np.asarray(picture))}
    assert {"Level", "Margin", "words"} <= words.keys()
    first, last = (words["words"], words["Margin"]) if turn == 90 else (words["Margin"], words["words"])
    assert 195 < first.y0 < first.y1 < last.y0 + 15 < last.y1 < 610
    assert 30 < words["Margin"].x0 < words["Margin"].x1 < 110


def test_an_empty_page_and_a_line_of_noise(engine):
    assert engine.read(page()) == []
    noise = np.random.default_rng(1).integers(0, 255, (200, 300, 3), np.uint8)
    assert all(word.text.strip() for word in engine.read(noise))


def test_boxes_stay_on_the_page(engine):
    words = engine.read(page((-8, -6, "Corner"), (520, 450, "Corner")))
    assert words
    assert all(0 <= word.x0 < word.x1 <= 640 and 0 <= word.y0 < word.y1 <= 480 for word in words)


@pytest.mark.parametrize(
    ("shape", "side"),
    [
        ((1328, 703, 3), rapid.RECEIPT_SIDE),
        ((4000, 900, 3), rapid.RECEIPT_SIDE),
        ((2339, 1654, 3), rapid.SHEET_SIDE),
        ((1654, 2339, 3), rapid.SHEET_SIDE),
        ((842, 595, 3), rapid.RECEIPT_SIDE),
    ],
)
def test_sheets_are_seen_larger_than_receipts(shape, side):
    assert rapid._detector_side(np.empty(shape, np.uint8)) == side


def test_words_part_at_gaps_without_a_blank(engine):
    words = engine.read(page((60, 200, "Rusty nails   4.50")))
    assert [word.text for word in words][-1] == "4.50"


def test_lines_keep_their_order_although_they_are_read_by_width(engine):
    lines = ["A long line of many words", "Short", "Another long line of words", "Brief"]
    words = engine.read(page(*((40, 40 + 90 * n, text) for n, text in enumerate(lines))))
    assert [word.text for word in words] == " ".join(lines).split()


def test_onnxruntime_stands_in_for_openvino(monkeypatch, caplog):
    real = builtins.__import__

    def without_openvino(name, *args, **options):
        if name.split(".")[0] == "openvino":
            raise ImportError("no openvino")
        return real(name, *args, **options)

    monkeypatch.setattr(builtins, "__import__", without_openvino)
    monkeypatch.delitem(__import__("sys").modules, "rapidocr.inference_engine.openvino", raising=False)
    monkeypatch.delitem(__import__("sys").modules, "rapidocr.inference_engine.openvino.main", raising=False)
    engine = rapid.RapidOcr(threads=1)
    assert "more slowly" in caplog.text
    assert [word.text for word in engine.read(page((60, 200, "Total 5.00")))] == ["Total", "5.00"]


class Timed:
    """Stands for a loaded runtime whose samples take as long as told, the first of them long."""

    def __init__(self, runtime, *seconds):
        self.runtime, self._seconds = runtime, iter([9, *seconds])

    def cpu_seconds(self):
        return next(self._seconds)


@pytest.mark.parametrize(
    ("openvino", "onnxruntime", "chosen"),
    [
        ((0.2, 0.1), (0.3, 0.3), "openvino"),
        ((0.2, 0.2), (0.1, 0.3), "onnxruntime"),
        ((0.2, 0.2), (0.19, 0.3), "openvino"),
    ],
)
def test_the_clearly_faster_runtime_is_chosen(openvino, onnxruntime, chosen, caplog):
    caplog.set_level("INFO")
    found = rapid._faster([Timed("openvino", *openvino), Timed("onnxruntime", *onnxruntime)])
    assert found.runtime == chosen
    assert f"OCR runs on {chosen}" in caplog.text


def test_a_sample_of_a_page_is_timed_on_what_was_loaded(engine):
    sample = rapid._Loaded("openvino", (engine._detect, engine._read_line))
    assert 0 < sample.cpu_seconds() < 60
    assert engine._recognised(rapid._sample_line(), "latin").text == "Grand total 1,234.50"


def test_one_runtime_may_be_asked_for(settings):
    assert rapid._runtimes() == ["openvino", "onnxruntime"]
    settings.OCR_RUNTIME = "onnxruntime"
    assert rapid._runtimes() == ["onnxruntime"]
    engine = rapid.RapidOcr(threads=1)
    assert type(engine._detect.args[0]).__name__ == "OrtInferSession"
    assert [word.text for word in engine.read(page((60, 200, "Total 5.00")))] == ["Total", "5.00"]


def test_openvino_without_its_package_is_onnxruntime(settings, monkeypatch):
    settings.OCR_RUNTIME = "openvino"
    monkeypatch.setattr(rapid, "find_spec", lambda name: None)
    assert rapid._runtimes() == ["onnxruntime"]


def test_the_models_are_the_known_ones():
    models.verify_models()


def test_changed_and_missing_models_are_told(tmp_path, monkeypatch):
    monkeypatch.setattr(models, "installed", lambda name: tmp_path / "model.onnx")
    with pytest.raises(Unavailable, match="model_missing"):
        models.verify_models()
    (tmp_path / "model.onnx").write_bytes(b"other")
    with pytest.raises(Unavailable, match="model_changed"):
        models.verify_models()


def test_files_of_absent_packages_are_nowhere():
    assert not models.installed("no_such_package/model.onnx").exists()
