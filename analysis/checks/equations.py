"""The equations that the amounts of an invoice or receipt must satisfy, over values with names.

A value's name is that of its field ("total"), or says where it stands: "line_items.2.amount", "taxes.0.base".
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import prod
from typing import Any

from analysis.checks.values import extra_amount, line_details, number, shown
from analysis.findings import Extraction, LineItem

CENT = Decimal("0.01")
FIELDS = ("subtotal", "tax", "total", "prepaid", "amount_due")
_BEYOND = ("line_total", "allowance_total", "charge_total", "rounding", "adjustment")
_ROUNDED = Decimal("0.05")  # totals to the coins there are, taxes line by line
_ZERO, _ONE = Decimal(0), Decimal(1)

Values = Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class Form:
    """`printed` = the sum of coefficient times product of values, plus a constant."""

    terms: tuple[tuple[Decimal, tuple[str, ...]], ...]
    printed: str
    constant: Decimal = _ZERO

    def expected(self, values: Values) -> Decimal:
        """What should be printed."""
        return self.constant + sum(
            (factor * prod(values[name] for name in names) for factor, names in self.terms), _ZERO
        )

    def gap(self, values: Values) -> Decimal:
        """By how much what is printed exceeds what should be."""
        return values[self.printed] - self.expected(values)

    @property
    def names(self) -> set[str]:
        return {self.printed, *(name for _, names in self.terms for name in names)}


@dataclass(frozen=True, slots=True)
class Equation:
    """Something that must add up, in one of its `forms`; `words` say the first form up to its result."""

    code: str
    fields: tuple[str, ...]
    words: str
    forms: tuple[Form, ...]
    tolerance: Decimal = CENT

    def holds(self, values: Values) -> bool:
        return any(abs(form.gap(values)) <= self.tolerance for form in self.forms)

    @property
    def names(self) -> set[str]:
        return {name for form in self.forms for name in form.names}


def values_of(extraction: Extraction) -> dict[str, Decimal]:
    """Every number that the extraction has, by name."""
    found: dict[str, Any] = {name: extraction.extra.get(name) for name in _BEYOND}
    found |= {name: extraction.fields[name].value for name in FIELDS if name in extraction.fields}
    for index, item in enumerate(extraction.line_items):
        found |= {f"line_items.{index}.{name}": getattr(item, name) for name in ("quantity", "unit_price", "amount")}
    for index, entry in enumerate(tax_entries(extraction)):
        found |= {f"taxes.{index}.{name}": entry.get(name) for name in ("rate", "base", "tax")}
    return {name: value for name, text in found.items() if (value := number(text)) is not None}


def tax_entries(extraction: Extraction) -> list[dict[str, str | None]]:
    """The tax breakdown, {rate, base, tax} for each rate."""
    found = extraction.fields.get("taxes")
    return found.value if found and isinstance(found.value, list) else []


def equations(extraction: Extraction) -> list[Equation]:
    """Every equation whose values the extraction has."""
    values = values_of(extraction)
    makers = (_lines, _lines_sum, _subtotal, _taxes, _total, _due)
    return [equation for make in makers for equation in make(extraction, values)]


def _lines(extraction: Extraction, values: Values) -> Iterator[Equation]:
    details = line_details(extraction) or [{}] * len(extraction.line_items)
    for index, detail in enumerate(details):
        names = [f"line_items.{index}.{name}" for name in ("quantity", "unit_price", "amount")]
        if all(name in values for name in names):
            yield _line(index, names, detail, values)


def _line(index: int, names: Sequence[str], detail: Mapping[str, Any], values: Values) -> Equation:
    """Quantity times price per base quantity, less the line's own allowances; the price was rounded to its decimals."""
    quantity, price, amount = names
    base, adjustments = number(detail.get("price_base_quantity")) or _ONE, _adjusted(detail)
    form = Form(((_ONE / base, (quantity, price)),), amount, adjustments)
    words = f"Line {index + 1}: {shown(values[quantity])} x {shown(values[price])}"
    words += f" per {shown(base)}" if base != 1 else ""
    words += f" and {shown(adjustments)} of allowances and charges" if adjustments else ""
    tolerance = CENT + abs(values[quantity] / base) * _half_unit(values[price])
    return Equation(
        "line_amount", ("line_items",), f"{words} makes {_cents(form.expected(values))}", (form,), tolerance
    )


def _adjusted(detail: Mapping[str, Any]) -> Decimal:
    charges = sum((number(entry.get("amount")) or _ZERO for entry in detail.get("charges", [])), _ZERO)
    allowances = sum((number(entry.get("amount")) or _ZERO for entry in detail.get("allowances", [])), _ZERO)
    return charges - allowances


