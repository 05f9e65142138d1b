import datetime as dt
from decimal import Decimal

import pytest

from analysis import checks
from analysis.checks import amounts
from analysis.checks.equations import equations
from analysis.checks.values import shown
from analysis.findings import Extraction, Found, Issue, LineItem

GOOD = {
    "vendor": "Example GmbH",
    "invoice_number": "17",
    "date": "2024-05-01",
    "due_date": "2024-05-31",
    "currency": "EUR",
    "subtotal": "174.00",
    "tax": "33.06",
    "total": "207.06",
    "prepaid": "7.06",
    "amount_due": "200.00",
    "iban": "DE08700901001234567890",
    "vendor_tax_id": "DE136695976",
    "taxes": [{"rate": "19", "base": "174.00", "tax": "33.06"}],
}
LINES = [
    LineItem("A", quantity="20", unit_price="9.90", amount="198.00"),
    LineItem("B", quantity="-1", unit_price="24.00", amount="-24.00"),
]


def extraction(lines=LINES, extra=None, kind="invoice", issues=(), **changes):
    fields = {name: Found(value) for name, value in (GOOD | changes).items() if value is not None}
    return Extraction(kind, fields, list(lines), extra or {}, list(issues))


def codes(validation):
    return [issue.code for issue in validation.issues]


def test_a_sound_invoice_is_valid():
    validation = checks.validate(extraction())
    assert (validation.is_valid, validation.math_ok, validation.issues) == (True, True, [])


@pytest.mark.parametrize(
    ("changes", "code", "figures"),
    [
        ({"total": "207.60"}, "total", ["174.00", "33.06", "207.06", "207.60"]),
        ({"amount_due": "207.06"}, "amount_due", ["7.06", "200.00", "207.06"]),
        ({"subtotal": "175.00", "tax": None, "total": None, "amount_due": None}, "lines_sum", ["174.00", "175.00"]),
        ({"tax": "33.00", "total": "207.00", "amount_due": "199.94"}, "tax_sum", ["33.06", "33.00"]),
    ],
)
def test_sums_that_do_not_hold_are_errors_in_figures(changes, code, figures):
    validation = checks.validate(extraction(**changes))
    issue = next(issue for issue in validation.issues if issue.code == code)
    assert issue.severity == "error"
    assert all(figure in issue.detail for figure in figures)
    assert (validation.is_valid, validation.math_ok) == (False, False)


def test_wrong_line_names_its_position():
    wrong = LineItem("B", quantity="2", unit_price="3.00", amount="7.00")
    (issue,) = [i for i in amounts.check(extraction([*LINES, wrong], subtotal=None)) if i.code == "line_amount"]
    assert issue.detail == "Line 3: 2.00 x 3.00 makes 6.00, but the document says 7.00."


def test_wrong_tax_of_a_rate():
    entry = {"rate": "19", "base": "174.00", "tax": "30.06"}
    assert "tax_by_rate" in codes(checks.validate(extraction(taxes=[entry])))


@pytest.mark.parametrize(
    ("quantity", "price", "amount"), [("3", "3.33", "10.00"), ("800", "0.025", "20.00"), ("2.5", "1.111", "2.78")]
)
def test_rounded_prices_are_tolerated(quantity, price, amount):
    line = LineItem("A", quantity=quantity, unit_price=price, amount=amount)
    assert amounts.math_ok(Extraction("invoice", {}, [line])) is True


def test_allowances_charges_and_price_bases_of_e_invoices():
    lines = [
        LineItem("A", quantity="50", unit_price="20.00", amount="9.00"),
        LineItem("B", quantity="1", unit_price="5.00", amount="6.00"),
    ]
    details = [{"price_base_quantity": "100", "allowances": [{"amount": "1.00"}]}, {"charges": [{"amount": "1.00"}]}]
    extra = {
        "lines": details,
        "line_total": "15.00",
        "allowance_total": "2.00",
        "charge_total": "1.50",
        "rounding": "0.01",
    }
    sound = {
        "subtotal": "14.50",
        "tax": "0.00",
        "total": "14.50",
        "prepaid": None,
        "amount_due": "14.51",
        "taxes": None,
    }
    assert amounts.check(extraction(lines, extra, **sound)) == []
    (issue,) = amounts.check(extraction(lines, extra | {"charge_total": "1.00"}, **sound))
    assert (issue.code, issue.fields) == ("subtotal", ("subtotal",))
    (issue,) = amounts.check(extraction(lines, extra | {"line_total": "15.05", "charge_total": "1.45"}, **sound))
    assert issue.code == "lines_sum"


