"""Invoices and credit notes between businesses."""

from analysis.checks import amounts, dates, numbers
from analysis.document_types import DocumentType, FieldSpec
from analysis.rules import extract_invoice

TYPE = DocumentType(
    name="invoice",
    label="Invoice",
    fields={
        "vendor": FieldSpec("text", "Vendor", required=True),
        "vendor_tax_id": FieldSpec("tax_id", "Vendor's tax id"),
        "address": FieldSpec("text", "Vendor's address"),
        "buyer": FieldSpec("text", "Buyer"),
        "buyer_address": FieldSpec("text", "Buyer's address"),
        "invoice_number": FieldSpec("text", "Invoice number", required=True),
        "date": FieldSpec("date", "Invoice date", required=True),
        "due_date": FieldSpec("date", "Due date"),
        "currency": FieldSpec("currency", "Currency"),
        "subtotal": FieldSpec("amount", "Subtotal"),
        "tax": FieldSpec("amount", "Tax"),
        "total": FieldSpec("amount", "Total", required=True),
        "prepaid": FieldSpec("amount", "Prepaid"),
        "amount_due": FieldSpec("amount", "Amount due"),
        "iban": FieldSpec("iban", "IBAN"),
        "taxes": FieldSpec("taxes", "Tax by rate"),
    },
    evidence={
        "invoice": 1.2, "rechnung": 1.5, "facture": 1.5, "factuur": 1.5, "credit note": 1.0, "gutschrift": 1.2,
        "avoir": 1.2, "invoice number": 1.0, "rechnungsnummer": 1.2, "invoice date": 1.0, "rechnungsdatum": 1.0,
        "handelsrechnung": 1.5, "korrekturrechnung": 1.5, "due date": 1.0, "bill to": 0.8, "kundennummer": 0.5,
        "customer number": 0.4, "iban": 0.8, "bic": 0.4, "vat id": 0.4, "ust id": 0.4, "ust idnr": 0.4,
        "payment terms": 0.6, "zahlungsbedingungen": 0.6, "fällig": 0.5, "leistungsdatum": 0.5,
        "rechnungsbetrag": 0.6, "balance due": 0.8, "amount due": 0.6, "purchase order": 0.4, "invoice summary": 0.8,
        "unit price": 0.3, "einzelpreis": 0.4, "zahlbar": 0.4, "invoice id": 1.2, "verkäufer": 0.5, "käufer": 0.5,
        "steuerbetrag": 0.4, "bruttosumme": 0.4, "seller": 0.4, "buyer": 0.4, "bankverbindung": 0.4,
        "tax invoice": 0.3, "thank you": -0.5, "cashier": -1.0, "change": -1.0, "cash": -0.5, "rückgeld": -1.0,
        "kassenbon": -1.0,
        "factura": 1.0, "nº factura": 1.2, "núm factura": 1.2, "factura nº": 1.2, "fecha factura": 1.0,
        "fecha de emisión": 0.6, "fecha de expedición": 0.8, "vencimiento": 0.5, "nif": 0.3, "cif": 0.3, "albarán": 0.4,
        "forma de pago": 0.4, "condiciones de pago": 0.6, "precio unitario": 0.4, "número de factura": 1.2,
        "fecha de factura": 1.0, "fecha de vencimiento": 1.0,
        "base imponible": 0.4, "cuota iva": 0.3, "fattura": 1.2, "numero fattura": 1.2, "fattura n": 0.8,
        "data fattura": 1.0, "data di scadenza": 0.8, "imponibile": 0.4, "totale fattura": 0.6, "total factura": 0.6,
        "numéro de facture": 1.2, "date de facture": 1.0, "date d'échéance": 1.0, "net à payer": 0.4,
        "factuurnummer": 1.2, "factuurdatum": 1.0, "vervaldatum": 1.0, "creditnota": 1.2, "nota di credito": 1.2,
        "factura simplificada": -0.8, "efectivo": -0.5, "contanti": -0.5, "wisselgeld": -1.0, "scontrino": -1.0,
    },
    extract=extract_invoice,
    checks=(amounts.check, dates.check, numbers.check),
)  # fmt: skip
