import pytest

from analysis.learned.spelling import Spelling

SPELLING = Spelling.learn([("a", "Jalan Selangor"), ("b", "JALAN SELANGOR"), ("a", "Dengkil"), ("a", "Dengkil")])


@pytest.mark.parametrize(
    ("read", "right"),
    [
        ("JALAN S3LANGOR", "JALAN SELANGOR"),
        ("Jalan Se1angor", "Jalan Selangor"),
        ("JALAN SCLANGOR", "JALAN SCLANGOR"),
        ("JA1AN", "JALAN"),
        ("DENGK1L", "DENGK1L"),  # one issuer's word teaches nothing
        ("SEALNGOR", "SEALNGOR"),
        ("5ELANG0R", "5ELANG0R"),
        ("Lot 12345", "Lot 12345"),
    ],
)
def test_words_a_letter_off_are_put_right(read, right):
    assert SPELLING.corrected(read) == right
