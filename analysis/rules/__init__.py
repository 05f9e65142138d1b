"""Label-and-layout rules: what can be read off the words and where they stand, without any training."""

from collections.abc import Sequence

from analysis.findings import Extraction
from analysis.rules.headings import find_headings
from analysis.rules.parties import find_parties
from analysis.rules.receipts import find_seller, receipt_items
from analysis.rules.sheet import Sheet
from analysis.rules.tables import table_lines
from analysis.rules.taxes import find_taxes, sums_of, tax_entries
from analysis.rules.totals import find_totals
from documents.pages import PageReading

VERSION = "rules-1"


def extract_invoice(pages: Sequence[PageReading]) -> Extraction:
    """The fields and lines of an invoice or credit note."""
    sheet = Sheet.of(pages)
    items = table_lines(sheet)
    entries = tax_entries(sheet)
    totals = find_totals(sheet, sums=sums_of(entries))
    fields = find_parties(sheet) | find_headings(sheet) | totals | find_taxes(sheet, entries, totals)
    return Extraction("invoice", fields, items, model_version=VERSION)


def extract_receipt(pages: Sequence[PageReading]) -> Extraction:
    """The fields and lines of a till's receipt."""
    sheet = Sheet.of(pages)
    items = table_lines(sheet) or receipt_items(sheet)
    sheet.table_rows.clear()
    entries = tax_entries(sheet)
    totals = find_totals(sheet, sums={}, receipt=True)
    headings = find_headings(sheet)
    fields = find_seller(sheet) | headings | totals | find_taxes(sheet, entries, totals)
    return Extraction("receipt", fields, items, model_version=VERSION)
