"""Trials of thresholds: chosen on two thirds of the issuers, measured on the rest, by field and by document."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from analysis.learning import thresholds
from analysis.learning.thresholds import Seen

PROMISES = (0.90, 0.95, 0.99)
_DOCUMENT, _AS_ONE = "document by its fields", "document as one"
_CHOSEN_ON = 2 / 3  # of the issuers


@dataclass(frozen=True, slots=True)
class Paper:
    """A document: the fields that its type requires, those that were found, and whether its checks found nothing."""

    id: str
    issuer: str
    document_type: str
    required: Sequence[str]
    seen: Mapping[str, Seen]
    clean: bool

    @property
    def as_one(self) -> Seen | None:
        """The document as a value: as sure as its least sure field, right if all are. None if it can't be approved."""
        if not self.clean or len(self.seen) < len(self.required):
            return None
        values = self.seen.values()
        least = min(value.confidence for value in values)
        return Seen(self.id, self.document_type, _AS_ONE, least, all(value.right for value in values))


@dataclass(frozen=True, slots=True)
class Trials:
    """What came of a promise over all trials, for the values of a field or for documents.

    `found`: the share of trials in which thresholds could be shown to keep the promise; `needed`: the documents that it
    takes at least. `coverage`: of the other issuers' documents the share that was approved (none where no threshold was
    found); `precision`: of those the share that is right, None if there are none.
    """

    promise: float
    of: str
    needed: int
    found: float
    coverage: float
    precision: float | None


def tried(papers: Sequence[Paper], promise: float, count: int) -> Iterator[Trials]:
    """The papers of the commonest type, split `count` times: each required field alone, then the documents."""
    types = [paper.document_type for paper in papers]
    kind = max(sorted(set(types)), key=types.count)
    same = [paper for paper in papers if paper.document_type == kind]
    required = same[0].required
    splits = [_split(same, number) for number in range(count)]
    for name in required:
        trials = [_of_values(a, b, promise, kind, name) for a, b in splits]
        yield _together(promise, name, thresholds.needed(promise, 1), trials)
    by_fields = [_of_documents(a, b, promise, kind, required) for a, b in splits]
    yield _together(promise, _DOCUMENT, thresholds.needed(promise, len(required)), by_fields)
    as_one = [_of_values(a, b, promise, kind, _AS_ONE) for a, b in splits]
    yield _together(promise, _AS_ONE, thresholds.needed(promise, 1), as_one)


def _split(papers: Sequence[Paper], number: int) -> tuple[list[Paper], list[Paper]]:
    issuers = sorted({paper.issuer for paper in papers})
    random.Random(number).shuffle(issuers)  # noqa: S311 - nothing secret
    chosen_on = set(issuers[: round(_CHOSEN_ON * len(issuers))])
    return [p for p in papers if p.issuer in chosen_on], [p for p in papers if p.issuer not in chosen_on]


_Trial = tuple[bool, int, int, int]  # whether a threshold was found, approved ones, right ones of those, all


def _of_values(chosen_on: list[Paper], others: list[Paper], promise: float, kind: str, name: str) -> _Trial:
    limits = thresholds.choose(_values(chosen_on, name), {kind: [name]}, precision=promise)
    least = limits.get(kind, {}).get(name)
    passed = [one for one in _values(others, name) if least is not None and one.confidence >= least]
    return least is not None, len(passed), sum(one.right for one in passed), len(others)


def _values(papers: Sequence[Paper], name: str) -> list[Seen]:
    found = (paper.as_one if name == _AS_ONE else paper.seen.get(name) for paper in papers)
    return [one for one in found if one is not None]


def _of_documents(
    chosen_on: list[Paper], others: list[Paper], promise: float, kind: str, required: Sequence[str]
) -> _Trial:
    """As the product decides: each required field as sure as its own threshold, and nothing found by the checks."""
    seen = [one for paper in chosen_on for one in paper.seen.values()]
    limits = thresholds.choose(seen, {kind: required}, precision=promise).get(kind)
    if limits is None:
        return False, 0, 0, len(others)
    passed = [
        paper
        for paper in others
        if paper.clean
        and all(name in paper.seen and paper.seen[name].confidence >= least for name, least in limits.items())
    ]
    return True, len(passed), sum(all(one.right for one in paper.seen.values()) for paper in passed), len(others)


def _together(promise: float, of: str, needed: int, trials: Sequence[_Trial]) -> Trials:
    found, approved, right, total = (sum(column) for column in zip(*trials, strict=True))
    precision = right / approved if approved else None
    return Trials(promise, of, needed, found / len(trials), approved / total if total else 0.0, precision)
