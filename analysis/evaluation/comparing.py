"""When a value counts as right: amounts by value, dates as ISO, texts without case, accents, blanks and punctuation."""

import re
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from difflib import SequenceMatcher
from typing import Any

from analysis.findings import LineItem
from analysis.rules.addresses import has_company_form, is_country
from analysis.rules.languages import plain

AMOUNTS = frozenset({"subtotal", "tax", "total", "prepaid", "amount_due", "premium", "deductible"})
ADDRESSES = frozenset({"address", "buyer_address"})
NAMES = frozenset({"vendor", "buyer"})
_CENT = Decimal("0.005")
_HALF_ALIKE = 0.5
_ALIKE = 0.6  # descriptions as similar as this may be of the same line


def is_right(name: str, truth: Any, value: str, alternatives: Sequence[str] = ()) -> bool:
    """Whether the value says what the truth says, or one of the truth's alternatives."""
    if name in AMOUNTS:
        return same_amount(truth, value)
    form = _address if name in ADDRESSES else plain
    truths = {form(str(text)) for text in (truth, *alternatives)}
    return form(value) in truths or (name in NAMES and plain(_without_form(value)) in truths)


def is_exact(name: str, truth: Any, value: str) -> bool:
    """The stricter measure: letter by letter, but for amounts."""
    return same_amount(truth, value) if name in AMOUNTS else str(truth) == value


def same_amount(truth: Any, value: str | None) -> bool:
    """Equal to the cent."""
    a, b = _decimal(truth), _decimal(value)
    return a is not None and b is not None and abs(a - b) < _CENT


def same_number(truth: Any, value: str | None) -> bool:
    """Equal, or equal once the truth is rounded to the decimals that the page shows (a price of 3.3333 as 3.33)."""
    a, b = _decimal(truth), _decimal(value)
    if a is None or b is None:
        return False
    return a == b or (a.as_tuple().exponent < b.as_tuple().exponent and a.quantize(b) == b)  # type: ignore[operator]


def pair_lines(truth: Sequence[dict[str, Any]], lines: Sequence[LineItem]) -> list[tuple[dict[str, Any], LineItem]]:
    """True lines with the found ones that mean them: greedily, the most alike in amount and description first."""
    likeness = [(_likeness(t, line), -abs(i - j), i, j) for i, t in enumerate(truth) for j, line in enumerate(lines)]
    pairs: dict[int, int] = {}
    for alike, _, i, j in sorted(likeness, reverse=True):
        if alike >= _ALIKE and i not in pairs and j not in pairs.values():
            pairs[i] = j
    return [(truth[i], lines[j]) for i, j in sorted(pairs.items())]


def is_line_right(truth: dict[str, Any], line: LineItem, *, described: bool = False) -> bool:
    """Amount, quantity and price are right as far as the truth gives them; if `described`, the description is alike."""
    amount, quantity, price = truth.get("amount"), truth.get("quantity"), truth.get("unit_price")
    return (
        (not described or same_description(truth.get("description"), line.description))
        and (amount is None or same_amount(amount, line.amount))
        and (quantity is None or same_number(quantity, line.quantity))
        and (price is None or same_number(price, line.unit_price))
    )


def same_description(truth: str | None, description: str | None) -> bool:
    """Half alike without case, blanks and punctuation, or one within the other: truths leave out what goes on below."""
    a, b = plain(truth or ""), plain(description or "")
    if not a or not b:
        return not a
    return a in b or b in a or SequenceMatcher(None, a, b).ratio() >= _HALF_ALIKE


def _likeness(truth: dict[str, Any], line: LineItem) -> float:
    words = SequenceMatcher(None, plain(truth.get("description") or ""), plain(line.description or "")).ratio()
    return words + same_amount(truth.get("amount"), line.amount)


def _without_form(name: str) -> str:
    """A name as printed without its legal form, which some truths leave out (never the other way round)."""
    return re.sub(r"[\s,]+\S+$", "", name) if has_company_form(name.split()[-1]) else name


def _decimal(value: Any) -> Decimal | None:
    try:
        return None if value is None else Decimal(str(value))
    except InvalidOperation:
        return None


def _address(text: str) -> str:
    """Without the country: pages print its name, a code before the postcode, or nothing."""
    parts = [part.strip() for part in re.split(r"[,\n]", text) if part.strip()]
    while len(parts) > 1 and is_country(re.split(r"\s[-–]\s", parts[-1])[0]):
        parts.pop()
    return plain(" ".join(re.sub(r"^(?:[A-Z]{2})[ -](?=\d{4,5}\b)", "", part) for part in parts))
