"""Label-and-layout rules: what can be read off the words and where they stand, without any training."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from analysis.findings import Extraction, LineItem
from analysis.rules.adjusted_totals import find_invoice_totals, find_receipt_totals
from analysis.rules.described import described_lines
from analysis.rules.headings import find_headings
from analysis.rules.parties import find_parties
from analysis.rules.receipt_lines import receipt_items
from analysis.rules.receipt_sums import sums_on
from analysis.rules.receipts import find_seller
from analysis.rules.sheet import Sheet
from analysis.rules.tables import table_lines
from analysis.rules.taxes import find_taxes, sums_of, tax_entries
from analysis.rules.totals import decimal_string
from analysis.rules.untitled import untitled_lines
from documents.pages import PageReading

VERSION = "rules-1"


def extract_invoice(pages: Sequence[PageReading]) -> Extraction:
    """The fields and lines of an invoice or credit note."""
    sheet = Sheet.of(pages)
    items = table_lines(sheet) or untitled_lines(sheet) or described_lines(sheet)
    entries = tax_entries(sheet)
    totals, adjustment = find_invoice_totals(sheet, sums_of(entries))
    fields = find_parties(sheet) | find_headings(sheet) | totals | find_taxes(sheet, entries, totals)
    return Extraction("invoice", fields, items, _extra(adjustment), model_version=VERSION)


def extract_receipt(pages: Sequence[PageReading]) -> Extraction:
    """The fields and lines of a till's receipt."""
    sheet = Sheet.of(pages)
    titled = table_lines(sheet)
    sheet.table_rows.clear()
    items = _adding_up(sums_on(sheet), titled, receipt_items(sheet))
    entries = tax_entries(sheet)
    bought = sum((Decimal(item.amount or 0) for item in items), Decimal())
    totals, adjustment = find_receipt_totals(sheet, bought or None)
    headings = find_headings(sheet)
    fields = find_seller(sheet) | headings | totals | find_taxes(sheet, entries, totals)
    return Extraction("receipt", fields, items, _extra(adjustment), model_version=VERSION)


def _extra(adjustment: Decimal) -> dict[str, Any]:
    return {"adjustment": decimal_string(adjustment)} if adjustment else {}


def _adding_up(sums: set[Decimal], titled: list[LineItem], untitled: list[LineItem]) -> list[LineItem]:
    """Of two readings of the lines the one that adds up to a printed sum; if neither or both do, the more detailed."""

    def merit(items: list[LineItem]) -> tuple[bool, int]:
        total = sum((Decimal(item.amount or 0) for item in items), Decimal())
        return total in sums, sum(bool(item.description and item.quantity) for item in items)

    return max((items for items in (titled, untitled) if items), key=merit, default=[])
