"""How many of the most or the latest a question asks for: "top 5 invoices", "the three largest", "last 4 receipts"."""

import re

from analysis.answers.computing import words

_COUNT = rf"(\d{{1,2}}|{'|'.join(words.NUMBERS)})"
_EXTREMES = [
    *words.AGGREGATES["maximum"], *words.AGGREGATES["minimum"], *words.ORDERS["latest"], *words.ORDERS["earliest"],
]  # fmt: skip
_EXTREME = f"(?:{'|'.join(map(re.escape, sorted(_EXTREMES, key=len, reverse=True)))})"
_KIND = f"(?:{'|'.join(re.escape(word) for group in words.KINDS.values() for word in group)})"
_TOP = re.compile(rf"(?<!\w)top\s+{_COUNT}(?!\w)", re.I)
_BEFORE = re.compile(rf"(?<!\w){_COUNT}\s+(?={_EXTREME}(?!\w))", re.I)
_BEHIND = re.compile(rf"(?<!\w)({_EXTREME})\s+{_COUNT}\s+(?={_KIND}(?!\w))", re.I)


def take(text: str) -> tuple[int, bool, str]:
    """The number, 1 if there is none; whether it is of the most, as "top" says; and the text without them."""
    if found := _TOP.search(text):
        return _number(found[1]), True, _TOP.sub(" ", text, count=1)
    if found := _BEFORE.search(text):
        return _number(found[1]), False, _BEFORE.sub("", text, count=1)
    if found := _BEHIND.search(text):
        return _number(found[2]), False, _BEHIND.sub(r"\1 ", text, count=1)
    return 1, False, text


def _number(text: str) -> int:
    return max(words.NUMBERS.get(text.lower()) or int(text), 1)
