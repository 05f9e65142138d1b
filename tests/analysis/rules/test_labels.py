import pytest

from analysis.rules.labels import Phrases, field_phrases
from analysis.rules.layout import rows_of
from tests.analysis.rules.drawing import page


def labels(drawing, **how):
    return [
        (label.name, label.row.text[label.start : label.end])
        for row in rows_of([page(drawing, **how)])
        for label in field_phrases().in_row(row)
    ]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Invoice Number:", "invoice_number"),
        ("Rechnungs-Nr.:", "invoice_number"),
        ("Fällig am", "due_date"),
        ("GRAND TOTAL", "total"),
        ("Total (RM) Inclusive of GST", "total"),
        ("Sub-Total", "subtotal"),
        ("Rechnungssumme Netto", "subtotal"),
        ("Total TTC", "total"),
        ("Zahlbetrag", "amount_due"),
    ],
)
def test_phrases_of_all_languages_are_known(text, name):
    assert labels(text)[0] == (name, text)


def test_the_longest_phrase_wins():
    assert labels("Net Total Amount") == [("subtotal", "Net Total Amount")]


def test_a_phrase_does_not_reach_over_a_column():
    assert ("invoice_number", "Invoice") in labels("Invoice     number")


def test_one_wrong_letter_is_forgiven_to_ocr_alone():
    assert labels("Invoice nunber", source="ocr")[0] == ("invoice_number", "Invoice nunber")
    assert ("invoice_number", "Invoice nunber") not in labels("Invoice nunber")


def test_short_words_must_be_right():
    assert not labels("Totel", source="ocr")


def test_the_surest_meaning_of_a_phrase_is_kept():
    phrases = Phrases({"a": [("sum", 3)], "b": [("sum", 1), ("sum", 0)], "c": [("#", 0)]})
    assert phrases.find("Sum", fuzzy=False) == ([("a", 3), ("b", 0)], True)
    assert phrases.find("#", fuzzy=True) == ([], False)
