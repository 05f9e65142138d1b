"""Receipts from tills."""

from analysis.checks import amounts, dates, numbers
from analysis.document_types import DocumentType, FieldSpec
from analysis.rules import extract_receipt
from analysis.rules.slips import slip_shape

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
        "guest check": 1.0, "gratuity": 0.8, "tip": 0.5, "guests": 0.3, "dine in": 0.7, "take out": 0.5,
        "sales tax": 0.3, "change due": 1.0, "amount tender": 1.0, "no cash refund": 0.8, "tbl": 0.5, "chk": 0.5,
        "credit card": 0.3, "eftpos": 0.8, "amex": 0.5, "svc chg": 0.4, "pos": 0.2, "kassabon": 1.5, "wisselgeld": 1.2,
        "contant": 0.8, "tafel": 0.4, "bedankt voor uw bezoek": 0.8, "graag tot ziens": 0.8, "kassa": 0.6,
        "gepind": 0.8, "rendu": 0.6, "rendu monnaie": 1.2, "carte bancaire": 0.4, "couverts": 0.5,
        "merci de votre visite": 1.0, "merci et à bientôt": 0.8, "serveur": 0.5, "scontrino": 1.2,
        "documento commerciale": 1.2, "contante": 0.9, "contanti": 0.9, "resto": 0.5, "tavolo": 0.5, "coperto": 0.6,
        "coperti": 0.4, "cassa": 0.5, "arrivederci e grazie": 1.0, "grazie e arrivederci": 1.0,
        "ricevuta fiscale": 0.5, "efectivo": 0.9, "cambio": 0.6, "factura simplificada": 1.5, "camarero": 0.7,
        "le atendió": 0.8, "caja": 0.5, "propina": 0.8, "gracias por su visita": 1.0, "gracias por su compra": 1.0,
        "mesa": 0.4, "iva incluido": 0.5, "ticket nº": 0.8,
    },
    shape=slip_shape,
    extract=extract_receipt,
    checks=(amounts.check, dates.check, numbers.check),
)  # fmt: skip
