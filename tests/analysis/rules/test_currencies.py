import pytest

from analysis.rules.currencies import find_currency
from analysis.rules.sheet import Sheet
from tests.analysis.rules.drawing import page


def currency(drawing):
    found = find_currency(Sheet.of([page(drawing)]))
    return (found.value, found.raw) if found else None


@pytest.mark.parametrize(
    ("drawing", "expected"),
    [
        ("Total  119,00 €\nPaid in EUR", ("EUR", "€")),
        ("Shop\nTotal  $12.00", ("USD", "$")),
        ("Shop Pty. Ltd.\nCasula, NSW 2170\nABN No: 57 104 012 893\nTotal  $12.00", ("AUD", "$")),
        ("Shop\nRichmond, CA 94804\nTotal  $12.00", ("USD", "$")),
        ("Shop\nToronto ON M5V 2T6\nHST 13%  1.00\nTotal  $12.00", ("CAD", "$")),
        ("Shop Pte Ltd\nTotal  $12.00", ("SGD", "$")),
        ("Total  US$12.00\nABN 57 104 012 893", ("USD", "US$")),
    ],
)
def test_what_is_printed_counts_and_a_dollar_is_that_of_the_country(drawing, expected):
    assert currency(drawing) == expected


def test_marks_of_two_countries_say_nothing_of_a_dollar():
    assert currency("Seller Inc\nAustin, TX 78701\nBuyer Pty Ltd\nTotal  $12.00") == ("USD", "$")
    assert currency("Seller Pte Ltd\nBuyer Pty Ltd\nTotal  12.00") is None


@pytest.mark.parametrize(
    ("drawing", "expected"),
    [
        ("Shop\nGSTIN 29AAB\nCGST  1.00\nTotal  12.00", ("INR", "GSTIN")),
        ("GEMILANG SDN BHD\nTotal  12.00", ("MYR", "SDN BHD")),
        ("Shop\nTotal  12.00", None),
        ("Laden\nDE 80333 München\nSumme  12,00", None),
    ],
)
def test_without_any_the_country_says_it(drawing, expected):
    assert currency(drawing) == expected


@pytest.mark.parametrize("line", ["40565 AV0CAD0S 6CT  5.99", "990600 CA 0IL FEE  .87", "EURO2 7.00"])
def test_letters_within_a_word_are_no_currency(line):
    assert currency(line) is None