def _half_unit(value: Decimal) -> Decimal:
    """Half of the last decimal place: how much rounding can hide, at least of two decimals printed."""
    exponent = -int(value.as_tuple().exponent)
    return Decimal("0.5").scaleb(-max(2, exponent))


def _lines_sum(extraction: Extraction, values: Values) -> Iterator[Equation]:
    """The lines add up to the total of lines; without one, to a subtotal, or to a total that includes the tax."""
    names = [f"line_items.{index}.amount" for index in range(len(extraction.line_items))]
    targets = [name for name in ("subtotal", "total") if name in values]
    targets = ["line_total"] if "line_total" in values else targets
    if not names or not targets or not all(name in values for name in names):
        return
    forms = tuple(_sum(names, target) for target in targets)
    fields = ("line_items", *(name for name in targets[:1] if name in FIELDS))
    words = f"The lines add up to {shown(forms[0].expected(values))}"
    yield Equation("lines_sum", fields, words, forms, CENT * max(1, len(names) // 2))


def _sum(names: Sequence[str], printed: str) -> Form:
    return Form(tuple((_ONE, (name,)) for name in names), printed)


def _subtotal(_: Extraction, values: Values) -> Iterator[Equation]:
    if "line_total" not in values or "subtotal" not in values:
        return
    adjusted = {name: values[name] for name in ("allowance_total", "charge_total") if name in values}
    allowances, charges = adjusted.get("allowance_total", _ZERO), adjusted.get("charge_total", _ZERO)
    form = Form(((_ONE, ("line_total",)),), "subtotal", charges - allowances)
    words = f"Lines {shown(values['line_total'])} - allowances {shown(allowances)} + charges {shown(charges)}"
    yield Equation("subtotal", ("subtotal",), f"{words} makes {shown(form.expected(values))}", (form,))


def _taxes(extraction: Extraction, values: Values) -> Iterator[Equation]:
    count = len(tax_entries(extraction))
    for index in range(count):
        rate, base, tax = (f"taxes.{index}.{name}" for name in ("rate", "base", "tax"))
        if rate in values and base in values and tax in values:
            form = Form(((_ONE / 100, (rate, base)),), tax)
            words = f"{shown(values[rate])} % of {shown(values[base])} makes {_cents(form.expected(values))}"
            yield Equation("tax_by_rate", ("taxes",), words, (form,), _ROUNDED)
    names = [f"taxes.{index}.tax" for index in range(count)]
    if names and "tax" in values and all(name in values for name in names):
        form = _sum(names, "tax")
        words = f"The taxes by rate add up to {shown(form.expected(values))}"
        yield Equation("tax_sum", ("taxes", "tax"), words, (form,))


def _total(extraction: Extraction, values: Values) -> Iterator[Equation]:
    if not all(name in values for name in ("subtotal", "tax", "total")):
        return
    # On receipts the total is rounded to the coins there are, and the subtotal may include the tax.
    receipt = extraction.document_type == "receipt"
    # Service, tips, shipping and discounts come between subtotal and total.
    between = ("adjustment",) if "adjustment" in values else ()
    forms = [_sum(("subtotal", "tax", *between), "total")]
    if receipt or between:
        forms.append(_sum(("subtotal", *between), "total"))
    words = f"Subtotal {shown(values['subtotal'])} + tax {shown(values['tax'])}"
    words += f" + charges and discounts {shown(values['adjustment'])}" if between else ""
    words += f" makes {shown(forms[0].expected(values))}"
    yield Equation("total", ("subtotal", "tax", "total"), words, tuple(forms), _ROUNDED if receipt else CENT)


def _due(extraction: Extraction, values: Values) -> Iterator[Equation]:
    if "total" not in values or "amount_due" not in values:
        return
    rounding = extra_amount(extraction, "rounding") or _ZERO
    prepaid = [(-_ONE, ("prepaid",))] if "prepaid" in values else []
    form = Form(((_ONE, ("total",)), *prepaid), "amount_due", rounding)
    words = f"Total {shown(values['total'])} - prepaid {shown(values.get('prepaid', _ZERO))}"
    words += f" + rounding {shown(rounding)}" if rounding else ""
    words += f" makes {shown(form.expected(values))}"
    yield Equation("amount_due", ("total", "prepaid", "amount_due"), words, (form,))


def _cents(value: Decimal) -> str:
    return shown(value.quantize(CENT))


def line_of(name: str, items: Sequence[LineItem]) -> LineItem | None:
    """The line that a value's name points at."""
    kind, _, rest = name.partition(".")
    return items[int(rest.split(".")[0])] if kind == "line_items" else None
