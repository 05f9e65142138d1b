"""The tax breakdown: rows where base times rate gives the tax, which arithmetic finds without any label."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import permutations
from typing import NamedTuple

from analysis.findings import Found
from analysis.rules.amounts import Amount
from analysis.rules.layout import Row, Segment
from analysis.rules.sheet import Sheet, Spot, found
from analysis.rules.totals import CENT, Candidate, decimal_string

_HIGHEST_RATE = Decimal(30)
_MOST_AMOUNTS = 10  # in a row of the breakdown
_TITLE_ROWS = 5  # how far above the breakdown's rows its titles may stand


class Entry(NamedTuple):
    """One rate of the breakdown, as printed on one row."""

    row: Row
    rate: Amount
    base: Amount
    tax: Amount


def tax_entries(sheet: Sheet) -> list[Entry]:
    """Every row of a breakdown by rate, once."""
    return list({(e.rate.value, e.base.value): e for e in _entries(sheet)}.values())


def sums_of(entries: Sequence[Entry]) -> dict[str, Candidate]:
    """What the breakdown adds up to: a tax and a subtotal for documents that print no other."""
    if not entries:
        return {}
    return {"subtotal": _sum([(e.row, e.base) for e in entries]), "tax": _sum([(e.row, e.tax) for e in entries])}


def _sum(summands: Sequence[tuple[Row, Amount]]) -> Candidate:
    row, last = summands[-1]
    amounts = [amount for _, amount in summands]
    printed = [row.text[amount.start : amount.end].strip() for row, amount in summands]
    total = Amount(last.start, last.end, sum((a.value for a in amounts), Decimal()), 2)
    return Candidate(Spot(row, last.start, last.end, 1.0), total, 0.45, raw=" + ".join(printed) if printed[1:] else "")


def find_taxes(sheet: Sheet, entries: list[Entry], totals: dict[str, Found]) -> dict[str, Found]:
    """`taxes` [{rate, base, tax}] by rate."""
    rows = _matching(entries, totals) or _single(sheet, totals)
    if not rows:
        return {}
    lines: list[dict[str, str | None]] = [
        {"rate": _rate(rate.value), "base": decimal_string(base.value), "tax": decimal_string(tax.value)}
        for _, rate, base, tax in rows
    ]
    first, _, base, tax = rows[0]
    return {"taxes": found([*lines], first, min(base.start, tax.start), max(base.end, tax.end), 0.9)}


def _entries(sheet: Sheet) -> Iterator[Entry]:
    """Rows outside the table of lines with rate, base and tax that fit each other."""
    for number, row in enumerate(sheet.rows):
        if number in sheet.table_rows:
            continue
        amounts = sheet.amounts(Segment(row, 0, len(row.text)))
        if 3 <= len(amounts) <= _MOST_AMOUNTS and (entry := _fit(row, amounts, _is_about_tax(sheet, number))):
            yield entry


def _fit(row: Row, amounts: list[Amount], labelled: bool) -> Entry | None:
    rates = sorted((a for a in amounts if 0 <= a.value <= _HIGHEST_RATE), key=lambda a: not a.percent)
    money = [a for a in amounts if a.is_money]
    for rate in rates:
        for base, tax in permutations([a for a in money if a is not rate], 2):
            fits = abs(base.value * rate.value / 100 - tax.value) <= CENT
            stated = labelled and (rate.value or rate.percent)
            if fits and stated and abs(base.value) > abs(tax.value) and (tax.value or rate.percent):
                return Entry(row, rate, base, tax)
    return None


def _is_about_tax(sheet: Sheet, number: int) -> bool:
    """Whether a label of tax stands in the row or in one of the few above it."""
    near = sheet.labels[max(0, number - _TITLE_ROWS) : number + 1]
    return any(label.name in ("tax", "tax_summary") for labels in near for label in labels)


def _matching(entries: list[Entry], totals: dict[str, Found]) -> list[Entry]:
    """The entries, without those that are not part of the printed tax."""
    tax = totals.get("tax")
    if not entries or tax is None:
        return entries
    goal = Decimal(str(tax.value))
    if abs(sum((e.tax.value for e in entries), Decimal()) - goal) <= CENT:
        return entries
    alone = [e for e in entries if abs(e.tax.value - goal) <= CENT]
    return alone[:1] or entries


def _single(sheet: Sheet, totals: dict[str, Found]) -> list[Entry]:
    """One rate printed beside the tax, on the whole subtotal."""
    subtotal, tax = totals.get("subtotal"), totals.get("tax")
    if not subtotal or not tax or not Decimal(str(tax.value)):
        return []
    base, amount = Decimal(str(subtotal.value)), Decimal(str(tax.value))
    for label in sheet.labelled("tax"):
        spot = sheet.right_of(label)
        rates = [a for a in sheet.amounts(spot) if a.percent]
        money = [a for a in sheet.amounts(spot) if a.value == amount and not a.percent]
        if rates and money and abs(base * rates[0].value / 100 - amount) <= CENT:
            printed = Amount(money[0].start, money[0].end, base, 2)
            return [Entry(label.row, rates[0], printed, money[0])]
    return []


def _rate(value: Decimal) -> str:
    return format(value.normalize() if value % 1 else value.quantize(Decimal(1)), "f")
