"""Values of a receipt's head: what is put right in them, and how sure they are."""

from dataclasses import replace

import pytest

from analysis.learned.header import Header
from analysis.learned.model import prepare
from analysis.learned.spelling import Spelling
from tests.analysis.rules.drawing import page

HEAD = """
  KEDAI MAJU SDN BHD
  12, JALAN SCLANGOR
  4600D PETALING JAYA
"""
LABELS = ["B-vendor", "B-address", "I-address"]
SPELLING = Spelling(frozenset({"SELANGOR"}))


def read(source, name="address", sure=0.9):
    drawn = page(HEAD, source=source)
    words = tuple(w._replace(confidence=sure if w.text == "JALAN" else 0.95) for w in drawn.words)
    header = Header(prepare([replace(drawn, words=words)], "receipt"))
    return header.read(LABELS, name, SPELLING)


@pytest.mark.parametrize(
    ("source", "address"),
    [("ocr", "12, JALAN SELANGOR 46000 PETALING JAYA"), ("text", "12, JALAN SCLANGOR 4600D PETALING JAYA")],
)
def test_only_what_ocr_read_is_put_right(source, address):
    assert read(source).value == address


def test_what_was_printed_stays_in_the_raw_text():
    assert read("ocr").raw == "12, JALAN SCLANGOR\n4600D PETALING JAYA"


def test_a_value_is_as_sure_as_its_least_sure_word():
    assert read("ocr", sure=0.4).confidence == pytest.approx(0.4)
    assert read("ocr", "vendor", sure=0.4).confidence == pytest.approx(0.95)


def test_labels_without_the_field_give_nothing():
    assert Header(prepare([page(HEAD, source="ocr")], "receipt")).read(["O"] * 3, "vendor", SPELLING) is None
