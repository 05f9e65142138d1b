"""Arithmetic: lines, subtotal, tax, total and amount due must agree."""

from analysis.checks.equations import equations, values_of
from analysis.checks.values import shown
from analysis.findings import Extraction, Issue


def check(extraction: Extraction) -> list[Issue]:
    """An error for each sum that does not hold."""
    values = values_of(extraction)
    return [
        Issue(one.code, f"{one.words}, but the document says {shown(values[one.forms[0].printed])}.", one.fields)
        for one in equations(extraction)
        if not one.holds(values)
    ]


def math_ok(extraction: Extraction) -> bool | None:
    """Whether all sums hold; None where there is none."""
    values = values_of(extraction)
    results = [one.holds(values) for one in equations(extraction)]
    return all(results) if results else None
