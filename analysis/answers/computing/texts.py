"""The words of computed answers in English and German."""

from collections.abc import Mapping

from analysis.answers.computing.request import Language

Texts = Mapping[str, str]

_EN: Texts = {
    "sum": "{field} of {what}: {value}.", "average": "Average {field_lower} of {what}: {value}.",
    "minimum": "Lowest {field_lower} of {what}: {value}.", "maximum": "Highest {field_lower} of {what}: {value}.",
    "count": "{what}.", "none": "There are no {what}.",
    "stranger": "No document is of a vendor named {vendor}.",
    "no_value": "Nothing states it: {field_lower} of {what}.",
    "from": "from {vendor}", "between": "dated {since} to {until}",
    "since": "dated {since} or later", "until": "dated {until} or earlier", "total": "with a total {amounts}",
    "in": "in {currency}", ">": "over", ">=": "of at least", "<": "under", "<=": "of at most", "=": "of",
    "unreviewed": "Of these, {count} unreviewed: {value}.", "unreviewed_count": "Of these, {count} unreviewed.",
    "duplicates": "{count} duplicates were counted once.", "duplicates_1": "A duplicate was counted once.",
    "without_value": "Left out, for they don't state it: {count}.",
    "without_date": "Left out, for they have no date: {count}.",
    "case": "", "list": "{what}: {value}.", "listed": "{what}.",
    "latest": "Latest {one}: {value}.", "earliest": "Earliest {one}: {value}.",
    "vendors": "{value} of {what}.", "vendors_noun": "vendor|vendors",
    "due_between": "due {since} to {until}", "due_since": "due {since} or later", "due_until": "due {until} or earlier",
    "due_before": "due before {until}", "review_none": "that nobody reviewed", "review_done": "that were reviewed",
    "unpaid": "Whether they were paid is not known.", "without_due": "Left out, for they have no due date: {count}.",
    "unknown": "without a currency", "and": "and", "invoice": "invoice|invoices", "receipt": "receipt|receipts",
    "insurance_policy": "policy|policies", "insurance_claim": "claim|claims", "": "document|documents",
    "field_total": "Total", "field_tax": "Tax", "field_subtotal": "Subtotal", "field_amount_due": "Amount due",
    "field_premium": "Premium", "field_deductible": "Deductible", "field_": "",
}  # fmt: skip
_DE: Texts = {
    "sum": "{field} von {what}: {value}.", "average": "Durchschnitt ({field}) von {what}: {value}.",
    "minimum": "Niedrigster Wert ({field}) von {what}: {value}.",
    "maximum": "Höchster Wert ({field}) von {what}: {value}.",
    "count": "{what}.", "none": "Es gibt keine {what}.",
    "stranger": "Kein Dokument ist von einem Lieferanten namens {vendor}.",
    "no_value": "Nichts davon angegeben: {field} von {what}.",
    "from": "von {vendor}", "between": "vom {since} bis {until}",
    "since": "ab {since}", "until": "bis {until}", "total": "mit Gesamtbetrag {amounts}",
    "in": "in {currency}", ">": "über", ">=": "ab", "<": "unter", "<=": "bis", "=": "von",
    "unreviewed": "Davon ungeprüft: {count}, {value}.", "unreviewed_count": "Davon ungeprüft: {count}.",
    "duplicates": "{count} Duplikate sind einmal gezählt.", "duplicates_1": "Ein Duplikat ist einmal gezählt.",
    "without_value": "Ohne Angabe und nicht dabei: {count}.", "without_date": "Ohne Datum und nicht dabei: {count}.",
    "case": "dative", "receipt_dative": "Beleg|Belegen", "_dative": "Dokument|Dokumenten",
    "list": "{what}: {value}.", "listed": "{what}.",
    "latest": "Zuletzt ({one}): {value}.", "earliest": "Zuerst ({one}): {value}.",
    "vendors": "{value} von {what}.", "vendors_noun": "Lieferant|Lieferanten",
    "due_between": "fällig vom {since} bis {until}", "due_since": "fällig ab {since}",
    "due_until": "fällig bis {until}", "due_before": "fällig vor dem {until}",
    "review_none": "ungeprüft", "review_done": "geprüft",
    "unpaid": "Ob sie bezahlt sind, ist nicht bekannt.", "without_due": "Ohne Fälligkeit und nicht dabei: {count}.",
    "unknown": "ohne Währung", "and": "und", "invoice": "Rechnung|Rechnungen", "receipt": "Beleg|Belege",
    "insurance_policy": "Police|Policen", "insurance_claim": "Schadenmeldung|Schadenmeldungen",
    "": "Dokument|Dokumente",
    "field_total": "Gesamtbetrag", "field_tax": "Steuer", "field_subtotal": "Nettobetrag",
    "field_amount_due": "Zahlbetrag", "field_premium": "Prämie", "field_deductible": "Selbstbeteiligung", "field_": "",
}  # fmt: skip
TEXTS: Mapping[Language, Texts] = {"en": _EN, "de": _DE}
