"""The currency is one that exists."""

from functools import lru_cache

from babel.numbers import list_currencies

from analysis.checks.values import text
from analysis.findings import Extraction, Issue


def check(extraction: Extraction) -> list[Issue]:
    """An error where the currency is no ISO 4217 code."""
    code = text(extraction, "currency")
    if not code or code in _codes():
        return []
    return [Issue("unknown_currency", f"{code} is no currency of ISO 4217; give a code such as EUR.", ("currency",))]


@lru_cache(maxsize=1)
def _codes() -> frozenset[str]:
    return frozenset(list_currencies())
