"""The evaluation of OCR: what counts as read, and a folder of images read by the engine that the settings name."""

import json
from collections import Counter

import pytest
from django.core.management import call_command
from PIL import Image, ImageDraw

from analysis.evaluation.ocr import _as_shot
from analysis.evaluation.ocr_scores import PageScore, score
from documents.pages import PageReading, Word

TRUTH = [
    {"text": "Grand Total :", "bbox": [0, 0, 100, 20]},
    {"text": "1,234.50", "bbox": [200, 0, 280, 20]},
    {"text": "Change", "bbox": [0, 30, 60, 50]},
]


def words(*found):
    return [Word(text, x0, y0, x0 + 50, y0 + 20, 0.9) for text, x0, y0 in found]


READ = words(("GRAND", 0, 0), ("Total", 50, 0), ("1,284.50", 210, 0), ("speck", 500, 500))


def test_words_are_counted_without_case_order_and_signs():
    found = score(TRUTH, list(reversed(READ)), spaces=True, cpu_seconds=0.5)
    assert (found.asked, found.found, found.right) == (4, 4, 2)
    assert (found.digits_asked, found.digits_right) == (1, 0)
    assert found.cpu_seconds == 0.5


def test_a_word_is_right_only_as_often_as_it_is_there():
    twice = words(("Change", 0, 30), ("Change", 300, 300))
    found = score(TRUTH[2:], twice, spaces=True, cpu_seconds=0)
    assert (found.asked, found.found, found.right) == (1, 2, 1)


def test_characters_are_compared_where_they_stand():
    found = score(TRUTH, READ, spaces=True, cpu_seconds=0)
    assert found.characters == len("grandtotal:") + len("1,234.50") + len("change")
    assert found.edits == 1 + 1 + len("change")  # the colon, a digit, and a line that was not seen; no speck


def test_without_spaces_entries_are_words():
    entries = [{"text": "GrandTotal", "bbox": [0, 0, 100, 20]}, {"text": "1,234.50", "bbox": [200, 0, 280, 20]}]
    found = score(entries, READ, spaces=False, cpu_seconds=0)
    assert (found.asked, found.found, found.right, found.digits_right) == (2, 3, 1, 0)


def test_nothing_read_and_nothing_asked():
    assert score(TRUTH, [], spaces=True, cpu_seconds=0).right == 0
    assert PageScore().as_dict()["recall"] == 0
    assert score([], READ, spaces=True, cpu_seconds=0).edits == 0


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_words_go_back_to_where_they_stand_on_the_photo(turn):
    size = (480, 640)
    upright = Image.new("L", size, 0)
    ImageDraw.Draw(upright).rectangle((40, 100, 139, 119), fill=255)
    shot = upright.rotate(turn, expand=True)
    back = _as_shot(Word("x", 40, 100, 140, 120), PageReading(1, *size, rotation=turn))
    assert back.box == shot.getbbox()


@pytest.fixture
def folder(tmp_path):
    for name, text in (("till_1", "TOTAL 11.75"), ("form_1", "Name Smith")):
        picture = Image.new("RGB", (480, 200), "white")
        ImageDraw.Draw(picture).text((40, 60), text, "black", font_size=32)
        picture.save(tmp_path / f"{name}.png")
        entries = [{"text": text, "bbox": [40, 60, 300, 100]}]
        (tmp_path / f"{name}.json").write_text(json.dumps({"words": entries}), "utf-8")
    return tmp_path


def test_a_folder_is_evaluated(folder, capsys):
    call_command("evaluate", "ocr", str(folder), "--json")
    figures = json.loads(capsys.readouterr().out)
    assert figures["engine"] == "own"
    assert figures["total"]["recall"] == figures["total"]["digits_recall"] == 1
    assert figures["total"]["cpu_seconds_per_page"] > 0
    assert figures["families"].keys() == {"till", "form"}
    assert Counter(half for halves in figures["halves"].values() for half in halves).total() == 2


def test_another_engine_is_evaluated_and_shown(folder, capsys):
    call_command("evaluate", "ocr", str(folder), "--engine", "rapidocr", "--only", "till")
    shown = capsys.readouterr().out
    assert "OCR by rapidocr" in shown
    assert "100.0" in shown
    assert "form" not in shown
