"""Amounts and numbers as they are printed: 1.234,56 and 1,234.56, currencies before or behind, noise of OCR."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

Mark = Literal[".", ","]

# What stands beside amounts, and the ISO 4217 code that it most likely means.
SYMBOLS = {
    "€": "EUR", "$": "USD", "US$": "USD", "£": "GBP", "¥": "JPY", "₹": "INR", "₽": "RUB", "₺": "TRY", "zł": "PLN",
    "Kč": "CZK", "RM": "MYR", "Rm": "MYR", "Rs": "INR", "S$": "SGD", "A$": "AUD", "C$": "CAD", "R$": "BRL",
    "HK$": "HKD",
}  # fmt: skip
CODES = (
    *("EUR", "USD", "GBP", "CHF", "JPY", "CNY", "MYR", "SGD", "INR", "AUD", "CAD", "NZD", "HKD", "SEK", "NOK", "DKK"),
    *("PLN", "CZK", "HUF", "RON", "BGN", "TRY", "BRL", "MXN", "ZAR", "THB", "IDR", "AED", "SAR", "ILS", "KRW", "RUB"),
)

_CURRENCY = "|".join(re.escape(s) for s in sorted([*SYMBOLS, *CODES], key=len, reverse=True))
# Beside letters, or beside a digit within a word ("AV0CAD0S"), it is none.
_ALONE = re.compile(rf"(?<![A-Za-z])(?<![A-Za-z]\d)(?:{_CURRENCY})(?![A-Za-z]|\d[A-Za-z])")
_AMOUNT = re.compile(
    rf"""(?<![\w.,/])(?P<before>(?:{_CURRENCY})\.?\s?)?(?P<sign>[-−–+(]\s?)?(?P<inner>(?:{_CURRENCY})\.?\s?)?
    (?P<number>\d{{1,3}}(?:[.,'’]\d{{3}})+(?:[.,]\d{{1,4}})?
      |\d{{1,3}}(?:[ \u00a0\u202f]\d{{3}})+,\d\d|\d+[.,]\d+|[.,]\d\d|\d+)
    (?P<close>\)|-(?!\w))?(?(before)|(?P<after>\s?(?:{_CURRENCY})(?![\w]))?)(?P<percent>\s?[%％])?(?![\w]|[.,/:-]\d)""",
    re.VERBOSE,
)
_TWO_DECIMALS = re.compile(r"\d([.,])\d\d(?![\d.,])")
# Letters that OCR takes for digits, put right only within what is otherwise a number with two decimals.
_CONFUSED = str.maketrans("OoDQlI|SBZ", "0000111582")
_NOISY = re.compile(
    r"(?<![\w.,])(?P<lead>RM|[$€£])?(?P<body>[\dOoDQlI|SBZ]{1,6}(?:[.]\s?|[,-])[\dOoDQlI|SBZ]{2})(?![\w.,-])"
)
# What OCR adds to amounts: a letter or dot of a leader in front, the letter of a tax code behind. Each becomes a blank.
_ADDED = re.compile(
    r"\.{2,}|(?<![\w.,])[A-Za-z](?=\d{1,4}[.,]\d\d(?![\d.,]))|(?<![\w.,])\.(?=\d{1,4}\.\d\d(?!\d))"
    r"|(?<=\d[.,]\d\d)[A-FH-JN-Z](?!\w)"
)
_LOST_SIGN = re.compile(r"(?<![\w.,])S(?=\d{2,4}\.\d\d(?![\d.,]))")  # the dollar's
_LOST_POINT = re.compile(r"(?<=[$€£])(\d{1,4}) (\d\d)(?![\d.,])")


@dataclass(frozen=True, slots=True)
class Amount:
    """A number in a text. `currency` is an ISO 4217 code where one stands beside it; `decimals` as printed."""

    start: int
    end: int
    value: Decimal
    decimals: int
    currency: str | None = None
    percent: bool = False

    @property
    def is_money(self) -> bool:
        """Looks like an amount of money: two decimals, or a currency beside it."""
        return not self.percent and (self.decimals == 2 or self.currency is not None)


def decimal_mark(texts: Iterable[str]) -> Mark:
    """The document's decimal mark, by majority of the numbers with exactly two decimals."""
    counts = Counter(mark for text in texts for mark in _TWO_DECIMALS.findall(text))
    return "," if counts[","] > counts["."] else "."


def find_amounts(text: str, mark: Mark, *, ocr: bool = False) -> Iterator[Amount]:
    """All numbers in the text, with the sign and currency beside them."""
    for match in _AMOUNT.finditer(_mend(text) if ocr else text):
        number = match["number"]
        value = parse_number(number, mark)
        if (match["sign"] or "").strip() in ("-", "−", "–") or (match["close"] or "") == "-":
            value = -value
        if (match["sign"] or "").startswith("(") and match["close"] == ")" and "." in str(value):
            value = -value
        printed = match["before"] or match["inner"] or match["after"]
        yield Amount(
            match.start() if match["before"] or match["sign"] else match.start("number"),
            match.end("after") if match["after"] else match.end("close") if match["close"] else match.end("number"),
            value,
            max(0, -int(value.as_tuple().exponent)),
            currency_code(printed) if printed else None,
            bool(match["percent"]),
        )


def parse_number(number: str, mark: Mark) -> Decimal:
    """A printed number's value. Where one separator could mean either, the document's `mark` decides.

    >>> parse_number("1.234,56", "."), parse_number("5,000", ","), parse_number("5,000", ".")
    (Decimal('1234.56'), Decimal('5.000'), Decimal('5000'))
    """
    number = re.sub(r"[\s'’\u00a0\u202f]", "", number)
    marks = re.findall(r"[.,]", number)
    if not marks:
        return Decimal(number)
    decimal: str | None = marks[-1]
    if len(set(marks)) == 1:
        groups = re.fullmatch(r"\d{1,3}(?:[.,]\d{3})+", number)
        if groups and (len(marks) > 1 or decimal != mark) and not number.startswith("0"):
            decimal = None
    whole, _, fraction = number.rpartition(decimal) if decimal else (number, "", "")
    whole = re.sub(r"\D", "", whole) or "0"
    return Decimal(f"{whole}.{fraction}" if fraction else whole)


def currency_code(printed: str) -> str:
    """ISO 4217 code of a printed symbol or code."""
    printed = printed.strip().rstrip(".")
    return SYMBOLS.get(printed, printed)


def find_currencies(text: str) -> Iterator[tuple[int, int, str]]:
    """Currency codes and symbols: (start, end, ISO code)."""
    for match in _ALONE.finditer(text):
        yield match.start(), match.end(), currency_code(match.group())


def _mend(text: str) -> str:
    """The same length, with confused characters put right where two decimals follow, and what was added left out."""

    def repair(match: re.Match[str]) -> str:
        body = match["body"]
        if sum(c.isdigit() for c in body) < 2:
            return match.group()
        fixed = body.translate(_CONFUSED).replace("-", ".")
        if " " in fixed:  # "10. 00": the blank moves to the front, so that offsets keep
            fixed = " " + fixed.replace(" ", "")
        return (match["lead"] or "") + fixed

    text = _LOST_SIGN.sub(" ", text)
    mended = _LOST_POINT.sub(r"\1.\2", _NOISY.sub(repair, text))
    return _ADDED.sub(lambda match: " " * len(match.group()), mended)
