import pytest

from analysis.rules.sheet import Sheet
from analysis.rules.taxes import find_taxes, sums_of, tax_entries
from analysis.rules.totals import find_totals
from tests.analysis.rules.drawing import page


def found_in(drawing, *, receipt=False):
    sheet = Sheet.of([page(drawing, source="ocr" if receipt else "text")])
    entries = tax_entries(sheet)
    totals = find_totals(sheet, sums=sums_of(entries), receipt=receipt)
    return totals | find_taxes(sheet, entries, totals)


def values(drawing, **how):
    return {name: found.value for name, found in found_in(drawing, **how).items()}


def test_german_totals_with_breakdown_and_prepaid():
    found = values(
        """
Rechnungssumme Netto (exkl. USt.)               193,83
zzgl. Umsatzsteuer   7%   von   129,37            9,06
zzgl. Umsatzsteuer  19%   von    64,46           12,25
Summe Umsatzsteuer                               21,31
Rechnungssumme Brutto (inkl. USt.)              215,14
Bereits bezahlt                                  50,00
Offener Betrag                                  165,14
"""
    )
    assert (found["subtotal"], found["tax"], found["total"]) == ("193.83", "21.31", "215.14")
    assert (found["prepaid"], found["amount_due"]) == ("50.00", "165.14")
    assert found["taxes"] == [
        {"rate": "7", "base": "129.37", "tax": "9.06"},
        {"rate": "19", "base": "64.46", "tax": "12.25"},
    ]


def test_tax_printed_only_by_rate_is_added_up():
    found = found_in("Net total  100.00\nVAT 10 %  60.00  6.00\nVAT 20 %  40.00  8.00\nGrand total  114.00")
    assert found["tax"].value == "14.00"
    assert found["tax"].raw == "6.00 + 8.00"


def test_amounts_that_balance_win_over_better_labels():
    found = values("Total Price  110.00\nSubtotal  100.00\nTax  19.00\nGrand total  91.00\nInvoice total  119.00")
    assert (found["subtotal"], found["tax"], found["total"]) == ("100.00", "19.00", "119.00")


def test_balance_makes_sure():
    balanced = found_in("Subtotal  100.00\nTax  19.00\nTotal  119.00")
    alone = found_in("Total  119.00")
    assert balanced["total"].confidence > alone["total"].confidence


def test_missing_tax_is_found_where_the_page_shows_it():
    found = found_in("Subtotal  100.00\nXYZ levy  19.00\nTotal  119.00")
    assert found["tax"].value == "19.00"
    assert found["tax"].confidence < 0.7
    assert "tax" not in found_in("Subtotal  100.00\nTotal  119.00")


def test_missing_total_and_subtotal_are_found_too():
    assert values("Subtotal  100.00\nTax  19.00\nXYZ  119.00")["total"] == "119.00"
    assert values("XYZ  100.00\nTax  19.00\nTotal  119.00")["subtotal"] == "100.00"


def test_amount_due_serves_as_total():
    assert values("Balance due  $127.50")["total"] == "127.50"


def test_single_rate_beside_the_tax():
    found = values("Net Total Amount  €135.00\nValue Added Tax (19.00%)  €25.65\nGross Total Amount  €160.65")
    assert found["taxes"] == [{"rate": "19", "base": "135.00", "tax": "25.65"}]


def test_chance_products_are_no_taxes():
    assert "taxes" not in values("Pens  2.49   10  24.90\nTotal  24.90")


def test_no_amounts_no_totals():
    assert values("Total: see next page") == {}


def test_value_below_its_label():
    found = values("Subtotal     Tax      Total\n\n100.00       19.00    119.00".replace("\n\n", "\n"))
    assert (found["subtotal"], found["tax"], found["total"]) == ("100.00", "19.00", "119.00")


def test_receipt_total_is_the_rounded_one():
    drawing = "TOTAL AMT  RM 60.31\nROUNDING ADJ  -0.01\nRM 60.30\nCASH  70.30\nCHANGE  10.00"
    assert values(drawing, receipt=True)["total"] == "60.30"


def test_receipt_total_is_what_was_paid_less_the_change():
    drawing = "Total Sales  96.00\nT0TXL  101.76\nCASH  150.00\nChange  48.24"
    assert values(drawing, receipt=True)["total"] == "101.76"


def test_receipt_total_is_not_that_of_the_tax_summary():
    drawing = "TOTAL  101.76\nGST SUMMARY\nSR  6  96.00  5.76\nTotal:  96.00  5.76"
    assert values(drawing, receipt=True)["total"] == "101.76"


def test_receipt_with_tax_included_keeps_its_total():
    assert values("SUBTOTAL:  28.60\nTL: RM  28.60\n6% GST  0.07", receipt=True)["total"] == "28.60"


@pytest.mark.parametrize(
    "label", ["20 % MwSt.", "zzgl. 20 % USt.", "+ 20 % Umsatzsteuer", "Plus 20% VAT", "(20 %) TVA"]
)
def test_the_rate_may_stand_before_the_word_for_tax(label):
    assert values(f"Net amount   100.00\n{label}   20.00\nGrand total   120.00")["tax"] == "20.00"


def test_taxes_of_several_rates_without_their_sum_are_added_where_that_balances():
    found = found_in("Nettobedrag   300,00\nBTW hoog 21%   21,00\nBTW laag 9%   18,00\nTe betalen   339,00")
    assert (found["tax"].value, found["tax"].raw) == ("39.00", "21,00 + 18,00")


def test_taxes_are_not_added_where_one_alone_balances():
    found = values("Net total   100.00\nVAT 20 %   20.00\nVAT already declared   5.00\nGrand total   120.00")
    assert found["tax"] == "20.00"


def test_sums_below_their_labels_with_a_code_before_each_amount():
    found = values("btw 21 %        Factuurbedrag\nEUR 4.661,71    EUR 26.860,35")
    assert (found["tax"], found["total"]) == ("4661.71", "26860.35")
