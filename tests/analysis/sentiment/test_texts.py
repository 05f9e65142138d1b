"""Texts, their languages, and the terms that drive a class."""

import pytest

from analysis import sentiment
from analysis.sentiment.languages import language_of
from analysis.sentiment.texts import bare, legible


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("  a\t\n b\u00a0c ", "a b c"),
        ("fish &amp; chips &lt;3", "fish & chips <3"),
        ("ﬁne\x00\x07 \ud800stay\u200b", "fine stay"),
        ("\ufeffＧood\u202e", "Good"),
        ("👨\u200d👩\u200d👧 ok", "👨\u200d👩\u200d👧 ok"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("&#8206;\u200e \x1b", ""),
    ],
)
def test_normalised(given, expected):
    assert sentiment.normalised(given) == expected
    assert sentiment.normalised(expected) == expected


def test_copies_that_were_masked_are_equal():
    assert (
        bare("RT @bob: Isn&apos;t it GREAT?! https://example.org/1")
        == bare("rt @user isn't it great http")
        == "rt isn t it great"
    )
    assert bare("Perhaps") != bare("perhaps not")
    assert bare(":)  :)") == ":) :)"


def test_addresses_are_one_word():
    assert legible("see https://example.org/a?b=1 or www.example.org now") == "see http or http now"
    assert legible(r"can\u2019t wait \ud83d\ude02 \ud83d C:\users") == "can’t wait 😂  C:\\users"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The room was clean and the staff were very friendly to us", "en"),
        ("Das Zimmer war sauber und die Leute waren sehr freundlich", "de"),
        ("La chambre était propre et le personnel très gentil", "fr"),
        ("DAS ZIMMER WAR SAUBER UND DIE LEUTE WAREN FREUNDLICH", "de"),
        ("الغرفة نظيفة والموظفون ودودون جدا", "ar"),
        ("房间很干净", "zh"),
        ("ok", ""),
        ("😀 !!! 12345", ""),
        ("@someone_with_a_name #hashtagofmany http://example.org/english/words", ""),
    ],
)
def test_language_is_unknown_rather_than_wrong(text, language):
    assert language_of(text) == language


def test_drivers_tell_a_class_from_the_others():
    bad = [f"The delivery was late again, order {n}, says @somebody" for n in range(30)]
    good = [f"The soup was hot, order {n}" for n in range(30)]
    texts, labels = bad + good, ["negative"] * 30 + ["positive"] * 30
    terms = sentiment.drivers(texts, labels, 3)
    assert {term for term, _, _ in terms} & {"late again", "delivery was", "late", "delivery", "was late"}
    assert all(weight > 1.6 and count == 30 for _, weight, count in terms)
    many = {term for term, _, _ in sentiment.drivers(texts, labels, 50)}
    assert not many & {"somebody", "order"}
    assert any("soup" in term for term, _, _ in sentiment.drivers(texts, labels, 5, "positive"))


def test_drivers_need_something_to_tell_from():
    assert sentiment.drivers(["so late", "so late"], ["negative", "negative"], 5) == []
    assert sentiment.drivers([], [], 5) == []
