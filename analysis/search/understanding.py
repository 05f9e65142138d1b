"""What a question says of documents rather than of their text: "invoices of Kraxi over 500 in March".

Careful by intention: a question is taken apart only where it begins with a kind of document, names a vendor that the
workspace knows after "of" or "from", or has nothing beside ("Kraxi's invoices over 500"); "how hot over 500 degrees"
stays what it is.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal, InvalidOperation

from django.utils import timezone

from analysis import document_types
from analysis.search import mentions, periods
from analysis.search.hits import Condition, Filters, Operator

_KINDS = {
    name: tuple(words.split(", "))
    for name, words in {
        "invoice": "invoice, invoices, bill, bills, rechnung, rechnungen, facture, factures, factura, facturas",
        "receipt": "receipt, receipts, quittung, quittungen, kassenbon, kassenbons, beleg, belege, reçu, reçus",
        "insurance_policy": "policies, insurance policy, insurance policies, policen, versicherungspolicen",
        "insurance_claim": "claims, insurance claim, insurance claims, schadenmeldung, schadenmeldungen",
        "manual": "manual, manuals, handbuch, handbücher, anleitung, anleitungen, bedienungsanleitung",
    }.items()
}
_ASKING_WORDS = """
show find list give me us all my our the every zeige zeig finde suche mir uns alle meine unsere die
"""
_ASKING = rf"(?:(?:{'|'.join(_ASKING_WORDS.split())})\s+)*"
_CURRENCY = r"(?:€|\$|£|eur|euros?|usd|dollars?|gbp|chf|franken)"
_NUMBER = rf"(?:{_CURRENCY}\s*)?(\d[\d.,'’]*\d|\d)(?:\s*{_CURRENCY})?(?![\w%])"
_OVER = r"(?:over|above|more than|greater than|exceeding|über|mehr als|>)"
_FROM = r"(?:at least|from|starting at|mindestens|ab|>=)"
_UNDER = r"(?:under|below|less than|unter|weniger als|<)"
_UP_TO = r"(?:at most|up to|no more than|höchstens|bis zu|maximal|<=)"
_BETWEEN = re.compile(rf"(?<!\w)(?:between|zwischen)\s+{_NUMBER}\s+(?:and|und)\s+{_NUMBER}", re.I)
_AMOUNTS: tuple[tuple[Operator, re.Pattern[str]], ...] = tuple(
    (op, re.compile(rf"(?<!\w){words}\s*{_NUMBER}", re.I))  # type: ignore[misc]
    for op, words in ((">=", _FROM), (">", _OVER), ("<=", _UP_TO), ("<", _UNDER))
)
_BARE_YEAR = re.compile(r"(?<!\S)(?:19|20)\d\d(?=[?!.]?(?:\s|$))(?!\s*(?:[€$£%]|[a-z]{3}\b(?<=eur|usd|gbp|chf)))", re.I)
# Before a year that is none but a number or an amount.
_NO_YEAR = re.compile(
    r"(?:^|\s)(?:invoice|bill|receipt|policy|claim|document|rechnung|beleg|quittung|number|no|nr|nummer|over|above|under|than"
    r"|least|most|to|über|unter|als|ab|from|von|[<>=#€$£])[.:]?\s*$",
    re.I,
)
_IDLE_WORDS = """
a all amount an and at by dated for from in me my of on the total with worth
aus bei betrag das der die für im mit und vom von
"""
_IDLE = frozenset(_IDLE_WORDS.split())
_EMPTY = _IDLE | frozenset(_ASKING_WORDS.split())  # in a text that says nothing but which documents are meant
_TOTAL = "total"
_YEAR = re.compile(r"(?:from|starting at|ab|up to|bis zu)\s+(?:19|20)\d\d", re.I)  # and no currency behind it


@dataclass(slots=True)
class _Rest:
    """What is left of a question while it is taken apart."""

    text: str
    filters: Filters = field(default_factory=Filters)

    def cut(self, start: int, end: int) -> None:
        self.text = f"{self.text[:start]} {self.text[end:]}"


def understand(text: str, *, today: date | None = None) -> tuple[str, Filters]:
    """The words that are left to search for, and what the others say; in the caller's scope."""
    today = today or timezone.localdate()
    if (described := _described(text, today)) is not None:
        return "", described
    rest = _Rest(text)
    _take_kind(rest)
    asks_for_kind = bool(rest.filters.kinds)
    _take_others(rest, today, anywhere=asks_for_kind)
    left = _content(rest.text)
    filters = rest.filters
    if filters.vendor or not left or (asks_for_kind and replace(filters, kinds=()).by_fields):
        return left, filters
    return text, Filters()


