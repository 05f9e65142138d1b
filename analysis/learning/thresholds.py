"""How sure a value must be for nobody to look at it: thresholds that keep a promise, by a bound that needs no model.

For each field the values that people reviewed are ordered by confidence. Ever looser thresholds are tested in that
order (fixed-sequence testing) with Clopper and Pearson's exact bound, until one can't be shown to keep the promise.
The sequence is walked twice, once from the first threshold that could pass without a mistake, and once from where some
mistakes are forgiven, as many as so many values allow for. The doubt of 5 % that is left is shared among both and the
required fields of a document type.
Assumes that documents to come are like those that were reviewed; a blind sample watches whether that holds.
"""

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

DOUBT = 0.05  # how likely the bound may be wrong, for all fields of a type together
_WALKS, _FORGIVEN = 2, 3  # mistakes among the first values of the second walk, at most
_STEP = 1.1  # each threshold tested lets in a tenth more values than the one before

Thresholds = dict[str, dict[str, float]]


@dataclass(frozen=True, slots=True)
class Seen:
    """A value that was found and then reviewed."""

    document: str
    document_type: str
    field: str
    confidence: float
    right: bool


def choose(seen: Iterable[Seen], required: Mapping[str, Sequence[str]], *, precision: float) -> Thresholds:
    """{document type: {field: confidence}} for the types whose required fields can all keep the promise.

    `precision` in (0, 1): the share of values at or above the threshold that are right.
    """
    values: dict[tuple[str, str], list[Seen]] = {}
    for one in seen:
        values.setdefault((one.document_type, one.field), []).append(one)
    chosen: Thresholds = {}
    for document_type, names in required.items():
        found = {name: _loosest(values.get((document_type, name), []), precision, len(names)) for name in names}
        if found and None not in found.values():
            chosen[document_type] = {name: value for name, value in found.items() if value is not None}
    return chosen


@lru_cache(maxsize=1_000)
def needed(precision: float, fields: int, forgiven: int = 0) -> int:
    """How many reviewed documents of a type it takes at least, with so many mistakes among them."""
    doubt = _doubt(fields)
    return next(count for count in itertools.count(forgiven + 1) if keeps(forgiven, count, precision, doubt))


def keeps(wrong: int, count: int, precision: float, doubt: float) -> bool:
    """Whether so few mistakes would be rarer than `doubt` if the promise weren't kept."""
    return _at_most(wrong, count, 1 - precision) <= doubt


def _doubt(fields: int) -> float:
    return DOUBT / fields / _WALKS


def coverage(seen: Iterable[Seen], thresholds: Thresholds) -> tuple[float, float]:
    """The share of documents that would be approved, and of right values among those; (0, 1) if there is none."""
    documents: dict[tuple[str, str], dict[str, Seen]] = {}
    for one in seen:
        documents.setdefault((one.document_type, one.document), {})[one.field] = one
    approved = [
        found
        for (document_type, _), found in documents.items()
        if (wanted := thresholds.get(document_type))
        and all(name in found and found[name].confidence >= least for name, least in wanted.items())
    ]
    values = [found[name].right for found in approved for name in thresholds[next(iter(found.values())).document_type]]
    share = len(approved) / len(documents) if documents else 0.0
    return share, sum(values) / len(values) if values else 1.0


def _loosest(values: Sequence[Seen], precision: float, fields: int) -> float | None:
    """The loosest threshold that keeps the promise; None if none can be shown to."""
    steps = list(_steps(values))
    starts = needed(precision, fields), needed(precision, fields, _forgiven(len(values), precision, fields))
    walks = [_walk(steps, precision, fields, start) for start in starts]
    return min((found for found in walks if found is not None), default=None)


def _forgiven(count: int, precision: float, fields: int) -> int:
    """By their number alone, never by what became of them."""
    able = (wrong for wrong in range(_FORGIVEN, 1, -1) if needed(precision, fields, wrong) <= count)
    return next(able, 1)


def _steps(values: Sequence[Seen]) -> Iterator[tuple[float, int, int]]:
    """(threshold, values that it lets in, mistakes among them), the strictest first. Equally sure ones go together."""
    count = wrong = 0
    ordered = sorted(values, key=lambda one: -one.confidence)
    for confidence, same in itertools.groupby(ordered, key=lambda one: one.confidence):
        outcomes = [one.right for one in same]
        count, wrong = count + len(outcomes), wrong + outcomes.count(False)
        yield confidence, count, wrong


def _walk(steps: Sequence[tuple[float, int, int]], precision: float, fields: int, start: int) -> float | None:
    best, tested = None, 0.0
    for confidence, count, wrong in steps:
        if count < max(start, tested):
            continue
        if not keeps(wrong, count, precision, _doubt(fields)):
            break
        best, tested = confidence, count * _STEP
    return best


def _at_most(wrong: int, count: int, share: float) -> float:
    """The likelihood of at most `wrong` of `count` if each is wrong with the likelihood `share`."""
    return math.fsum(
        math.exp(
            math.lgamma(count + 1)
            - math.lgamma(k + 1)
            - math.lgamma(count - k + 1)
            + k * math.log(share)
            + (count - k) * math.log1p(-share)
        )
        for k in range(wrong + 1)
    )
