import pytest

from analysis.learned.spelling import Spelling, surely_read
from analysis.rules.layout import rows_of
from tests.analysis.rules.drawing import page

SPELLING = Spelling.learn([("a", "Jalan Selangor"), ("b", "JALAN SELANGOR"), ("a", "Dengkil"), ("a", "Dengkil")])


@pytest.mark.parametrize(
    ("read", "right"),
    [
        ("JALAN S3LANGOR", "JALAN SELANGOR"),
        ("Jalan Se1angor", "Jalan Selangor"),
        ("JALAN SCLANGOR", "JALAN SELANGOR"),
        ("Jalan Setangor", "Jalan Selangor"),
        ("JALAN SELANGXR", "JALAN SELANGXR"),  # these two look like nothing but themselves
        ("JALAN SEIANOOR", "JALAN SEIANOOR"),
        ("JA1AN", "JALAN"),
        ("DENGK1L", "DENGK1L"),  # one issuer's word teaches nothing
        ("SEALNGOR", "SEALNGOR"),
        ("5ELANG0R", "5ELANG0R"),
        ("Lot 12345", "Lot 12345"),
        ("JALAN LAMA, 4600D PETALING", "JALAN LAMA, 46000 PETALING"),
        ("NO. 4600D, JALAN LAMA", "NO. 4600D, JALAN LAMA"),
        ("4D00D PETALING", "4D00D PETALING"),
    ],
)
def test_words_a_letter_off_are_put_right(read, right):
    assert SPELLING.corrected(read) == right


@pytest.mark.parametrize(("confidence", "right"), [(0.995, "JA1AN SCLANGOR"), (0.985, "JALAN SELANGOR")])
def test_words_that_were_read_surely_stand_as_they_are(confidence, right):
    rows = rows_of([page("JA1AN SCLANGOR", source="ocr", confidence=confidence)])
    assert SPELLING.corrected("JA1AN SCLANGOR", surely_read(rows)) == right
