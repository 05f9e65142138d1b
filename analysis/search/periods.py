"""Months, quarters, years and days as questions name them, in English, German, French, Spanish and Italian."""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from babel.dates import get_month_names

_LOCALES = ("en", "de", "fr", "es", "it")
_ORDINALS = (
    ("first", "1st", "erstes", "ersten", "erste", "1."), ("second", "2nd", "zweites", "zweiten", "zweite", "2."),
    ("third", "3rd", "drittes", "dritten", "dritte", "3."), ("fourth", "4th", "viertes", "vierten", "vierte", "4."),
)  # fmt: skip
_SINCE = ("since", "from", "starting", "seit", "ab", "depuis", "desde", "dal")
_AFTER = ("after", "nach")
_UNTIL = ("until", "till", "up to", "through", "bis", "jusqu'à", "hasta", "fino a")
_BEFORE = ("before", "vor")
_IN = (
    "in",
    "of",
    "for",
    "during",
    "on",
    "dated",
    "im",
    "am",
    "aus",
    "vom",
    "von",
    "für",
    "en",
    "de",
    "del",
    "nel",
    "di",
)


@dataclass(frozen=True, slots=True)
class Period:
    """Where a question names it, and its first and last day; None where it is open."""

    start: int
    end: int
    since: date | None
    until: date | None


def find(text: str, today: date) -> Period | None:
    """The first one that a text names. A month without a year is the last one that has begun."""
    return _range(text, today) or _single(text, today)


def _range(text: str, today: date) -> Period | None:
    """From one period to another: "between March and June 2025"; of the first the year may be said by the last."""
    found = _RANGE.search(text)
    last = _single(f"in {found['last']}", today) if found else None
    if found is None or last is None or last.start or last.until is None:
        return None
    first = _whole(f"in {found['first']} {last.until.year}", today) or _whole(f"in {found['first']}", today)
    if first is None or first.since is None or first.since > last.until:
        return None
    return Period(found.start(), found.start("last") + last.end - len("in "), first.since, last.until)


def _whole(text: str, today: date) -> Period | None:
    found = _single(text, today)
    return found if found and (found.start, found.end) == (0, len(text)) else None


def _single(text: str, today: date) -> Period | None:
    for pattern, days in ((_day(), _days), (_quarter(), _quarter_days), (_month(), _month_days), (_year(), _year_days)):
        for found in pattern.finditer(text):
            if (span := days(found, today)) is not None:
                return _bounded(found, *span)
    return _relative(text, today)


def _bounded(found: re.Match[str], first: date, last: date) -> Period:
    word = " ".join((found["how"] or "").lower().split())
    start, end = found.span()
    if word in _SINCE and not (word == "from" and first != last):  # "from March" is in March
        return Period(start, end, first, None)
    if word in _AFTER:
        return Period(start, end, last + timedelta(1), None)
    if word in _UNTIL:
        return Period(start, end, None, last)
    if word in _BEFORE:
        return Period(start, end, None, first - timedelta(1))
    return Period(start, end, first, last)


_HOW = "|".join(re.escape(word) for word in sorted((*_SINCE, *_AFTER, *_UNTIL, *_BEFORE, *_IN), key=len, reverse=True))
_PREFIX = rf"(?<!\w)(?:(?P<how>{_HOW})\s+)?(?:the\s+|dem\s+|jahre?\s+)*"
_RANGE = re.compile(
    r"(?<!\w)(?:from|between|von|vom|zwischen)\s+(?P<first>[^,;?!]{3,24}?)\s+(?:to|till|until|and|bis|und)\s+"
    r"(?:zum\s+)?(?P<last>\S.*)",
    re.I,
)
_YEAR = r"(?P<year>(?:19|20)\d\d)(?!\d)"


@lru_cache(maxsize=1)
def _months() -> dict[str, int]:
    """By name, in lower case; short names of four letters and more."""
    names: dict[str, int] = {}
    for locale in _LOCALES:
        for width in ("wide", "abbreviated"):
            for number, name in get_month_names(width, locale=locale).items():
                short = name.lower().rstrip(".")
                if width == "wide" or (locale == "en" and len(short) >= 3):
                    names.setdefault(short, number)
    return names | {"jänner": 1}


@lru_cache(maxsize=1)
def _month() -> re.Pattern[str]:
    names = "|".join(map(re.escape, sorted(_months(), key=len, reverse=True)))
    return re.compile(rf"{_PREFIX}(?P<month>{names})\.?(?!\w)(?:(?:\s+of|\s+de|,)?\s+{_YEAR})?", re.I)


