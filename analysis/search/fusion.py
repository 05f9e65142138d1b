"""One order of what was found by words and by meaning."""

from collections.abc import Mapping
from dataclasses import dataclass

WEIGHT = 0.6  # of the meaning; the words have the rest. By questions of XQuAD and CISI, half of them
_SPREAD = 0.02  # of cosines, below which the order of meanings says nothing


@dataclass(frozen=True, slots=True)
class Fused:
    """A passage with its score in [0, 1], its BM25 and its cosine."""

    number: int
    score: float
    lexical: float
    dense: float


def fuse(lexical: Mapping[int, float], dense: Mapping[int, float], *, known: float = 1.0) -> list[Fused]:
    """All passages of both, the best first: each kind of score spread over [0, 1], then summed with its weight.

    `known` is how much of the question's words the passages know: the less, the less their words say.
    BM25 begins at 0. Cosines don't: theirs begins at the least, and a passage without a vector has that.
    """
    weight = 1 - (1 - WEIGHT) * known
    most = max(lexical.values(), default=0.0)
    least, best = min(dense.values(), default=0.0), max(dense.values(), default=0.0)
    if not dense:
        weight = 0.0
    elif not lexical:
        weight = 1.0
    fused = []
    for number in lexical.keys() | dense.keys():
        words, meaning = lexical.get(number, 0.0), dense.get(number, least)
        score = (1 - weight) * _share(words, 0.0, most) + weight * _share(meaning, least, max(best, least + _SPREAD))
        fused.append(Fused(number, score, words, dense.get(number, 0.0)))
    return sorted(fused, key=lambda one: (-one.score, one.number))


def _share(value: float, least: float, most: float) -> float:
    return max(value - least, 0.0) / (most - least) if most > least else 0.0
