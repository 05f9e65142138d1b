"""Whose document it is: what the documents of one vendor have in common, whatever was read as its name."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from rapidfuzz import fuzz

from analysis.rules.languages import plain
from documents.pages import PageReading

NAMES = ("vendor", "insurer")
_IDS = ("vendor_tax_id", "iban")
_HEAD = 1 / 3  # of the first page
_MOST_TOKENS = 60
_ALIKE = 92  # of 100: names that OCR read twice
_FEW_TOKENS = 4  # fewer say nothing of whether two heads are alike
_HEAD_AT_LEAST = 0.4
_ENOUGH = 3.0
_OF_HEAD, _OF_FACT, _AGAINST = 3.5, 2.0, 1.0


@dataclass(frozen=True, slots=True)
class Identity:
    """What a document is known by: names read as the vendor's, ids by field, and the words of its head."""

    names: frozenset[str]
    ids: tuple[tuple[str, str], ...]
    head: frozenset[str]

    @classmethod
    def of(cls, values: Mapping[str, Any], pages: Sequence[PageReading]) -> "Identity":
        """By the values as they were read. A name that the buyer has, too, tells no vendor from another."""
        buyer = plain(str(values.get("buyer") or ""))
        names = frozenset(filter(None, (plain(str(values.get(name) or "")) for name in NAMES))) - {buyer}
        ids = tuple((name, plain(str(values[name]))) for name in _IDS if values.get(name))
        return cls(names, ids, _head(pages))

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Identity":
        return cls(frozenset(kept["names"]), tuple((a, b) for a, b in kept["ids"]), frozenset(kept["head"]))

    def as_json(self) -> dict[str, Any]:
        return {"names": sorted(self.names), "ids": [list(one) for one in self.ids], "head": sorted(self.head)}

    def also_named(self, names: Iterable[str]) -> "Identity":
        return replace(self, names=self.names | frozenset(filter(None, map(plain, names))))

    @property
    def label(self) -> str:
        """For people, in lists."""
        return next(iter(sorted(self.names)), "") or next((value for _, value in self.ids), "")

    def is_same(self, other: "Identity") -> bool:
        """Whether both are of one vendor.

        Name and ids speak for it, or against it, but may be misread for every vendor alike (as the buyer's); the heads
        of the pages must not contradict them, and alone convince only if they are nearly the same.
        """
        alike = _share(self._rest(other), other._rest(self))
        if alike is not None and alike < _HEAD_AT_LEAST:
            return False
        score = _OF_HEAD * (_HEAD_AT_LEAST if alike is None else alike)
        if self.names and other.names:
            score += _OF_FACT if _same_name(self.names, other.names) else -_AGAINST
        mine, theirs = dict(self.ids), dict(other.ids)
        if both := mine.keys() & theirs.keys():
            score += _OF_FACT if any(mine[name] == theirs[name] for name in both) else -_AGAINST
        return score >= _ENOUGH

    def _rest(self, other: "Identity") -> frozenset[str]:
        """The head without the names, which count by themselves."""
        return frozenset(token for token in self.head if not any(token in name for name in self.names | other.names))


def _same_name(some: Iterable[str], others: Iterable[str]) -> bool:
    return any(fuzz.ratio(a, b) >= _ALIKE for a in some for b in others)


def _share(some: frozenset[str], others: frozenset[str]) -> float | None:
    """How much of the shorter head is in the other one; None if one is too short to say."""
    fewer = min(len(some), len(others))
    return len(some & others) / fewer if fewer >= _FEW_TOKENS else None


def _head(pages: Sequence[PageReading]) -> frozenset[str]:
    """The words, without numbers, of the top of the first page."""
    page = next((page for page in pages if page.words), None)
    if page is None:
        return frozenset()
    top = [word.text for word in page.words if not page.height or (word.y0 + word.y1) / 2 < _HEAD * page.height]
    tokens = (plain(text) for text in top)
    return frozenset([one for one in tokens if len(one) >= 3 and one.isalpha()][:_MOST_TOKENS])
