"""What a number may have been before OCR misread it: digits that look alike, a lost decimal mark, a lost digit."""

from collections.abc import Iterator
from decimal import Decimal

_ALIKE = ("0368", "17", "56", "49")
_CONFUSED = {
    digit: "".join(sorted({other for group in _ALIKE if digit in group for other in group} - {digit}))
    for digit in "0123456789"
}
_MOST_DIGITS = 12


def alike(digit: str) -> str:
    """The digits that it is taken for; none for what is no digit, or like no other."""
    return _CONFUSED.get(digit, "")


def readings(value: Decimal) -> set[Decimal]:
    """The values that differ from `value` by one misreading, without itself."""
    text = format(abs(value), "f")
    if len(text) > _MOST_DIGITS:
        return set()
    texts = {*_digits(text), *_lost_digit(text), *_lost_mark(text)}
    return {Decimal(one).copy_sign(value) for one in texts} - {value}


def _digits(text: str) -> Iterator[str]:
    for position, digit in enumerate(text):
        for other in alike(digit):
            if position == 0 and other == "0":
                continue  # amounts don't begin with a nought
            yield text[:position] + other + text[position + 1 :]


def _lost_digit(text: str) -> Iterator[str]:
    """One of two equal digits (11, 00), or a 1 in front: the ones that narrow letters and smudges swallow."""
    yield "1" + text
    whole = text.partition(".")[0]
    for position, digit in enumerate(whole):
        yield text[:position] + digit + text[position:]


def _lost_mark(text: str) -> Iterator[str]:
    """12.50 read as 1250."""
    whole, _, decimals = text.partition(".")
    if not decimals.strip("0") and len(whole) > 2:
        yield f"{whole[:-2]}.{whole[-2:]}"
