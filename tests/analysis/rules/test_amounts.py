from decimal import Decimal

import pytest

from analysis.rules.amounts import decimal_mark, find_amounts, find_currencies, parse_number


@pytest.mark.parametrize(
    ("printed", "mark", "value"),
    [
        ("1.234,56", ",", "1234.56"),
        ("1,234.56", ".", "1234.56"),
        ("1.234,56", ".", "1234.56"),  # both marks: the last is the decimal one, whatever the document's habit
        ("1 234,56", ",", "1234.56"),
        ("1'234.50", ".", "1234.50"),
        ("1.234.567", ".", "1234567"),
        ("5,000", ",", "5.000"),
        ("5,000", ".", "5000"),
        ("0,025", ".", "0.025"),
        ("19.80", ",", "19.80"),
        ("42", ",", "42"),
        (",50", ",", "0.50"),
    ],
)
def test_number_is_read_by_its_marks(printed, mark, value):
    assert parse_number(printed, mark) == Decimal(value)


@pytest.mark.parametrize(
    ("text", "value", "currency"),
    [
        ("Total RM60.30", "60.30", "MYR"),
        ("$4.11", "4.11", "USD"),
        ("-20,48 €", "-20.48", "EUR"),
        ("- €10.00", "-10.00", "EUR"),
        ("€ 12.00", "12.00", "EUR"),
        ("USD 1,200.00", "1200.00", "USD"),
        ("12.50-", "-12.50", None),
        ("(12.50)", "-12.50", None),
        ("4.785,74 EUR", "4785.74", "EUR"),
    ],
)
def test_amount_takes_sign_and_currency_from_beside_it(text, value, currency):
    (amount,) = find_amounts(text, decimal_mark([text]))
    assert (amount.value, amount.currency) == (Decimal(value), currency)


def test_percent_is_no_money():
    percent, money = find_amounts("19 % 42,00", ",")
    assert percent.percent
    assert not percent.is_money
    assert money.is_money


@pytest.mark.parametrize("text", ["A1234", "12.05.2024", "192.168.0.1", "12:30", "07-8263254"])
def test_numbers_of_other_kinds_are_no_amounts(text):
    assert not [a for a in find_amounts(text, ".") if a.is_money]


@pytest.mark.parametrize(
    ("text", "value"), [("6O.3O", "60.30"), ("1O.00", "10.00"), ("20-00", "20.00"), ("10. 00", "10.00")]
)
def test_slips_of_ocr_are_mended_only_for_ocr(text, value):
    (amount,) = find_amounts(text, ".", ocr=True)
    assert amount.value == Decimal(value)
    assert [(a.value, a.decimals) for a in find_amounts(text, ".")] != [(Decimal(value), 2)]


def test_decimal_mark_is_the_majority_of_the_document():
    assert decimal_mark(["1,50", "2,75", "3.10"]) == ","
    assert decimal_mark(["no numbers"]) == "."


def test_currencies_stand_alone():
    assert [code for _, _, code in find_currencies("EUR 5 and €, NEUROLOGY")] == ["EUR", "EUR"]