def test_nothing_to_add_up_is_neither_right_nor_wrong():
    validation = checks.validate(Extraction("receipt", {"vendor": Found("A"), "date": Found("2024-01-01")}))
    assert validation.math_ok is None
    assert validation.is_valid
    assert codes(validation) == ["missing_field"]


def test_lines_without_amounts_are_not_added_up():
    lines = [LineItem("A", amount="5.00"), LineItem("B")]
    assert "lines_sum" not in [s.code for s in equations(extraction(lines))]


def test_gross_lines_of_a_receipt_add_up_to_its_total():
    lines = [LineItem("A", amount="60.00"), LineItem("B", amount="41.76")]
    receipt = extraction(
        lines, kind="receipt", subtotal="96.00", tax="5.76", total="101.76", taxes=None, amount_due=None
    )
    assert amounts.check(receipt) == []


def test_receipt_total_may_be_rounded_and_include_the_tax():
    rounded = extraction([], kind="receipt", subtotal="56.90", tax="3.41", total="60.26", taxes=None, amount_due=None)
    included = extraction([], kind="receipt", subtotal="28.60", tax="0.07", total="28.60", taxes=None, amount_due=None)
    assert amounts.math_ok(rounded) is amounts.math_ok(included) is True
    assert (
        amounts.math_ok(extraction([], subtotal="56.90", tax="3.41", total="60.26", taxes=None, amount_due=None))
        is False
    )


@pytest.mark.parametrize("text", ["not a number", "NaN", None])
def test_values_that_are_no_numbers_are_not_calculated_with(text):
    assert "total" not in [s.code for s in equations(extraction(total=text))]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"date": "1970-01-01", "due_date": None}, "date_too_old"),
        ({"date": (dt.date.today() + dt.timedelta(90)).isoformat(), "due_date": None}, "date_in_future"),
        ({"due_date": "2024-04-30"}, "due_before_date"),
        ({"due_date": "2026-05-01"}, "due_far_away"),
        ({"vendor_tax_id": "DE136695977"}, "vat_check_digits"),
        ({"vendor": None}, "missing_field"),
    ],
)
def test_doubts_are_warnings(changes, code):
    validation = checks.validate(extraction(**changes))
    assert codes(validation) == [code]
    assert validation.is_valid


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"date": "31.12.2024"}, "invalid_date"),
        ({"iban": "DE08700901001234567891"}, "iban_check_digits"),
        ({"currency": "EUX"}, "unknown_currency"),
    ],
)
def test_impossible_values_are_errors(changes, code):
    validation = checks.validate(extraction(**changes))
    assert codes(validation) == [code]
    assert not validation.is_valid


@pytest.mark.parametrize(
    "number", ["GB980780684", "EL094259216", "ATU61830479", "201/113/40209", "XX123", "06AABCO6063D1ZQ"]
)
def test_tax_numbers_that_are_right_or_of_no_known_form_pass(number):
    assert checks.validate(extraction(vendor_tax_id=number)).issues == []


def test_issues_of_the_extraction_are_passed_on():
    issue = Issue("xml_not_on_page", "The XML says otherwise.", ("total",), "warning")
    validation = checks.validate(extraction(issues=[issue]))
    assert validation.issues == [issue]


@pytest.mark.parametrize(
    ("value", "text"), [("5", "5.00"), ("0.025", "0.025"), ("1E+3", "1000.00"), ("3.3333", "3.3333")]
)
def test_numbers_are_shown_as_in_a_sentence(value, text):
    assert shown(Decimal(value)) == text
