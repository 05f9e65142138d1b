import pytest

from analysis.rules.sheet import Sheet
from analysis.rules.tables import table_lines
from tests.analysis.rules.drawing import page


def lines(*drawings):
    return table_lines(Sheet.of([page(drawing, number=i) for i, drawing in enumerate(drawings, start=1)]))


def brief(*drawings):
    return [(i.description, i.quantity, i.unit_price, i.amount) for i in lines(*drawings)]


def test_lines_until_the_totals():
    items = lines(
        """
Pos   Beschreibung             Menge    Einzelpreis   USt.   Betrag
1     Kunstrasen grün          3 m²          4,00     19 %    12,00
      300 cm breit
      GTIN: 4012345001235
2     Schweinesteak            5,000 kg      5,50      7 %    27,50
Summe netto                                                   39,50
USt. 19 %                                                      2,28
"""
    )
    assert [(i.description, i.quantity, i.unit, i.unit_price, i.amount, i.tax_rate) for i in items] == [
        ("Kunstrasen grün 300 cm breit", "3", "m²", "4.00", "12.00", "19"),
        ("Schweinesteak", "5.000", "kg", "5.50", "27.50", "7"),
    ]
    assert all(i.confidence > 0.9 and i.page == 1 and i.box for i in items)


def test_titles_over_two_rows_and_a_discount_below():
    found = brief(
        """
                            Menge      Preis/
Artikelbeschreibung                    Einheit     Betrag
Kunstrasen                  3,00        4,00        12,00
abzgl. Rabatt                                       -2,00
Mineralwasser              20           5,49       109,80
"""
    )
    assert found == [("Kunstrasen", "3.00", "4.00", "10.00"), ("Mineralwasser", "20", "5.49", "109.80")]


def test_net_price_below_the_gross_one():
    found = brief(
        "Product          Quantity    Unit Price    Total Price\n"
        "Screws               5 kg        €20.00         €90.00\n"
        "                                = €18.00"
    )
    assert found == [("Screws", "5", "18.00", "90.00")]


def test_lines_go_on_over_pages_without_the_carried_sum():
    head = "Item        Quantity   Rate   Amount\n"
    found = brief(
        head + "Service A      12      10.00   120.00\nCarried forward                120.00",
        head + "Service B       5       1.50     7.50\nSubtotal                         127.50",
    )
    assert found == [("Service A", "12", "10.00", "120.00"), ("Service B", "5", "1.50", "7.50")]


def test_amount_as_a_quantity_left_of_the_total():
    assert brief("Amount    Product    Price    Total\n2.00      Balloon     0.79     1.58") == [
        ("Balloon", "2.00", "0.79", "1.58")
    ]


def test_unit_glued_to_the_quantity():
    (item,) = lines("Bezeichnung    Menge    Preis    Betrag\nRohr           60m      1,45      87,00")
    assert (item.quantity, item.unit) == ("60", "m")


def test_the_sum_of_the_lines_ends_them_whatever_its_name():
    drawing = (
        "Description    Qty    Price    Amount\n"
        "Pen             2      1.00      2.00\n"
        "Ink             1      3.00      3.00\n"
        "Everything                     5.00"
    )
    assert [item[3] for item in brief(drawing)] == ["2.00", "3.00"]


def test_a_line_that_does_not_multiply_is_doubted():
    (item,) = lines("Description    Qty    Price    Amount\nPen             2      1.00      7.00")
    assert item.confidence == 0.5


def test_a_line_named_like_a_charge_is_a_line():
    assert brief("Description    Qty    Price    Amount\nPackaging       6     145.00    870.00") == [
        ("Packaging", "6", "145.00", "870.00")
    ]


def test_text_without_titles_has_no_lines():
    assert lines("Dear customer,\nthank you for 12 pens at 1.00 each: 12.00") == []


def test_titles_without_lines_leave_the_rows_to_others():
    sheet = Sheet.of([page("Description   Quantity   Amount\nNothing was delivered\nTotal   0.00")])
    assert table_lines(sheet) == []
    assert not sheet.table_rows


