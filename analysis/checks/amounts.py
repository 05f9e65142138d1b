"""Arithmetic: lines, subtotal, tax, total and amount due must agree."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from analysis.checks.values import amount, extra_amount, line_details, number, shown
from analysis.findings import Extraction, Issue, LineItem

CENT = Decimal("0.01")
_ZERO = Decimal(0)


class Sum(NamedTuple):
    """One equation of the document: `expected` follows from other terms, `printed` is what stands there."""

    code: str
    fields: tuple[str, ...]
    detail: str  # the equation in words and figures
    expected: Decimal
    printed: Decimal
    tolerance: Decimal

    @property
    def holds(self) -> bool:
        return abs(self.expected - self.printed) <= self.tolerance


def check(extraction: Extraction) -> list[Issue]:
    """An error for each sum that does not hold."""
    return [
        Issue(s.code, f"{s.detail}, but the document says {shown(s.printed)}.", s.fields)
        for s in sums(extraction)
        if not s.holds
    ]


def math_ok(extraction: Extraction) -> bool | None:
    """Whether all sums hold; None where there is none."""
    results = [s.holds for s in sums(extraction)]
    return all(results) if results else None


def sums(extraction: Extraction) -> Iterator[Sum]:
    """Every sum that the document's values take part in."""
    yield from _lines(extraction)
    yield from _lines_total(extraction)
    yield from _subtotal(extraction)
    yield from _taxes(extraction)
    yield from _total(extraction)
    yield from _due(extraction)


def _lines(extraction: Extraction) -> Iterator[Sum]:
    details = line_details(extraction) or [{}] * len(extraction.line_items)
    for position, (item, detail) in enumerate(zip(extraction.line_items, details, strict=True), start=1):
        if equation := _line(position, item, detail):
            yield equation


def _line(position: int, item: LineItem, detail: Mapping[str, Any]) -> Sum | None:
    """Quantity times price per base quantity, less the line's own allowances; the price was rounded to its decimals."""
    quantity, price, printed = number(item.quantity), number(item.unit_price), number(item.amount)
    if quantity is None or price is None or printed is None:
        return None
    base = number(detail.get("price_base_quantity")) or Decimal(1)
    adjustments = _adjusted(detail)
    tolerance = CENT + abs(quantity / base) * _half_unit(price)
    words = f"Line {position}: {shown(quantity)} x {shown(price)}"
    words += f" per {shown(base)}" if base != 1 else ""
    words += f" and {shown(adjustments)} of allowances and charges" if adjustments else ""
    expected = quantity * price / base + adjustments
    return Sum("line_amount", ("line_items",), f"{words} makes {shown(_cents(expected))}", expected, printed, tolerance)


def _adjusted(detail: Mapping[str, Any]) -> Decimal:
    charges = sum((number(entry.get("amount")) or _ZERO for entry in detail.get("charges", [])), _ZERO)
    allowances = sum((number(entry.get("amount")) or _ZERO for entry in detail.get("allowances", [])), _ZERO)
    return charges - allowances


def _half_unit(value: Decimal) -> Decimal:
    """Half of the last decimal place: how much rounding can hide, at least of two decimals printed."""
    exponent = -int(value.as_tuple().exponent)
    return Decimal("0.5").scaleb(-max(2, exponent))


