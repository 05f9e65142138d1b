"""Several invoices in one file are told apart; what belongs to one invoice stays together."""

import pytest

from analysis import extraction, splitting
from documents.pages import PageReading
from tests.analysis.rules.drawing import page

INVOICE = """
{vendor}
Invoice

Invoice number:  {number}
Invoice date:    2026-03-0{day}

Description      Quantity   Unit price   Amount
Nails            2          5.00         10.00
{end}
"""
TOTAL = """
Subtotal                                 10.00
VAT 10%                                  1.00
Total                                    EUR 11.00
"""
TERMS = "Terms of sale\n\nAll goods remain ours until they are paid. Order number: 88 of 2026-01-01"


def invoice(number, end=TOTAL, *, vendor="Hook Ltd", day=1, at=1):
    return page(INVOICE.format(number=number, end=end, vendor=vendor, day=day), number=at)


def continued(at, text=TOTAL):
    return page(text, number=at)


def test_two_invoices_are_two():
    pages = [invoice("A-100"), invoice("B-200", vendor="Eye Ltd", day=2, at=2)]
    assert splitting.parts(pages) == [range(1), range(1, 2)]


def test_an_invoice_over_two_pages_ends_where_the_next_one_begins():
    pages = [invoice("A-100", "carried over"), continued(2), continued(3, TERMS), invoice("A-101", at=4)]
    assert splitting.parts(pages) == [range(3), range(3, 4)]


def test_three_invoices_are_three():
    pages = [invoice(f"A-10{n}", at=n) for n in (1, 2, 3)]
    assert splitting.parts(pages) == [range(1), range(1, 2), range(2, 3)]


@pytest.mark.parametrize(
    "second",
    [
        invoice("A-100", at=2),  # a copy
        invoice("A-10", at=2),  # the same, read in part
        continued(2, TERMS),
        invoice("B-200", "Goods are to be unloaded from the side", at=2),  # no total follows
        invoice("B-200", TOTAL + "\n\n                Page 2 of 2", at=2),
        PageReading(2, error="malformed_page"),
        PageReading(2),
    ],
)
def test_what_belongs_to_an_invoice_stays_with_it(second):
    assert splitting.parts([invoice("A-100"), second]) == [range(2)]


def test_what_begins_as_no_invoice_is_looked_at_no_further():
    pages = [continued(1, TERMS), invoice("A-100", at=2), invoice("B-200", at=3)]
    assert splitting.parts(pages) == [range(3)]
    assert splitting.parts([]) == [range(0)]


def test_values_are_those_of_the_first_invoice_and_the_others_are_named():
    pages = [invoice("A-100"), invoice("B-200", vendor="Eye Ltd", day=2, at=2)]
    found = extraction.extract(pages)
    assert found.fields["invoice_number"].value == "A-100"
    assert len(found.line_items) == 1
    (issue,) = [issue for issue in found.issues if issue.code == "several_invoices"]
    assert issue.severity == "error"
    assert "2 invoices (pages 1 and 2)" in issue.detail


def test_a_kind_that_was_asked_for_takes_the_whole_file():
    pages = [invoice("A-100"), invoice("B-200", vendor="Eye Ltd", day=2, at=2)]
    found = extraction.extract(pages, kind="receipt")
    assert not [issue for issue in found.issues if issue.code == "several_invoices"]


def test_another_issuer_is_enough_where_numbers_or_totals_are_not_found():
    head = "{vendor}\n\nVAT ID: {vat}\nDate: 2026-03-01\nThanks for your visit"
    one = page(head.format(vendor="Hook Ltd", vat="DE136695976"))
    other = page(head.format(vendor="Eye Ltd", vat="ATU13585627"), number=2)
    assert splitting.parts([one, other]) == [range(1), range(1, 2)]
    assert splitting.parts([one, one]) == [range(2)]


def test_a_tax_number_on_one_page_and_an_iban_on_the_other_say_nothing():
    first = invoice("A-100", "VAT number: GB980780684")
    assert splitting.parts([first, continued(2, TOTAL + "\nIBAN DE89 3704 0044 0532 0130 00")]) == [range(2)]