def dated(text: str, today: date) -> str:
    """The text with "in" before a year that stands alone ("Kraxi 2024"), if nothing else in it says when."""
    found = _BARE_YEAR.search(text)
    if found is None or periods.find(text, today) is not None or _NO_YEAR.search(text[: found.start()]):
        return text
    return f"{text[: found.start()]}in {text[found.start() :]}"


def _described(text: str, today: date) -> Filters | None:
    """What a text says of documents, wherever it names their kind or a vendor, if it says nothing else."""
    rest = _Rest(dated(text, today))
    _take_kind(rest, anywhere=True)
    if not rest.filters.kinds:
        return None
    _take_others(rest, today, anywhere=True)
    is_narrowed = replace(rest.filters, kinds=()).by_fields
    return rest.filters if is_narrowed and all(_is_idle(word, _EMPTY) for word in rest.text.split()) else None


def _take_others(rest: _Rest, today: date, *, anywhere: bool) -> None:
    _take_amounts(rest)
    _take_period(rest, today)
    _take_vendor(rest, anywhere=anywhere)


def _take_kind(rest: _Rest, *, anywhere: bool = False) -> None:
    """A kind of document with which the question begins, or that it names."""
    begins = r"(?<![\w-])" if anywhere else rf"\s*{_ASKING}"
    for name, words in _known_kinds():
        pattern = rf"{begins}(?:{'|'.join(map(re.escape, sorted(words, key=len, reverse=True)))})(?![\w-])"
        found = re.search(pattern, rest.text, re.I) if anywhere else re.match(pattern, rest.text, re.I)
        if found:
            rest.cut(*found.span())
            rest.filters = replace(rest.filters, kinds=(name,))
            return


def _known_kinds() -> Iterator[tuple[str, tuple[str, ...]]]:
    """(name, words for it), operators' own types by their labels."""
    for name, known in document_types.all().items():
        words = _KINDS.get(name, ()) if name in _KINDS else (known.label, f"{known.label}s")
        if words:
            yield name, words


def _take_amounts(rest: _Rest) -> None:
    conditions: list[Condition] = []
    if (found := _BETWEEN.search(rest.text)) and not (_is_year(found[1]) and _is_year(found[2])):
        low, high = _amount(found[1]), _amount(found[2])
        if low is not None and high is not None:
            conditions = [Condition(_TOTAL, ">=", min(low, high)), Condition(_TOTAL, "<=", max(low, high))]
            rest.cut(*found.span())
    for op, pattern in _AMOUNTS:
        found = pattern.search(rest.text)
        if found is None or _YEAR.fullmatch(found[0].strip()):
            continue
        if (value := _amount(found[1])) is not None:
            conditions.append(Condition(_TOTAL, op, value))
            rest.cut(*found.span())
    rest.filters = replace(rest.filters, conditions=tuple(conditions))


def _is_year(text: str) -> bool:
    return _YEAR.fullmatch(f"from {text}") is not None


def _amount(text: str) -> Decimal | None:
    """1.234,50 and 1,234.50 alike; of a single mark, two digits behind it are cents."""
    digits = re.sub(r"['’]", "", text)
    whole, mark, cents = max(digits.rpartition(","), digits.rpartition("."), key=lambda parts: len(parts[0]))
    has_cents = mark and len(cents) in (1, 2)
    try:
        return Decimal(re.sub("[.,]", "", whole) + "." + cents if has_cents else re.sub("[.,]", "", digits))
    except InvalidOperation:
        return None


def _take_period(rest: _Rest, today: date) -> None:
    if found := periods.find(rest.text, today):
        rest.cut(found.start, found.end)
        rest.filters = replace(rest.filters, since=found.since, until=found.until)


def _take_vendor(rest: _Rest, *, anywhere: bool) -> None:
    if found := mentions.find(rest.text, anywhere=anywhere):
        rest.filters = replace(rest.filters, vendor=found.said)
        rest.cut(found.start, found.end)


def _content(text: str) -> str:
    """Without words that say nothing by themselves at either end."""
    words = text.split()
    while words and _is_idle(words[0]):
        words.pop(0)
    while words and _is_idle(words[-1]):
        words.pop()
    return " ".join(words)


def _is_idle(word: str, idle: frozenset[str] = _IDLE) -> bool:
    word = word.strip(".,;:?!").casefold()
    return not word or word in idle
