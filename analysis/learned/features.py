"""Features: what speaks for or against a candidate, as numbers. Their order is part of a saved model."""

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from analysis.learned.candidates import Candidate, Document, Kind
from analysis.rules import addresses
from analysis.rules.labels import Label
from analysis.rules.languages import WORDS, pattern_of, plain
from analysis.rules.layout import overlap
from analysis.rules.names import is_name

VERSION = 1  # to be raised when a feature changes: models of another version are not loaded

_LABELS = (
    *("allowance", "amount_due", "bank", "buyer", "buyer_tax_id", "carried", "cash", "change", "charge", "count"),
    *("date", "due_date", "iban", "invoice_number", "line_total", "other_date", "other_number", "prepaid", "rounding"),
    *("ship_to", "subtotal", "tax", "tax_number", "tax_summary", "total", "vendor", "vendor_tax_id"),
)
_RULE_FIELDS = (
    *("total", "subtotal", "tax", "amount_due", "prepaid", "date", "due_date", "invoice_number"),
    *("vendor", "buyer", "address", "buyer_address"),
)
_NOISE = pattern_of(WORDS["noise"])
_FAR = 99.0  # a label that isn't there
_LOOK_UP = 4  # rows above a candidate in which a column's title may stand

Matrix = npt.NDArray[np.float64]


def matrix(document: Document, candidates: Sequence[Candidate], kind: Kind) -> Matrix:
    """One row of features for each candidate."""
    if not candidates:
        return np.zeros((0, 0))
    shared = _Shared(document, candidates)
    extra = _EXTRAS[kind]
    rows = [[*_common(shared, candidate), *extra(shared, candidate)] for candidate in candidates]
    return np.array(rows, dtype=np.float64)


class _Shared:
    """What all candidates of a document are compared with."""

    def __init__(self, document: Document, candidates: Sequence[Candidate]) -> None:
        self.sheet, self.rules, self.blocks = document.sheet, document.rules, document.blocks
        self.values = [candidate.value for candidate in candidates]
        self.counts = Counter(self.values)
        self.order = {value: rank for rank, value in enumerate(sorted(set(self.values), key=_size, reverse=True))}
        self.heights = float(np.median([row.height for row in self.sheet.rows] or [1.0])) or 1.0
        self.text = plain(self.sheet.text)
        domains = re.findall(r"(?:@|www\.|https?://)([\w-]{4,})(?=\.[a-z]{2,})", self.sheet.text.casefold())
        self.domains = {plain(name) for name in domains}
        self.picked = {name: plain(str(found.value)) for name, found in self.rules.fields.items()}
        self.numbers = {float(value) for value in self.values if _is_decimal(value)}
        self.place = {id(line.row): (n, i) for n, b in enumerate(self.blocks) for i, line in enumerate(b.lines)}
        self.seen: Counter[str] = Counter()


def _common(shared: _Shared, candidate: Candidate) -> Iterator[float]:
    """Where it stands, what labels stand beside and above it, and whether the rules would take it."""
    row, sheet = candidate.row, shared.sheet
    index, (width, height) = sheet.index(row), row.page_size
    box = candidate.box or row.span_box(candidate.start, candidate.end)
    yield from (index, index / len(sheet.rows), len(sheet.rows) - index, row.page)
    yield from (box.x0 / width, box.x1 / width, box.y0 / height, row.height / shared.heights)
    yield from (row.span_confidence(candidate.start, candidate.end), len(candidate.value), index in sheet.table_rows)
    yield from (shared.counts[candidate.value], shared.order[candidate.value], len(shared.order))
    yield float(shared.seen[candidate.value])
    shared.seen[candidate.value] += 1
    yield from (candidate.start == 0, candidate.end >= len(row.text.rstrip()), row.text.count("\t"))
    yield from _picks(shared, candidate)
    yield from _labels(shared, candidate, index)


def _picks(shared: _Shared, candidate: Candidate) -> Iterator[float]:
    own = plain(candidate.value)
    for name in _RULE_FIELDS:
        taken = shared.picked.get(name) == own
        yield shared.rules.fields[name].confidence if taken else -1.0 * (name not in shared.picked)


def _labels(shared: _Shared, candidate: Candidate, index: int) -> Iterator[float]:
    """For each name how near a label of it stands to the left, and above; smaller is nearer."""
    left, above = dict.fromkeys(_LABELS, _FAR), dict.fromkeys(_LABELS, _FAR)
    labels = shared.sheet.labels
    for label in labels[index]:
        if label.end <= candidate.start + 1 and label.name in left:
            between = sum(other.start >= label.end and other.end <= candidate.start for other in labels[index])
            left[label.name] = min(left[label.name], 4.0 * between + 0.2 * label.rank + (not label.exact))
    box = candidate.row.span_box(candidate.start, candidate.end)
    for step, up in enumerate(range(index - 1, max(index - 1 - _LOOK_UP, -1), -1)):
        for label in labels[up]:
            if label.name in above and label.row.page == candidate.row.page and overlap(label.box, box) > 0:
                above[label.name] = min(above[label.name], 4.0 * step + 0.2 * label.rank + (not label.exact))
    yield from left.values()
    yield from above.values()
    yield float(_starts(labels[index], candidate))


