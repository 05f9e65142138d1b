"""How a value may be printed: dates, amounts and identifiers in the forms that invoices use."""

from datetime import date as Date
from decimal import Decimal
from functools import cache

from babel.dates import get_month_names

# Forms in tiers: one of a later tier is only believed where none of an earlier tier stands on the page.
Tiers = list[list[str]]

_LANGUAGES = ("en", "de", "fr", "es", "it", "nl", "pt", "pl")


def text_forms(*texts: str | None) -> Tiers:
    """Each text as it is, the first one preferred."""
    return [[text] for text in texts if text]


def amount_forms(amount: str) -> Tiers:
    """The amount without its sign, with decimal point or comma, with and without thousands separators.

    White space doesn't count when pages are searched, hence "1 234,50" needs no form of its own.
    """
    number = abs(Decimal(amount))
    return [_separated(f"{number:,f}"), _separated(f"{number.normalize():,f}")]


def _separated(english: str) -> list[str]:
    """The form "1,234.50" with the separators of other countries too."""
    whole, _, decimals = english.partition(".")
    groups = [whole.replace(",", separator) for separator in (",", ".", "'", "")]
    if not decimals:
        return list(dict.fromkeys(groups))
    marks = ((",", "."), (".", ","), ("'", "."), ("'", ","), ("", "."), ("", ","))
    return list(dict.fromkeys(f"{whole.replace(',', group)}{mark}{decimals}" for group, mark in marks))


def date_forms(iso: str) -> Tiers:
    """The ISO date in digits and in words; forms that put the month first come last, as they may be another date's."""
    day = Date.fromisoformat(iso)
    d, m, y = day.day, day.month, day.year
    numbers = [f"{d:02}{s}{m:02}{s}{year}" for s in "./-" for year in (y, f"{y % 100:02}")]
    numbers += [f"{d}{s}{m}{s}{year}" for s in "./-" for year in (y, f"{y % 100:02}")]
    month_first = [f"{m:02}/{d:02}/{y}", f"{m}/{d}/{y}", f"{m:02}/{d:02}/{y % 100:02}", f"{m:02}-{d:02}-{y}"]
    numbers += [iso, f"{y}/{m:02}/{d:02}", f"{y}.{m:02}.{d:02}", f"{y}{m:02}{d:02}"]
    return [numbers + _in_words(day), month_first]


def _in_words(day: Date) -> list[str]:
    patterns = (
        "{d} {month} {y}", "{d:02} {month} {y}", "{d}. {month} {y}", "{d:02}. {month} {y}", "{d}-{month}-{y}",
        "{d:02}-{month}-{y}", "{d} de {month} de {y}", "{d}{nth} {month} {y}", "{month} {d}, {y}",
        "{month} {d:02}, {y}", "{month} {d} {y}", "{month} {d}{nth}, {y}",
    )  # fmt: skip
    nth = {1: "st", 2: "nd", 3: "rd", 21: "st", 22: "nd", 23: "rd", 31: "st"}.get(day.day, "th")
    months = _month_names(day.month)
    return [pattern.format(d=day.day, month=month, y=day.year, nth=nth) for pattern in patterns for month in months]


@cache
def _month_names(month: int) -> tuple[str, ...]:
    names = (
        get_month_names(width, context, language)[month]
        for language in _LANGUAGES
        for width in ("wide", "abbreviated")
        for context in ("format", "stand-alone")
    )
    return tuple(dict.fromkeys(form for name in names for form in (name, name.removesuffix("."))))
