"""Where XML and page disagree, both values and the place are named; what is not on the page is not called wrong."""

import pytest

from analysis.einvoice.disagreement import mismatches
from analysis.findings import Extraction, Found, LineItem
from tests.analysis.rules.drawing import page

PRINTED = """
Nordlicht GmbH · Am Kai 1 · 24103 Kiel

Rechnungsnummer: RE-17            Rechnungsdatum: 14.03.2025
Zahlbar bis: 28.03.2025

Pos  Bezeichnung        Menge   Einzelpreis    Gesamt
1    Skizzenbuch A4         2         50,00    100,00
2    Radiergummi weiss      1         20,00     20,00

Nettobetrag                                    120,00
USt. 19 %                                       22,80
Gesamtbetrag                                   142,80

IBAN: DE08 7009 0100 1234 5678 90
"""
XML = {
    "invoice_number": "RE-17",
    "date": "2025-03-14",
    "due_date": "2025-03-28",
    "subtotal": "120.00",
    "tax": "22.80",
    "total": "142.80",
    "iban": "DE08700901001234567890",
}
LINES = [("Skizzenbuch A4", "100.00"), ("Radiergummi weiss", "20.00")]


def compared(lines=LINES, printed=PRINTED, **changes):
    fields = {name: Found(value, source="xml") for name, value in (XML | changes).items()}
    items = [LineItem(description, amount=amount, source="xml") for description, amount in lines]
    return mismatches(Extraction("invoice", fields, items), [page(printed)])


def test_an_xml_that_agrees_is_not_suspected():
    assert compared() == []


@pytest.mark.parametrize(
    ("name", "value", "printed"),
    [
        ("total", "143.80", "142,80"),
        ("subtotal", "121.00", "120,00"),
        ("tax", "23.80", "22,80"),
        ("date", "2025-03-15", "14.03.2025"),
        ("due_date", "2025-04-28", "28.03.2025"),
        ("iban", "DE89370400440532013000", "DE08 7009 0100 1234 5678 90"),
        ("invoice_number", "RE-71", "RE-17"),
    ],
)
def test_a_value_that_the_page_prints_otherwise_is_named_with_both(name, value, printed):
    (issue,) = compared(**{name: value})
    assert (issue.code, issue.severity, issue.fields) == ("xml_not_on_page", "warning", (name,))
    assert value in issue.detail
    assert f"page 1 says {printed}" in issue.detail


def test_a_line_with_another_amount_is_named():
    (issue,) = compared(lines=[LINES[0], ("Radiergummi weiss", "25.00")])
    assert issue.fields == ("line_items",)
    assert "line 2 (Radiergummi weiss) as 25.00, but page 1 says 20.00" in issue.detail


@pytest.mark.parametrize(
    "line", [("Etwas anderes", "25.00"), ("Radiergummi", "25.00"), (None, "25.00"), ("Radiergummi weiss", None)]
)
def test_lines_that_the_page_has_not_are_not_claimed_to_be_wrong(line):
    assert compared(lines=[LINES[0], line]) == []


def test_lines_of_the_same_name_are_not_told_apart():
    assert compared(lines=[("Radiergummi weiss", "25.00"), ("Radiergummi weiss", "26.00")]) == []


def test_what_cannot_be_located_is_only_missed_where_every_invoice_prints_it():
    letter = "Nordlicht GmbH\nRechnung RE-17 vom 14.03.2025"
    (issue,) = compared(printed=letter)
    assert issue.fields == ("total",)
    assert "no page shows that" in issue.detail


def test_a_credit_note_may_print_its_amounts_without_their_sign():
    assert compared(total="-142.80", subtotal="-120.00", tax="-22.80") == []
