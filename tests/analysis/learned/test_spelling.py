import pytest

from analysis.learned.spelling import Spelling

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
