import pytest

from analysis.evaluation.comparing import is_exact, is_line_right, is_right, pair_lines, same_number
from analysis.findings import LineItem


@pytest.mark.parametrize(
    ("name", "truth", "value"),
    [
        ("total", 60.3, "60.30"),
        ("vendor", "INDAH GIFT & HOME DECO", "Indah Gift&Home Deco."),
        ("vendor", "Au bon moulin", "Au bon moulin SARL"),
        ("address", "Ecke 12, 12345 Stadthausen, DE", "Ecke 12, 12345 Stadthausen"),
        ("address", "Ecke 12, 12345 Stadthausen, DE", "Ecke 12, DE 12345 Stadthausen"),
        ("address", "Ecke 12, 12345 Stadthausen, DE", "Ecke 12, 12345 Stadthausen, Deutschland"),
        ("invoice_number", "RE-17", "RE-17"),
    ],
)
def test_right(name, truth, value):
    assert is_right(name, truth, value)


@pytest.mark.parametrize(
    ("name", "truth", "value"),
    [
        ("total", 60.3, "60.31"),
        ("total", 60.3, "about 60"),
        ("vendor", "Example GmbH", "Example"),
        ("vendor", "Example GmbH", "Example AG"),
        ("date", "2024-05-01", "2024-01-05"),
        ("address", "Ecke 12, 12345 Stadthausen, DE", "Ecke 13, 12345 Stadthausen"),
        ("address", "FR", "Ecke 12"),
    ],
)
def test_wrong(name, truth, value):
    assert not is_right(name, truth, value)


def test_alternatives_are_right_too():
    assert is_right("vendor", "OYO", "Oravel Stays Private Limited", ["Oravel Stays Private Limited"])


def test_exact_is_stricter():
    assert not is_exact("vendor", "ACME", "Acme")
    assert is_exact("total", 60.3, "60.30")


def test_price_may_be_rounded_as_printed():
    assert same_number(3.3333, "3.33")
    assert same_number(3, "3.000")
    assert not same_number(3.33, "3.3333")
    assert not same_number(3.3333, "3.34")
    assert not same_number(None, "1")


def test_lines_are_paired_by_likeness_not_by_place():
    truth = [
        {"description": "Pens", "amount": 2.0},
        {"description": "Ink", "amount": 3.0},
        {"description": "Glue", "amount": 9},
    ]
    lines = [LineItem("Ink, blue", amount="3.00"), LineItem("Rulers", amount="7.00"), LineItem("Pens", amount="2.50")]
    assert [(t["description"], line.description) for t, line in pair_lines(truth, lines)] == [
        ("Pens", "Pens"),
        ("Ink", "Ink, blue"),
    ]


def test_line_is_right_as_far_as_the_truth_goes():
    line = LineItem("Ink", quantity="2", unit_price="1.50", amount="3.00")
    assert is_line_right({"amount": 3.0}, line)
    assert is_line_right({"amount": 3.0, "quantity": 2, "unit_price": 1.5}, line)
    assert not is_line_right({"amount": 3.0, "quantity": 3}, line)
    assert not is_line_right({"amount": 3.0, "unit_price": 1.6}, line)
    assert not is_line_right({"amount": 4.0}, line)
