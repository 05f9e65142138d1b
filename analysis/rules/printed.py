"""One value at a place on the page, read as what its field's type says it is."""

import re
from collections.abc import Callable, Iterator, Sequence

from analysis import values
from analysis.findings import Found
from analysis.rules.sheet import Sheet, Spot, found
from analysis.rules.totals import decimal_string

_DIGITS = r"[\w./-]*\d[\w./-]*"
_CODE = re.compile(rf"(?<![\w./-])(?:[A-Z][A-Z-]{{0,5}} )?{_DIGITS}(?: (?:[A-Z]{{1,3}}\b|{_DIGITS}))*")
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_PHONE = re.compile(r"(?<![\w.-])\+?\(?\d[\d\s()./–-]{4,20}\d(?![\w-])")
_BOOLEAN = re.compile(rf"[^\W\d]+|[{''.join(w for w in values.BOOLEANS if not w.isalnum())}]")
_LONGEST_CODE = 40
_FAR = 30  # characters behind its label, a code is no longer that label's
_SHAPED = 0.5  # certainty of a value that no label names, but that alone looks as the field's values do


def read_value(sheet: Sheet, spot: Spot, type_: str, score: float) -> Found | None:
    """The first value of the type in the spot; None where there is none."""
    return _READERS.get(type_, _text)(sheet, spot, score)


def _date(sheet: Sheet, spot: Spot, score: float) -> Found | None:
    date = next(iter(sheet.dates(spot)), None)
    return found(date.iso, spot.row, date.start, date.end, score) if date else None


def _amount(sheet: Sheet, spot: Spot, score: float) -> Found | None:
    """Money before plain numbers ("12 months 480.00"), and no part of a date."""
    dates = sheet.dates(spot)
    amounts = [
        one
        for one in sheet.amounts(spot)
        if not one.percent and not any(date.start <= one.start < date.end for date in dates)
    ]
    one = next((one for one in amounts if one.is_money), amounts[0] if amounts else None)
    return found(decimal_string(one.value), spot.row, one.start, one.end, score) if one else None


def _number(sheet: Sheet, spot: Spot, score: float) -> Found | None:
    one = next(iter(sheet.amounts(spot)), None)
    return found(str(one.value), spot.row, one.start, one.end, score) if one else None


def _text(_: Sheet, spot: Spot, score: float) -> Found | None:
    text = spot.text.strip().split("\t")[0].strip(" :.-#*\t")
    if not any(map(str.isalnum, text)):
        return None
    start = spot.row.text.find(text, spot.start)
    return found(text, spot.row, start, start + len(text), 0.8 * score)


def _code(sheet: Sheet, spot: Spot, score: float) -> Found | None:
    """The first word with a digit, with the short words of capitals and digits around it: "GB 123 456"."""
    match = _CODE.search(spot.row.text, spot.start, spot.end)
    dates = [date.start for date in sheet.dates(spot)]
    if match is None or match.start() in dates or match.start() - spot.start > _FAR:
        return None
    end = min([match.end(), *(start for start in dates if start > match.start())])
    text = spot.row.text[match.start() : end].strip(" .:#-/")
    start = spot.row.text.find(text, match.start())
    return found(text, spot.row, start, start + len(text), score) if 2 <= len(text) <= _LONGEST_CODE else None


def _matching(pattern: "re.Pattern[str]", type_: str) -> Callable[[Sheet, Spot, float], Found | None]:
    """A reader of what looks like the pattern and can be normalised."""

    def read(_: Sheet, spot: Spot, score: float) -> Found | None:
        return next(_normalised(pattern, type_, spot, score), None)

    return read


def _normalised(pattern: "re.Pattern[str]", type_: str, spot: Spot, score: float) -> Iterator[Found]:
    for match in pattern.finditer(spot.row.text, spot.start, spot.end):
        try:
            value = values.normalise(type_, match.group())
        except values.Unusable:
            continue
        if value is not None:
            yield found(value, spot.row, match.start(), match.end(), score)


_READERS: dict[str, Callable[[Sheet, Spot, float], Found | None]] = {
    "date": _date,
    "amount": _amount,
    "number": _number,
    "code": _code,
    "boolean": _matching(_BOOLEAN, "boolean"),
    "phone": _matching(_PHONE, "phone"),
    "email": _matching(_EMAIL, "email"),
}


def shape_of(text: str) -> str:
    """What a value looks like: runs of capitals as A, of small letters as a, of digits as 9, the rest as it is.

    >>> shape_of("HO-2024-00123"), shape_of("Ada Lovelace")
    ('A-9-9', 'Aa Aa')
    """
    text = re.sub(r"\d+", "9", re.sub(r"[^\W\d_]+", _letters, text.strip()))
    return re.sub(r"\s+", " ", text)


def _letters(match: "re.Match[str]") -> str:
    return "".join(dict.fromkeys("A" if letter.isupper() else "a" for letter in match.group()))


def values_shaped_like(sheet: Sheet, type_: str, examples: Sequence[str]) -> Iterator[Found]:
    """The one value of the document that looks like an example, for fields without a label on the page.

    Only for what is unmistakable: e-mail addresses, and numbers with digits and a mark or letters. Nothing where
    several differ.
    """
    if type_ == "email":
        same = [
            one for row in sheet.rows for one in _normalised(_EMAIL, type_, Spot(row, 0, len(row.text), 1), _SHAPED)
        ]
    else:
        shapes = {shape for example in examples if _is_telling(shape := shape_of(example))}
        same = list(_of_shapes(sheet, shapes)) if type_ in ("code", "text") and shapes else []
    if len({str(one.value) for one in same}) == 1:
        yield same[0]


def _is_telling(shape: str) -> bool:
    return "9" in shape and len(shape) >= 3 and " " not in shape


def _of_shapes(sheet: Sheet, shapes: set[str]) -> Iterator[Found]:
    for row in sheet.rows:
        for match in re.finditer(r"[^\s,;:()]+", row.text):
            text = match.group().rstrip(".")
            if shape_of(text) in shapes:
                yield found(text, row, match.start(), match.start() + len(text), _SHAPED)
