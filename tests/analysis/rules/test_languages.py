"""An invoice and a receipt in each language whose labels are known."""

import pytest

from analysis.document_types import detect
from analysis.rules import extract_invoice, extract_receipt
from tests.analysis.rules.drawing import page

INVOICES = {
    "en": """
Northwind Supplies Ltd
12 Mill Lane, Leeds LS1 4AB

Invoice number: INV-2024-017
Invoice date: 15/03/2024
Due date: 14/04/2024

Description              Quantity    Unit price      Amount
Desk lamp                    2          40.00         80.00
Office chair                 1         120.00        120.00

Subtotal                                             200.00
VAT 20 %                                              40.00
Total                                                240.00
""",
    "de": """
Nordlicht Bürobedarf GmbH
Hafenstraße 12, 20457 Hamburg

Rechnungsnummer: RE-2024-017
Rechnungsdatum: 15.03.2024
Zahlbar bis: 14.04.2024

Bezeichnung              Menge      Einzelpreis       Betrag
Schreibtischlampe            2          40,00         80,00
Bürostuhl                    1         120,00        120,00

Nettobetrag                                          200,00
zzgl. MwSt. 20 %                                      40,00
Gesamtbetrag                                         240,00
""",
    "fr": """
Fournitures du Nord SARL
12 rue du Moulin, 59000 Lille

Facture n° : F-2024-017
Date de facture : 15/03/2024
Date d'échéance : 14/04/2024

Désignation              Quantité   Prix unitaire     Montant
Lampe de bureau              2          40,00         80,00
Chaise                       1         120,00        120,00

Total HT                                             200,00
Montant TVA 20 %                                      40,00
Total TTC                                            240,00
""",
    "es": """
Suministros del Norte S.L.
Calle del Molino 12, 28004 Madrid

Número de factura: F-2024-017
Fecha de factura: 15/03/2024
Fecha de vencimiento: 14/04/2024

Descripción              Cantidad   Precio unitario   Importe
Lámpara de mesa              2          40,00         80,00
Silla                        1         120,00        120,00

Base imponible                                       200,00
Cuota IVA 20 %                                        40,00
Total factura                                        240,00
""",
    "it": """
Forniture del Nord S.r.l.
Via del Mulino 12, 20121 Milano

Numero fattura: F-2024-017
Data fattura: 15/03/2024
Data di scadenza: 14/04/2024

Descrizione              Quantità   Prezzo unitario   Importo
Lampada da tavolo            2          40,00         80,00
Sedia                        1         120,00        120,00

Totale imponibile                                    200,00
Totale IVA 20 %                                       40,00
Totale fattura                                       240,00
""",
    "nl": """
Noorderlicht Kantoor B.V.
Molenstraat 12, 1012 LK Amsterdam

Factuurnummer: F-2024-017
Factuurdatum: 15-03-2024
Vervaldatum: 14-04-2024

Omschrijving             Aantal     Stukprijs         Bedrag
Bureaulamp                   2          40,00         80,00
Stoel                        1         120,00        120,00

Subtotaal                                            200,00
BTW bedrag 20 %                                       40,00
Totaalbedrag                                         240,00
""",
}

RECEIPTS = {
    "en": "Subtotal   12.00\nSales tax   1.20\nTip   2.00\nTotal   15.20\nCash   20.00\nChange   4.80",
    "de": "Zwischensumme   12,00\nMwSt   1,20\nTrinkgeld   2,00\nSumme EUR   15,20\nGegeben   20,00\nRückgeld   4,80",
    "fr": "Sous-total   12,00\nTVA   1,20\nPourboire   2,00\nTotal à payer   15,20\nEspèces   20,00\nRendu   4,80",
    "es": "Subtotal   12,00\nIVA   1,20\nPropina   2,00\nTotal a pagar   15,20\nEfectivo   20,00\nCambio   4,80",
    "it": "Subtotale   12,00\nIVA   1,20\nMancia   2,00\nTotale Euro   15,20\nContanti   20,00\nResto   4,80",
    "nl": "Subtotaal   12,00\nBTW   1,20\nFooi   2,00\nTe betalen   15,20\nContant   20,00\nWisselgeld   4,80",
}


@pytest.mark.parametrize("language", INVOICES)
def test_invoice(language):
    found = extract_invoice([page(INVOICES[language])])
    fields = {name: one.value for name, one in found.fields.items()}
    assert str(fields["invoice_number"]).endswith("2024-017")
    assert (fields["date"], fields["due_date"]) == ("2024-03-15", "2024-04-14")
    assert (fields["subtotal"], fields["tax"], fields["total"]) == ("200.00", "40.00", "240.00")
    assert [(i.quantity, i.unit_price, i.amount) for i in found.line_items] == [
        ("2", "40.00", "80.00"),
        ("1", "120.00", "120.00"),
    ]
    assert detect([page(INVOICES[language])]) == "invoice"


@pytest.mark.parametrize("language", RECEIPTS)
def test_receipt(language):
    drawing = f"BAR CENTRAL\n15/03/2024 13:05\n2 x Soda   4,00\n1 x Pizza   8,00\n{RECEIPTS[language]}".replace(
        ",", "."
    )
    slip = [page(drawing, source="ocr")]
    found = extract_receipt(slip)
    fields = {name: one.value for name, one in found.fields.items()}
    assert (fields["subtotal"], fields["tax"], fields["total"]) == ("12.00", "1.20", "15.20")
    assert found.extra == {"adjustment": "2.00"}
    assert [(i.description, i.quantity, i.amount) for i in found.line_items] == [
        ("Soda", "2", "4.00"),
        ("Pizza", "1", "8.00"),
    ]
    assert detect(slip) == "receipt"
