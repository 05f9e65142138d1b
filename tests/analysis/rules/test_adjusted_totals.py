import pytest

from analysis.checks import amounts
from analysis.extraction import extract
from analysis.rules import extract_invoice, extract_receipt
from tests.analysis.rules.drawing import page

HEAD = "CORNER CAFE\n5 Mill Street\n18/01/2018\nSoup   10.00\nFish   30.00\n"


def photo(drawing):
    return [page(HEAD + drawing.strip("\n"), source="ocr")]


def values(drawing):
    fields = extract_receipt(photo(drawing)).fields
    return tuple(fields[name].value if name in fields else None for name in ("subtotal", "tax", "total"))


@pytest.mark.parametrize(
    ("drawing", "expected"),
    [
        ("Subtotal  40.00\nTax  3.20\nTotal  43.20\nCash  50.00\nChange  6.80", ("40.00", "3.20", "43.20")),
        ("Subtotal  40.00\nState Tax  2.00\nCity Tax  1.00\nTotal  43.00", ("40.00", "3.00", "43.00")),
        ("Sub Total  40.00\nSales Tax  3.20\nGratuity  7.20\nCheck Total:  50.40", ("40.00", "3.20", "50.40")),
        (
            "Subtotal  40.00\nTotal Taxes  3.20\nAutomatic Gratuity  8.00\nGrand Total  51.20",
            ("40.00", "3.20", "51.20"),
        ),
        ("SUBTOTAL  40.00\n10% SVC CHG  4.00\n7% GST  3.08\nTOTAL  47.08", ("40.00", "3.08", "47.08")),
        (
            "Total  40.00\nSer.Tax 5%  2.00\nVAT(2%)  0.80\nRound off  0.20\nNet Amount  43.00",
            ("40.00", "2.80", "43.00"),
        ),
        ("SUBTOTALE  40,00\nSCONTO  -5,50\nTOTALE EURO  34,50", ("40.00", None, "34.50")),
        ("Totale  40,00\nServizio  5,00\nTotale EURO  45,00", ("40.00", None, "45.00")),
        ("SUBTOTAL  40.00\nA = 8.000% Sales Tax   $3.20\nTOTAL  43.20", ("40.00", "3.20", "43.20")),
        ("Subtotal  40.00\nPlastic bag levy  0.25\nTotal Due  40.25", ("40.00", None, "40.25")),
        ("Subtotal  40.00\nTax  3.22\nTotal  43.22\n   -0.02\nTotal  43.20", ("40.00", "3.22", "43.20")),
    ],
)
def test_what_leads_to_the_total(drawing, expected):
    assert values(drawing.replace(",", ".")) == expected


def test_cash_is_not_the_total():
    assert values("Amount  40.00\nCash  100.00\nChange  60.00")[2] == "40.00"


def test_what_was_rounded_to_is_the_total():
    assert (
        values("Total Sales  40.02\nRounding Adjustment   -0.02\nRounding  40.00\nCREDIT  40.00\nCHANGE  0.00")[2]
        == "40.00"
    )


def test_charges_are_part_of_the_proof_and_of_the_checks():
    extraction = extract(photo("Subtotal  40.00\nTax  3.20\nGratuity  7.20\nTotal  50.40\nVISA  50.40"), kind="receipt")
    assert extraction.fields["total"].value == "50.40"
    assert extraction.extra["adjustment"] == "7.20"
    assert any("charges and discounts 7.20" in one["equation"] for one in extraction.extra["arithmetic"]["proof"])
    assert amounts.check(extraction) == []


def test_tax_that_is_included_leads_nowhere():
    extraction = extract_receipt(photo("Total  40.00\nincluding VAT 10%   3.64"))
    assert extraction.fields["total"].value == "40.00"
    assert extraction.extra == {}


@pytest.mark.parametrize(
    ("drawing", "expected", "adjustment"),
    [
        (
            "Subtotal  2071.00\nDiscount  1812.00\nTax  146.00\nTotal  405.00",
            ("2071.00", "146.00", "405.00"),
            "-1812.00",
        ),
        ("Subtotal  100.00\nShipping  5.00\nTotal  105.00", ("100.00", None, "105.00"), "5.00"),
        (
            "Zwischensumme  100,00\nRabatt  -10,00\nVersandkosten  5,00\nMwSt 19 %  18,05\nGesamtbetrag  113,05",
            ("100.00", "18.05", "113.05"),
            "-5.00",
        ),
        ("Discount  10.00\nSubtotal  100.00\nTax  19.00\nTotal  119.00", ("100.00", "19.00", "119.00"), None),
        ("Subtotal  100.00\nTax  19.00\nDiscount  10.00\nTotal  112.00", ("100.00", "19.00", "112.00"), None),
        (
            "Subtotal  100.00\nDiscount  10.00\nTotal  90.00\nVAT 19 % included  14.37",
            ("100.00", "14.37", "90.00"),
            "-10.00",
        ),
    ],
)
def test_discounts_and_charges_of_an_invoice_stand_between_subtotal_and_total(drawing, expected, adjustment):
    found = extract_invoice([page("Supplier Ltd\n\n" + drawing)])
    assert tuple(found.fields[n].value if n in found.fields else None for n in ("subtotal", "tax", "total")) == expected
    assert found.extra.get("adjustment") == adjustment
    issues = [issue.code for issue in amounts.check(found)]
    assert issues == (["total"] if expected[2] == "112.00" else [])