@lru_cache(maxsize=1)
def _quarter() -> re.Pattern[str]:
    words = "|".join(re.escape(word) for group in _ORDINALS for word in group)
    named = rf"(?P<ordinal>{words})\s*(?:quarter|quartal)s?"
    return re.compile(rf"{_PREFIX}(?:q(?P<number>[1-4])|{named})(?!\w)(?:(?:\s+of|\s*/)?\s*{_YEAR})?", re.I)


@lru_cache(maxsize=1)
def _year() -> re.Pattern[str]:
    return re.compile(rf"{_PREFIX}{_YEAR}", re.I)


@lru_cache(maxsize=1)
def _day() -> re.Pattern[str]:
    iso = r"(?P<iso>\d{4}-\d\d-\d\d)"
    german = r"(?P<day>\d{1,2})\.\s?(?P<number>\d{1,2})\.\s?(?P<year>(?:19|20)\d\d)"
    return re.compile(rf"{_PREFIX}(?:{iso}|{german})(?!\d)", re.I)


def _days(found: re.Match[str], _today: date) -> tuple[date, date] | None:
    try:
        if found["iso"]:
            day = date.fromisoformat(found["iso"])
        else:
            day = date(int(found["year"]), int(found["number"]), int(found["day"]))
    except ValueError:
        return None
    return day, day


def _month_days(found: re.Match[str], today: date) -> tuple[date, date] | None:
    if not found["how"] and not found["year"]:  # "may", "march" and "mars" are words as well
        return None
    month = _months()[found["month"].lower()]
    year = int(found["year"]) if found["year"] else today.year - (month > today.month)
    return date(year, month, 1), date(year, month, monthrange(year, month)[1])


def _quarter_days(found: re.Match[str], today: date) -> tuple[date, date] | None:
    if found["number"]:
        quarter = int(found["number"])
    else:
        quarter = next(number for number, words in enumerate(_ORDINALS, 1) if found["ordinal"].lower() in words)
    first = 3 * quarter - 2
    year = int(found["year"]) if found["year"] else today.year - (first > today.month)
    return date(year, first, 1), date(year, first + 2, monthrange(year, first + 2)[1])


def _year_days(found: re.Match[str], _today: date) -> tuple[date, date] | None:
    if not found["how"]:  # a number like others
        return None
    return date(int(found["year"]), 1, 1), date(int(found["year"]), 12, 31)


_UNITS = {
    "year": r"years?|jahre?[sn]?",
    "quarter": r"quarters?|quartale?[sn]?",
    "month": r"months?|monate?[sn]?",
    "week": r"weeks?|wochen?",
    "day": r"days?|tage?[sn]?",
}
_UNIT = "|".join(f"(?P<{name}>{words})" for name, words in _UNITS.items())
_RELATIVE = re.compile(
    rf"{_PREFIX}(?:den\s+)?(?:(?P<last>last|past|previous|letzte[nsmr]?|vorige[nsmr]?|vergangene[nsmr]?)"
    rf"|(?P<next>next|coming|nächste[nsmr]?|kommende[nsmr]?)|this|current|diese[nsmr]?)"
    rf"(?:\s+(?P<count>\d{{1,3}}))?\s+(?:{_UNIT})(?!\w)",
    re.I,
)
_DAYS = {"today": 0, "yesterday": -1, "tomorrow": 1, "heute": 0, "gestern": -1}
_NAMED_DAY = re.compile(rf"{_PREFIX}(?P<day>{'|'.join(_DAYS)})(?!\w)", re.I)


def _relative(text: str, today: date) -> Period | None:
    if found := _NAMED_DAY.search(text):
        day = today + timedelta(_DAYS[found["day"].lower()])
        return _bounded(found, day, day)
    found = _RELATIVE.search(text)
    if not found:
        return None
    unit = next(name for name in _UNITS if found[name])
    step = -1 if found["last"] else 1 if found["next"] else 0
    if found["count"] and step:  # "the last 30 days" end today, "the next 2 weeks" begin with it
        return _bounded(found, *sorted((today, _moved(today, unit, step * int(found["count"])))))
    if unit == "day":
        return None
    first = _moved(_begin(today, unit), unit, step)
    return _bounded(found, first, _moved(first, unit, 1) - timedelta(1))


def _begin(day: date, unit: str) -> date:
    """The first day of the unit that a day is in; weeks begin with Monday."""
    if unit == "week":
        return day - timedelta(day.weekday())
    month = {"year": 1, "quarter": day.month - (day.month - 1) % 3, "month": day.month}[unit]
    return date(day.year, month, 1)


def _moved(day: date, unit: str, count: int) -> date:
    """So many units later; the last day of a month that has no such day."""
    if unit in ("day", "week"):
        return day + timedelta(count * (7 if unit == "week" else 1))
    year, month = divmod(12 * day.year + day.month - 1 + count * {"year": 12, "quarter": 3, "month": 1}[unit], 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
