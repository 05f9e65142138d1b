"""Terms that drive a class: said more often in its texts than in the others, by more than chance."""

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

from analysis.sentiment.texts import legible

_WORD = re.compile(r"[^\W\d_][\w'’]*")
_MENTION = re.compile(r"@\w+")  # who was spoken to drives nothing
_SHORTEST = 3  # letters; shorter words are seldom about anything
_SURE = 1.64  # standard deviations: one-sided, 95 %
_FEWEST = 2  # texts with the term


def drivers(
    texts: Sequence[str], labels: Sequence[str], limit: int, label: str = "negative"
) -> list[tuple[str, float, int]]:
    """(term, weight, count) of at most `limit` words and pairs of words, the weightiest first.

    The weight is the log-odds of a term in texts of `label` against the other ones, in standard deviations, smoothed
    by how often it occurs in all (Monroe et al. 2008); the count is of texts of `label` with it. Without texts of
    another label there is nothing to tell them from: then there are no terms.
    """
    inside: Counter[str] = Counter()
    outside: Counter[str] = Counter()
    for text, given in zip(texts, labels, strict=True):
        (inside if given == label else outside).update(set(_terms(text)))
    totals = inside.total(), outside.total()
    found = ((term, count) for term, count in inside.items() if count >= _FEWEST)
    weights = {term: _weight((count, outside[term]), totals) for term, count in found}
    telling = (term for term, weight in weights.items() if weight >= _SURE)
    best = sorted(telling, key=lambda term: (-weights[term], term))
    return [(term, round(weights[term], 2), inside[term]) for term in _apart(best, limit)]


def _terms(text: str) -> Iterator[str]:
    said = _MENTION.sub("", legible(text))
    words = [word.lower() for word in _WORD.findall(said) if word.lower() != "http"]
    yield from (word for word in words if len(word) >= _SHORTEST)
    yield from (f"{one} {two}" for one, two in pairwise(words))


def _weight(counts: tuple[int, int], totals: tuple[int, int]) -> float:
    """`counts` are of a term inside and outside the class, `totals` of all terms."""
    (here, there), (inside, outside) = counts, totals
    if not outside:
        return 0.0
    prior = 10 * (here + there) / (inside + outside) + 0.01
    odds = math.log((here + prior) / (inside + 10 - here)) - math.log((there + prior) / (outside + 10 - there))
    return odds / math.sqrt(1 / (here + prior) + 1 / (there + prior))


def _apart(terms: Sequence[str], limit: int) -> list[str]:
    """The first `limit`, without a term that a weightier one holds, or is held by."""
    kept: list[str] = []
    for term in terms:
        if len(kept) == limit:
            break
        words = set(term.split())
        if not any(words <= set(other.split()) or words >= set(other.split()) for other in kept):
            kept.append(term)
    return kept
