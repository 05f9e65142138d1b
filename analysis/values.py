"""Values as people type them, in the one form that results keep; what could mean two things is refused."""

import re
import unicodedata
from collections.abc import Callable
from datetime import date
from typing import Any

from babel import Locale

from analysis.findings import Value

LONGEST = 2_000  # characters
_GROUPED = re.compile(r"\d{1,3}(?:([.,'’ ])\d{3})+")
_DAY_FIRST = re.compile(r"(\d{1,2})\.\s?(\d{1,2})\.\s?((?:20)?\d\d|19\d\d)")
_SLASHED = re.compile(r"(\d{1,2})([/-])(\d{1,2})\2(\d{4})")
_IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{10,30}")
# What people and forms write for yes and no.
BOOLEANS = {
    **dict.fromkeys(("true", "yes", "y", "x", "ja", "oui", "sí", "si", "sì", "1", "☒", "☑", "✓", "✔"), "true"),
    **dict.fromkeys(("false", "no", "n", "nein", "non", "nee", "0", "☐"), "false"),
}
_TAX_PARTS = ("rate", "base", "tax")


class Unusable(ValueError):
    """The text can't be the value; the message is a sentence that says how to write it."""


def normalise(type_: str, given: object) -> Value | None:
    """The value as results keep it; None for what is empty.

    `type_` is a field's type in a document type's schema; types of an operator's own count as text. Raises Unusable.
    """
    if type_ == "taxes":
        return _taxes(given)
    if isinstance(given, bool) or not isinstance(given, str | int | float | None):
        raise Unusable("Give a text.")
    text = _clean("" if given is None else str(given))
    return _READERS.get(type_, str)(text) if text else None


def _clean(text: str) -> str:
    if len(text) > LONGEST:
        raise Unusable(f"Give at most {LONGEST:,} characters.")
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in text if not character.isspace()):
        raise Unusable("Leave out control characters.")
    return " ".join(unicodedata.normalize("NFC", text).split())


def _amount(text: str) -> str:
    """A decimal number with a dot, as precise as it was given."""
    sign, digits = ("-", text[1:].strip()) if text[:1] in "-−–" else ("", text)
    whole, mark, fraction = _split(digits)
    if not re.fullmatch(r"\d{1,15}", whole) or not re.fullmatch(r"\d{0,6}", fraction) or (mark and not fraction):
        raise Unusable(f"{text!r} is not a number; write it like 1005.55.")
    return f"{sign}{int(whole)}{'.' + fraction if fraction else ''}"


def _split(digits: str) -> tuple[str, str, str]:
    """Whole part without group marks, decimal mark, fraction."""
    marks = set(re.findall(r"[.,]", digits))
    if marks == {","} and re.fullmatch(r"\d{1,3},\d{3}", digits):
        raise Unusable(f"{digits!r} could mean two numbers; write it with a dot as the decimal mark and no other.")
    decimal = max(marks, key=digits.rfind) if marks else ""
    if len(marks) == 1 and digits.count(decimal) > 1:
        decimal = ""
    whole, _, fraction = digits.rpartition(decimal) if decimal else (digits, "", "")
    if _GROUPED.fullmatch(whole) and len(set(re.findall(r"\D", whole))) == 1:
        whole = re.sub(r"\D", "", whole)
    return whole, decimal, fraction


def _date(text: str) -> str:
    """An ISO date; dots are read day first, slashes only where they can mean but one day."""
    try:
        return _day(text).isoformat()
    except Unusable:
        raise
    except ValueError:
        raise Unusable(f"{text!r} is not a date; write it as YYYY-MM-DD.") from None


def _day(text: str) -> date:
    if dotted := _DAY_FIRST.fullmatch(text):
        return date(int(dotted[3][-2:]) + 100 * int(dotted[3][:-2] or 20), int(dotted[2]), int(dotted[1]))
    if slashed := _SLASHED.fullmatch(text):
        first, second, year = int(slashed[1]), int(slashed[3]), int(slashed[4])
        if first <= 12 and second <= 12 and first != second:
            raise Unusable(f"{text!r} could mean two days; write it as YYYY-MM-DD.")
        return date(year, second, first) if first > 12 else date(year, first, second)
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        raise ValueError
    return date.fromisoformat(text)


def _currency(text: str) -> str:
    code = text.upper()
    if code not in Locale("en").currencies:
        raise Unusable(f"{text!r} is not a currency; write its three-letter code, such as EUR.")
    return code


def _iban(text: str) -> str:
    """Compact; whether its check digits are right is for the checks, for a document may show a wrong one."""
    compact = re.sub(r"[\s-]", "", text).upper()
    if not _IBAN.fullmatch(compact):
        raise Unusable(f"{text!r} does not have the form of an IBAN, such as DE02 1203 0000 0000 2020 51.")
    return compact


def _code(text: str) -> str:
    """A number that is no quantity, such as that of a policy: as printed."""
    if not any(map(str.isalnum, text)):
        raise Unusable(f"{text!r} has neither letters nor digits; write the number as it is printed.")
    return text


def _boolean(text: str) -> str:
    word = text.casefold().strip(" .[]()")
    if word not in BOOLEANS:
        raise Unusable(f"{text!r} is neither yes nor no; write true or false.")
    return BOOLEANS[word]


def _phone(text: str) -> str:
    """Digits, with the plus sign of a country code where there is one."""
    digits = re.sub(r"[\s()./\-–]", "", text.replace("(0)", "") if text.startswith("+") else text)
    if not re.fullmatch(r"\+?\d{5,15}", digits):
        raise Unusable(f"{text!r} is not a phone number; write it like +49 30 1234567.")
    return digits


def _email(text: str) -> str:
    if not re.fullmatch(r"[^@\s,;]+@[^@\s,;]+\.[^@\s,;.]{2,}", text):
        raise Unusable(f"{text!r} is not an e-mail address; write it like name@example.org.")
    return text.casefold()


def _taxes(given: object) -> list[dict[str, str | None]] | None:
    if not given:
        return None
    if not isinstance(given, list) or len(given) > 100 or not all(isinstance(entry, dict) for entry in given):
        raise Unusable("Give a list of objects with rate, base and tax.")
    return [_tax(entry) for entry in given]


def _tax(entry: dict[str, Any]) -> dict[str, str | None]:
    if unknown := set(entry) - set(_TAX_PARTS):
        raise Unusable(f"{sorted(map(str, unknown))[0]!r} is no part of a tax entry; they are rate, base and tax.")
    return {part: _scalar("amount", entry.get(part)) for part in _TAX_PARTS}


def _scalar(type_: str, given: object) -> str | None:
    value = normalise(type_, given)
    assert not isinstance(value, list)
    return value


_READERS: dict[str, Callable[[str], str]] = {
    "amount": _amount,
    "number": _amount,
    "date": _date,
    "currency": _currency,
    "iban": _iban,
    "code": _code,
    "boolean": _boolean,
    "phone": _phone,
    "email": _email,
}
LINE_ITEM_TYPES = {
    "description": "text",
    "quantity": "amount",
    "unit": "text",
    "unit_price": "amount",
    "amount": "amount",
    "tax_rate": "amount",
}


def line_item(given: dict[str, Any]) -> dict[str, str | None]:
    """The six values of a line item, each normalised. Raises Unusable."""
    found = {}
    for name, type_ in LINE_ITEM_TYPES.items():
        try:
            found[name] = _scalar(type_, given.get(name))
        except Unusable as error:
            raise Unusable(f"{name}: {error}") from None
    return found
