"""What a batch says beyond its sums: the terms that drive a class, and the surest reviews of each."""

from collections.abc import Sequence
from dataclasses import dataclass

from analysis import sentiment
from analysis.models.reviews import Label, ReviewBatch, ReviewRow

SAMPLED = 6_000  # rows that are looked at, spread evenly over the file: enough for a term to show, quick for a page
_TERMS = 12
_EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Term:
    """`weight` is in standard deviations, `count` of the sampled reviews of the class that hold it."""

    words: str
    weight: float
    count: int


@dataclass(frozen=True, slots=True)
class Insights:
    """`sampled` rows were looked at; `examples` are the surest of each label, no text twice."""

    sampled: int
    terms: list[Term]
    examples: dict[str, list[ReviewRow]]


def insights(batch: ReviewBatch, label: Label = Label.NEGATIVE) -> Insights:
    """Of what was judged so far."""
    rows = _sample(batch)
    found = sentiment.drivers([row.text for row in rows], [row.label for row in rows], _TERMS, label)
    return Insights(len(rows), [Term(*one) for one in found], {one: _surest(rows, one) for one in Label})


def _sample(batch: ReviewBatch) -> list[ReviewRow]:
    rows = batch.rows or 0
    numbers = range(1, rows + 1, max(1, -(-rows // SAMPLED)))
    return list(ReviewRow.objects.filter(batch=batch, row__in=numbers).exclude(label=""))


def _surest(rows: Sequence[ReviewRow], label: str) -> list[ReviewRow]:
    ranked = sorted((row for row in rows if row.label == label), key=lambda row: (-(row.confidence or 0), row.row))
    by_text: dict[str, ReviewRow] = {}
    for row in ranked:
        if len(by_text) == _EXAMPLES:
            break
        by_text.setdefault(row.text, row)
    return list(by_text.values())