def _starts(labels: Sequence[Label], candidate: Candidate) -> bool:
    """Whether the candidate is itself a label, or holds one."""
    return any(label.start < candidate.end and candidate.start < label.end for label in labels)


def _of_amount(shared: _Shared, candidate: Candidate) -> Iterator[float]:
    value, numbers = float(candidate.value), shared.numbers
    most = max(numbers)
    yield from (math.log1p(abs(value)), value < 0, value == 0, value / most if most > 0 else 0.0)
    yield float(_is_sum(value, numbers))
    yield float(
        any(abs(value + other - third) < 0.005 for other in numbers if other for third in _near(numbers, value))
    )
    yield float(any(_is(value / (1 + rate / 100), numbers) for rate in (5, 6, 7, 8, 10, 19, 20, 21, 25)))
    rest = candidate.row.text[candidate.end :]
    yield from (bool(re.search(r"\d", rest)), sum(map(str.isalpha, candidate.row.text)))
    yield float(bool(re.search(r"RM|[$€£]", candidate.row.text[max(candidate.start - 4, 0) : candidate.end + 4])))


def _near(numbers: set[float], value: float) -> list[float]:
    return [number for number in numbers if number > value > 0][:40]


def _is(value: float, numbers: set[float]) -> bool:
    return any(abs(value - number) < 0.011 for number in numbers)


def _is_sum(value: float, numbers: set[float]) -> bool:
    parts = [number for number in numbers if 0 < number < value][:60]
    return value > 0 and any(abs(a + b - value) < 0.005 for a in parts for b in parts if a <= b)


def _of_date(shared: _Shared, candidate: Candidate) -> Iterator[float]:
    text = candidate.row.text
    ordered = sorted(set(shared.values))
    yield from (ordered.index(candidate.value), candidate.value == ordered[-1], len(ordered))
    yield from (bool(re.search(r"\d\d?:\d\d", text)), len(text), int(candidate.value[:4]))
    yield from (candidate.start, bool(re.search(r"[^\W\d]", text[: candidate.start])))


def _of_text(shared: _Shared, candidate: Candidate) -> Iterator[float]:
    """What tells names, numbers and addresses from other text."""
    value, text = candidate.value, candidate.row.text
    letters, digits = sum(map(str.isalpha, value)), sum(map(str.isdigit, value))
    size, own = max(len(value), 1), plain(value)
    yield from (letters / size, digits / size, sum(map(str.isupper, value)) / size, len(value.split()))
    yield from (addresses.has_company_form(value), addresses.has_contact(text), addresses.has_postcode(value))
    yield from (addresses.has_street(value), bool(_NOISE.match(value)), is_name(value), ":" in value)
    yield from (shared.text.count(own) if len(own) > 2 else 0, any(name in own for name in shared.domains))
    yield from (_near_miss(own, shared.picked.get("vendor")), _near_miss(own, shared.picked.get("buyer")))
    block, line = shared.place.get(id(candidate.row), (-1, -1))
    yield from (block, line, _ROLES.get(shared.blocks[block].role if block >= 0 else None, 0.0))
    yield from _of_block(shared, block)
    yield from (bool(re.match(r"[A-Z]{2,}", value)), value.count("-") + value.count("/"))


def _of_block(shared: _Shared, block: int) -> Iterator[float]:
    text = shared.blocks[block].text if block >= 0 else ""
    yield from (addresses.has_postcode(text), addresses.has_contact(text), addresses.has_company_form(text))
    yield from (text.count("\n"), any(name in plain(text) for name in shared.domains))
    yield from (shared.picked.get(name, "\0") in plain(text) for name in ("vendor", "buyer"))


def _near_miss(own: str, picked: str | None) -> bool:
    return bool(picked) and own != picked and (own in str(picked) or str(picked) in own)


_ROLES: dict[Any, float] = {"vendor": 1.0, "buyer": 2.0, "ship_to": 3.0}
_EXTRAS = {"amount": _of_amount, "date": _of_date, "number": _of_text, "text": _of_text, "address": _of_text}


def _is_decimal(value: str) -> bool:
    return bool(re.fullmatch(r"-?\d+\.\d+", value))


@lru_cache(maxsize=10_000)
def _size(value: str) -> tuple[float, str]:
    return (float(value) if _is_decimal(value) else 0.0), value