# Titles, carried forward, brought forward, a page's total, the net total and the total, in six languages.
WORDS = {
    "de": ("Beschreibung Menge Einzelpreis Betrag", "Übertrag", "Übertrag von Seite 1", "Zwischensumme", "Summe netto"),
    "en": ("Description Quantity Rate Amount", "Carried forward", "Brought forward", "Page total", "Subtotal"),
    "fr": ("Désignation Quantité Prix Montant", "À reporter", "Report", "Sous-total page", "Total HT"),
    "es": ("Descripción Cantidad Precio Importe", "Suma y sigue", "Suma anterior", "Subtotal", "Base imponible"),
    "it": ("Descrizione Quantità Prezzo Importo", "A riportare", "Riporto", "Subtotale pagina", "Imponibile"),
    "nl": ("Omschrijving Aantal Prijs Bedrag", "Over te brengen", "Over te brengen", "Subtotaal", "Subtotaal"),
}
FOOT = "\n\nAcme GmbH   Musterweg 3   12345 Berlin     IBAN DE02120300000000202051\nPage 1 of 2"
HEAD = "Acme GmbH                               Invoice 2026-17\n                                        Page 2\n\n"


def row(*cells):
    return "{:25}{:>8}{:>15}{:>12}".format(*cells)


@pytest.mark.parametrize("language", WORDS)
@pytest.mark.parametrize("titles_again", [True, False])
@pytest.mark.parametrize("carries", ["both", "the last page", "a total of the page"])
def test_lines_over_two_pages_are_one_list(language, titles_again, carries):
    titles, forward, brought, page_total, net = WORDS[language]
    title_row = row(*titles.split())
    end = row(page_total if carries == "a total of the page" else forward, "", "", "32,00")
    begin = row(brought, "", "", "32,00") if carries == "both" else ""
    first = ["Acme GmbH\n", title_row, row("Valve", "3", "4,00", "12,00"), row("Seal", "2", "10,00", "20,00"), end]
    second = [
        title_row if titles_again else "", begin, row("Hose, long", "1", "30,00", "30,00"), "black",
        row("Clamp", "4", "0,50", "2,00"), row(net, "", "", "64,00"),
    ]  # fmt: skip
    found = lines("\n".join(first) + FOOT, HEAD + "\n".join(line for line in second if line))
    assert [(i.page, i.description, i.quantity, i.amount) for i in found] == [
        (1, "Valve", "3", "12.00"), (1, "Seal", "2", "20.00"), (2, "Hose, long black", "1", "30.00"),
        (2, "Clamp", "4", "2.00"),
    ]  # fmt: skip
    assert all(item.box for item in found)
    assert found[0].box.y0 < found[1].box.y0
    assert found[2].box.y0 < found[3].box.y0


def test_goods_that_are_called_as_a_sum_carried_over():
    titles = row("Désignation", "Quantité", "Prix", "Montant")
    drawing = titles + "\n" + row("Report de charge", "2", "5,00", "10,00")
    assert brief(drawing) == [("Report de charge", "2", "5.00", "10.00")]


def test_terms_on_a_further_page_are_no_lines():
    head = row("Item", "Quantity", "Rate", "Amount") + "\n" + row("Service", "12", "10.00", "120.00")
    found = brief(head + "\n" + row("Subtotal", "", "", "120.00"), "Terms\nInterest from day 30 on     120.00\n")
    assert found == [("Service", "12", "10.00", "120.00")]


def test_labels_over_their_sums_end_the_table():
    items = brief(
        """
Artikel          Menge      Einzelpreis      Betrag
Montage              2           100,00      200,00
Fracht               1            10,00       10,00
Summe netto      + 20 % Umsatzsteuer      Endbetrag
210,00           42,00                    252,00
"""
    )
    assert [amount for *_, amount in items] == ["200.00", "10.00"]


def test_a_tax_below_the_only_line_does_not_change_its_amount():
    items = brief(
        "Description   Qty   Price    Amount\nConsulting    2     100.00   200.00\nVAT 10 %               20.00"
    )
    assert items == [("Consulting", "2", "100.00", "200.00")]
