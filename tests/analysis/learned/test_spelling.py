import pytest

from analysis.learned.spelling import Spelling

SPELLING = Spelling.learn([("a", "Jalan Selangor"), ("b", "JALAN SELANGOR"), ("a", "Dengkil"), ("a", "Dengkil")])


@pytest.mark.parametrize(
    ("read", "right"),
    [
        ("JALAN SCLANGOR", "JALAN SELANGOR"),
        ("Jalan Setangor", "Jalan Selangor"),
        ("JA1AN", "JALAN"),
        ("DENGK1L", "DENGK1L"),  # one issuer's word teaches nothing
        ("SEALNGOR", "SEALNGOR"),
        ("5ELANG0R", "5ELANG0R"),
        ("Lot 12345", "Lot 12345"),
    ],
)
def test_words_a_letter_off_are_put_right(read, right):
    assert SPELLING.corrected(read) == right
