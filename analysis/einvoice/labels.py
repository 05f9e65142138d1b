"""What invoices print before or above a value, to tell equal values apart."""

from analysis.einvoice.pagetext import folded

_LABELS = {
    "invoice_number": "rechnungsnummer, rechnungsnr, rechnungs-nr, rechnung nr, belegnummer, beleg-nr, gutschrift nr, "
    "invoice number, invoice no, invoice #, invoice id, credit note no, facture n, avoir n, numéro de facture, "
    "factura n, fattura n, factuurnummer",
    "date": "rechnungsdatum, belegdatum, datum, invoice date, issue date, date of issue, date, "
    "date de facture, fecha, data",
    "due_date": "fällig, fällig am, fälligkeit, fälligkeitsdatum, zahlbar bis, zahlbar ohne abzug bis, due, due date, "
    "payable by, payment due, échéance, vencimiento, scadenza, vervaldatum",
    "subtotal": "netto, nettobetrag, summe netto, zwischensumme, warenwert, steuerbasis, subtotal, sub total, net, "
    "net amount, net total, taxable, total excl, total ht, total h.t, base imponible, imponibile",
    "tax": "mwst, ust, umsatzsteuer, mehrwertsteuer, steuer, steuerbetrag, vat, tax, total tax, total vat, tva, "
    "iva, btw",
    "total": "gesamtbetrag, gesamt, gesamtsumme, rechnungsbetrag, rechnungssumme, brutto, bruttobetrag, bruttosumme, "
    "endbetrag, summe, total, total amount, invoice total, grand total, total ttc, totale, totaal",
    "prepaid": "anzahlung, vorauszahlung, bereits gezahlt, bereits bezahlt, prepaid, paid, deposit, acompte, déjà payé",
    "amount_due": "zahlbetrag, zahlungsbetrag, fälliger betrag, offener betrag, zu zahlen, amount due, balance due, "
    "total due, payable amount, amount payable, net à payer, à payer",
    "iban": "iban",
    "vendor_tax_id": "ust-id, ust-idnr, ust-id-nr, ustid, steuernummer, vat id, vat no, vat number, tax id, "
    "n° tva, partita iva",
}
_OWNERS = [(folded(label), field) for field, labels in _LABELS.items() for label in labels.split(", ")]


def owner(text: str) -> str | None:
    """The field whose label is the last in the folded `text`; of labels with the same end, the longest counts."""
    ends = [(text.rfind(label) + len(label), len(label), field) for label, field in _OWNERS if label in text]
    return max(ends)[2] if ends else None
