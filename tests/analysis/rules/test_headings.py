import pytest

from analysis.rules.headings import find_headings
from analysis.rules.sheet import Sheet
from tests.analysis.rules.drawing import page


def headings(drawing, **how):
    return find_headings(Sheet.of([page(drawing, **how)]))


def values(drawing, **how):
    return {name: found.value for name, found in headings(drawing, **how).items()}


def test_values_beside_their_labels():
    found = values(
        """
Invoice number:    INV-2023-001
Invoice date:      October 1, 2023
Order number:      PO-7788
Delivery date:     October 5, 2023
Due date:          February 1, 2024
Customer VAT ID:   DE136695976
VAT ID:            GB980780684
Total              €160.65
"""
    )
    assert found == {
        "invoice_number": "INV-2023-001",
        "date": "2023-10-01",
        "due_date": "2024-02-01",
        "currency": "EUR",
        "vendor_tax_id": "GB980780684",
    }


def test_a_rate_beside_gst_is_no_tax_number():
    assert "vendor_tax_id" not in values("2017-02-12   GST: 1     Ling\n17-2   DINE IN H7 (Section 2)")


def test_values_below_their_labels():
    found = values("Invoice number     Invoice date     Due date\nA-17               03.04.2024       17.04.2024")
    assert (found["invoice_number"], found["date"], found["due_date"]) == ("A-17", "2024-04-03", "2024-04-17")


def test_values_within_a_sentence():
    found = values("Rechnung # RE-20151008/504 von 08.10.2015\nBitte überweisen Sie bis zum 29.10.2015.")
    assert found["invoice_number"] == "RE-20151008/504"
    assert (found["date"], found["due_date"]) == ("2015-10-08", "2015-10-29")


def test_due_date_comes_before_the_discount():
    found = values("Zahlbar innerhalb 30 Tagen netto bis 04.07.2018, 3% Skonto innerhalb 10 Tagen bis 15.06.2018")
    assert found["due_date"] == "2018-07-04"


def test_unlabelled_date_is_found_with_less_confidence():
    found = headings("CAFE NOIR\n12.03.2024  09:41\nTotal  4.50")
    assert found["date"].value == "2024-03-12"
    assert found["date"].confidence < headings("Date: 12.03.2024")["date"].confidence


def test_number_of_another_document_is_not_taken():
    assert "invoice_number" not in values("This document refers to 17 orders\nPurchase order: 4711")


@pytest.mark.parametrize(
    ("printed", "confident"), [("DE08 7009 0100 1234 5678 90", True), ("DE08 7009 0100 1234 5678 91", False)]
)
def test_iban_is_as_sure_as_its_check_digits(printed, confident):
    iban = headings(f"IBAN: {printed}   BIC: GENODEF1M04")["iban"]
    assert iban.value == printed.replace(" ", "")
    assert (iban.confidence > 0.9) is confident


def test_a_wrong_iban_without_a_label_is_none():
    assert "iban" not in values("DE08 7009 0100 1234 5678 91")


def test_box_and_raw_text_are_those_of_the_value():
    found = headings("Invoice number:  A-17")["invoice_number"]
    assert (found.raw, found.page, found.source) == ("A-17", 1, "rules")
    assert (found.box.x0, found.box.x1) == (17 * 6, 21 * 6)


def test_dollars_read_the_month_first():
    assert values("Date: 04/05/2025\nTotal  $41.83")["date"] == "2025-04-05"
    assert values("Date: 04/05/2025\nTotal  €41.83")["date"] == "2025-05-04"


def test_vat_number_with_right_check_digit_needs_no_label():
    assert values("Example AG   DE136695976")["vendor_tax_id"] == "DE136695976"


@pytest.mark.parametrize(
    ("drawing", "number"),
    [
        ("Rechnung Nr. 20240508   Krüger AG", "20240508"),
        ("N°:   2021/796\nDate:   01/02/2021", "2021/796"),
        ("No.       Invoice Date   Payable by\nFA-5185   2021-06-17     2021-08-01", "FA-5185"),
        ("Réf. facture   Le\nDM91721        24/04/2025", "DM91721"),
    ],
)
def test_numbers_with_a_scant_label(drawing, number):
    assert values(drawing)["invoice_number"] == number


def test_what_is_payable_until_a_day_is_not_dated_so():
    found = values("FACTURE\nÉmise le:   31-07-2023\nFacture payable au plus tard le 14-08-2023.")
    assert (found["date"], found["due_date"]) == ("2023-07-31", "2023-08-14")
