"""Documents made at random: headings and what looks like them, in many languages, the same for the same number."""

import re

import pytest

from analysis.evaluation import layout_texts, layout_typesetting

SHEETS = [layout_typesetting.sheet_of(number) for number in range(60)]


def test_equal_numbers_give_equal_documents():
    assert layout_typesetting.sheet_of(3) == SHEETS[3]
    assert layout_typesetting.sheet_of(4) != SHEETS[3]


def test_documents_have_headings_of_several_levels_and_much_that_is_none():
    text = "".join(sheet.html for sheet in SHEETS)
    assert len(re.findall("<h[1-4]", text)) > 5 * len(SHEETS)
    assert {"1", "2", "3", "4"} <= set(re.findall("<h([1-4])", text))
    for other in ("<table", "<ul", "<pre", "class=box", "class=quote", "class=figure", "class=caption", "class=by"):
        assert other in text


def test_headings_are_numbered_in_several_ways():
    text = " ".join(re.findall(r"<h\d>([^<]+)", "".join(sheet.html for sheet in SHEETS)))
    assert re.search(r"\b2\.1 ", text)
    assert re.search(r"\bIII\. ", text)
    assert re.search(r"\b(?:Chapter|Section|Part|Article|Kapitel|Chapitre|Appendix) 2", text)


@pytest.mark.parametrize("language", ["en", "ru", "ja", "ar"])
def test_languages_have_sentences_and_phrases(language):
    texts = layout_texts.texts_of(language)
    assert len(texts.sentences) > 30
    assert len(texts.phrases) > 200
