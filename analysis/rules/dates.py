"""Dates in the forms that people print, as ISO dates."""

import datetime as dt
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from analysis.rules.languages import MONTHS

_MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))
_SEP = r"\s?[./\-,]\s?"
_OF = r"\s(?:de|del|of)\s"  # "5 de mayo de 2023"
_TAIL = r"(?!\d)"
# A time that OCR has put right behind the date: "2017-02-1214:46", "2017-02-12144638"
_TIME = r"\d\d:|(?:[01]\d|2[0-3])[0-5]\d(?:[0-5]\d)?(?!\d)"
_FORMS = [
    re.compile(rf"(?<!\d)(?P<y>(?:19|20)\d\d){_SEP}(?P<m>\d{{1,2}}){_SEP}(?P<d>\d\d(?={_TIME})|\d{{1,2}}(?!\d))"),
    re.compile(r"(?<![\d./])(?P<a>\d{1,2})\s?(?P<s>[./\-,])\s?(?P<b>\d{1,2})\s?(?P=s)\s?(?P<y>(?:19|20)\d\d)"),
    re.compile(
        r"(?<![\d./-])(?P<a>\d{1,2})(?P<s>\s?[./\-~]\s?)(?P<b>\d{1,2})(?:(?P=s)|[-~])(?P<y>\d\d)(?=\d\d:|(?![\d]|[./-]\d))"
    ),
    re.compile(
        rf"(?<!\d)(?P<d>\d{{1,2}})(?:st|nd|rd|th|er|º)?(?:{_OF}|[\s.\-/,]{{0,3}})(?P<name>{_MONTH})\.?(?:{_OF}|[\s.\-/,']{{0,3}})"
        rf"(?P<y>(?:19|20)\d\d|\d\d(?![\d:])){_TAIL}",
        re.IGNORECASE,
    ),
    re.compile(
        rf"(?<![^\W\d])(?P<name>{_MONTH})\.?[\s\-]{{0,2}}(?P<d>\d{{1,2}})(?:st|nd|rd|th)?\s?[,.\-]?\s{{0,2}}"
        rf"(?P<y>(?:19|20)\d\d){_TAIL}",
        re.IGNORECASE,
    ),
    re.compile(rf"(?<!\d)(?P<y>20\d\d)(?P<m>0[1-9]|1[0-2])(?P<d>0[1-9]|[12]\d|3[01]){_TAIL}"),
]


@dataclass(frozen=True, slots=True)
class PrintedDate:
    """A date in a text, between two offsets; `iso` is YYYY-MM-DD."""

    start: int
    end: int
    iso: str


def is_day_first(texts: Iterable[str], *, default: bool = True) -> bool:
    """Whether 03/04/2018 means April, by the document's own dates: one that has a 13 or more in a place decides."""
    first = second = 0
    for text in texts:
        for form in _FORMS[1:3]:
            for match in form.finditer(text):
                first += int(match["a"]) > 12 >= int(match["b"])
                second += int(match["b"]) > 12 >= int(match["a"])
    return default if first == second else first > second


def find_dates(text: str, *, day_first: bool = True) -> Iterator[PrintedDate]:
    """All dates in the text, none overlapping, from left to right."""
    taken: list[PrintedDate] = []
    for form in _FORMS:
        for match in form.finditer(text):
            date = _date(match, day_first)
            clash = any(match.start() < t.end and t.start < match.end() for t in taken)
            if date and not clash:
                taken.append(PrintedDate(match.start(), match.end(), date.isoformat()))
    yield from sorted(taken, key=lambda found: found.start)


def is_date(text: str) -> bool:
    """Whether the whole text is a date."""
    return any(found.start == 0 and found.end == len(text) for found in find_dates(text))


def _date(match: re.Match[str], day_first: bool) -> dt.date | None:
    parts = match.groupdict()
    year = int(parts["y"]) if len(parts["y"]) == 4 else 2000 + int(parts["y"])
    if "a" in parts:
        a, b = int(parts["a"]), int(parts["b"])
        day, month = (a, b) if (day_first and b <= 12) or a > 12 else (b, a)
    else:
        day = int(parts["d"])
        month = MONTHS[parts["name"].casefold()] if "name" in parts else int(parts["m"])
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None