def _lines_total(extraction: Extraction) -> Iterator[Sum]:
    """The lines add up to the total of lines; without one, to a subtotal, or to a total that includes the tax."""
    amounts = [number(item.amount) for item in extraction.line_items]
    known = [a for a in amounts if a is not None]
    if not known or len(known) < len(amounts):
        return
    total, tolerance = sum(known, _ZERO), CENT * max(1, len(known) // 2)
    line_total = extra_amount(extraction, "line_total")
    if line_total is not None:
        yield Sum("lines_sum", ("line_items",), f"The lines add up to {shown(total)}", total, line_total, tolerance)
    elif (target := _target_of_lines(extraction, total, tolerance)) is not None:
        name, printed = target
        yield Sum("lines_sum", ("line_items", name), f"The lines add up to {shown(total)}", total, printed, tolerance)


def _target_of_lines(extraction: Extraction, total: Decimal, tolerance: Decimal) -> tuple[str, Decimal] | None:
    """What the lines should add up to: net lines the subtotal, gross lines (as on receipts) the total."""
    targets = [(name, value) for name in ("subtotal", "total") if (value := amount(extraction, name)) is not None]
    return next((t for t in targets if abs(t[1] - total) <= tolerance), targets[0] if targets else None)


def _subtotal(extraction: Extraction) -> Iterator[Sum]:
    line_total, printed = extra_amount(extraction, "line_total"), amount(extraction, "subtotal")
    if line_total is None or printed is None:
        return
    allowances = extra_amount(extraction, "allowance_total") or _ZERO
    charges = extra_amount(extraction, "charge_total") or _ZERO
    expected = line_total - allowances + charges
    words = (
        f"Lines {shown(line_total)} - allowances {shown(allowances)} + charges {shown(charges)} makes {shown(expected)}"
    )
    yield Sum("subtotal", ("subtotal",), words, expected, printed, CENT)


def _taxes(extraction: Extraction) -> Iterator[Sum]:
    found = extraction.fields.get("taxes")
    entries = found.value if found and isinstance(found.value, list) else []
    for entry in entries:
        yield from _tax_entry(entry)
    yield from _tax_sum(extraction, entries)


def _tax_entry(entry: Mapping[str, str | None]) -> Iterator[Sum]:
    rate, base, tax = (number(entry.get(name)) for name in ("rate", "base", "tax"))
    if rate is None or base is None or tax is None:
        return
    expected = base * rate / 100
    words = f"{shown(rate)} % of {shown(base)} makes {shown(_cents(expected))}"
    # Tax may have been rounded line by line, hence the tolerance of a few cents.
    yield Sum("tax_by_rate", ("taxes",), words, expected, tax, Decimal("0.05"))


def _tax_sum(extraction: Extraction, entries: Sequence[Mapping[str, str | None]]) -> Iterator[Sum]:
    printed = amount(extraction, "tax")
    taxes = [number(entry.get("tax")) for entry in entries]
    if printed is None or not taxes or None in taxes:
        return
    expected = sum((tax for tax in taxes if tax is not None), _ZERO)
    yield Sum("tax_sum", ("taxes", "tax"), f"The taxes by rate add up to {shown(expected)}", expected, printed, CENT)


def _total(extraction: Extraction) -> Iterator[Sum]:
    subtotal, tax, total = (amount(extraction, name) for name in ("subtotal", "tax", "total"))
    if subtotal is None or tax is None or total is None:
        return
    expected = subtotal + tax
    words = f"Subtotal {shown(subtotal)} + tax {shown(tax)} makes {shown(expected)}"
    # On receipts the total is rounded to the coins there are, and the subtotal may include the tax.
    receipt = extraction.document_type == "receipt"
    if receipt and abs(subtotal - total) <= Decimal("0.05"):
        expected = subtotal
    yield Sum("total", ("subtotal", "tax", "total"), words, expected, total, Decimal("0.05") if receipt else CENT)


def _due(extraction: Extraction) -> Iterator[Sum]:
    total, due = amount(extraction, "total"), amount(extraction, "amount_due")
    if total is None or due is None:
        return
    prepaid, rounding = amount(extraction, "prepaid") or _ZERO, extra_amount(extraction, "rounding") or _ZERO
    expected = total - prepaid + rounding
    words = f"Total {shown(total)} - prepaid {shown(prepaid)}"
    words += f" + rounding {shown(rounding)}" if rounding else ""
    yield Sum("amount_due", ("total", "prepaid", "amount_due"), f"{words} makes {shown(expected)}", expected, due, CENT)


def _cents(value: Decimal) -> Decimal:
    return value.quantize(CENT)
