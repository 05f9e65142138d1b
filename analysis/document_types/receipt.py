"""Receipts from tills."""

from analysis.checks import amounts, dates, numbers
from analysis.document_types import DocumentType, FieldSpec
from analysis.rules import extract_receipt

TYPE = DocumentType(
    name="receipt",
    label="Receipt",
    fields={
        "vendor": FieldSpec("text", "Vendor", required=True),
        "vendor_tax_id": FieldSpec("tax_id", "Vendor's tax id"),
        "address": FieldSpec("text", "Address"),
        "invoice_number": FieldSpec("text", "Receipt number"),
        "date": FieldSpec("date", "Date", required=True),
        "currency": FieldSpec("currency", "Currency"),
        "subtotal": FieldSpec("amount", "Subtotal"),
        "tax": FieldSpec("amount", "Tax"),
        "total": FieldSpec("amount", "Total", required=True),
        "taxes": FieldSpec("taxes", "Tax by rate"),
    },
    evidence={
        "receipt": 1.0, "cash": 0.8, "change": 1.2, "cashier": 1.2, "thank you": 0.6, "tendered": 1.0,
        "cash tendered": 1.0, "rounding": 0.5, "rounding adjustment": 0.7, "gst summary": 0.6, "tax invoice": 0.5,
        "simplified tax invoice": 1.0, "goods sold are not returnable": 1.0, "please come again": 0.8,
        "total qty": 0.4, "item count": 0.5, "salesperson": 0.4, "table": 0.3, "receipt no": 1.0, "cash bill": 1.0,
        "bill no": 0.5, "counter": 0.5, "terminal": 0.4, "visa": 0.5, "mastercard": 0.5, "approval code": 0.8,
        "total rounded": 0.6, "tunai": 0.8, "baki": 0.8, "kassenbon": 1.5, "bon": 0.8, "quittung": 1.0,
        "rückgeld": 1.5, "gegeben": 0.8, "bar": 0.6, "ec karte": 0.8, "kasse": 0.8, "bediener": 0.8,
        "vielen dank für ihren einkauf": 1.0, "ticket": 0.5, "espèces": 0.8, "server": 0.5, "gst reg no": 0.3,
        "gst id": 0.3, "gst no": 0.3, "kundenbeleg": 1.0, "tse": 0.6, "auth code": 0.6, "card": 0.3, "iban": -1.5,
        "due date": -1.0, "payment terms": -0.8, "zahlungsbedingungen": -0.8, "rechnungsnummer": -0.8,
        "invoice number": -0.4, "rechnungsdatum": -0.8, "zahlbar": -0.6, "bank details": -0.5,
    },
    extract=extract_receipt,
    checks=(amounts.check, dates.check, numbers.check),
)  # fmt: skip
