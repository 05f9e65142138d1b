"""BM25: what each word of a question adds to the passages that hold it, summed up, and the best of the sums."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.search.entries import Entries

# Robertson's parameters as Lucene has them.
_K1, _B = 1.2, 0.75
_SAMPLED = 16  # of so many values one is looked at to tell about where the best ones begin


@dataclass(frozen=True, slots=True)
class Sums:
    """Scores by passage: two arrays of one length, by number, ascending."""

    numbers: NDArray[np.int64]
    values: NDArray[np.float64]

    def best(self, count: int) -> list[int]:
        """The numbers of so many passages, the best first; of equals the one with the smaller number."""
        places = _above(self.values, count)
        order = np.lexsort((places, -self.values[places]))[:count]
        return list(self.numbers[places[order]].tolist())

    def of(self, numbers: Sequence[int]) -> dict[int, float]:
        """By number, of these passages those that have a score."""
        if not len(self.numbers):
            return {}
        wanted = np.asarray(numbers, np.int64)
        places = np.minimum(np.searchsorted(self.numbers, wanted), len(self.numbers) - 1)
        held = self.numbers[places] == wanted
        return dict(zip(wanted[held].tolist(), self.values[places[held]].tolist(), strict=True))


def sums(words: Sequence[Entries], chunks: int, average: float) -> Sums:
    """Of the lists of these words, among so many passages of so many words on average."""
    if not any(map(len, words)):
        return Sums(np.empty(0, np.int64), np.empty(0))
    numbers = np.concatenate([word.numbers for word in words])
    return _summed(numbers, np.concatenate([_values(word, chunks, average) for word in words]))


def idf(holding: int, chunks: int) -> float:
    """The weight of a word that so many of the passages hold."""
    return math.log1p((max(chunks - holding, 0) + 0.5) / (holding + 0.5))


def _values(word: Entries, chunks: int, average: float) -> NDArray[np.float32]:
    """What one word adds to the score of each of its passages; in place, for the lists of common words are long."""
    times = word.times.astype(np.float32)
    norm = word.lengths.astype(np.float32)
    norm *= np.float32(_K1 * _B / average)
    norm += np.float32(_K1 * (1 - _B))
    norm += times
    times *= np.float32(idf(len(word), chunks) * (_K1 + 1))
    times /= norm
    return times


def _summed(numbers: NDArray[np.int64], values: NDArray[np.float32]) -> Sums:
    """By number the sum of its values.

    Numbers are dense where a tenant has many passages: a sum by index is faster than sorting then.
    """
    low, high = int(numbers.min()), int(numbers.max())
    if high - low <= 8 * len(numbers) + 1_000_000:
        totals = _bincount(numbers - low, values)
        held = np.flatnonzero(totals > 0)
        return Sums(held + low, totals[held])
    each, group = np.unique(numbers, return_inverse=True)
    return Sums(each, _bincount(group, values))


def _bincount(places: NDArray[np.int64], values: NDArray[np.float32]) -> NDArray[np.float64]:
    return np.asarray(np.bincount(places, weights=values), np.float64)


def _above(values: NDArray[np.float64], count: int) -> NDArray[np.intp]:
    """Places of the best `count` values and of some more, so that few have to be sorted."""
    if len(values) > _SAMPLED * count:
        sample = values[::_SAMPLED]
        place = len(sample) - max(count // 4, 8)  # about four times as many as are wanted are above this one's value
        if place > 0:
            found = np.flatnonzero(values >= np.partition(sample, place)[place])
            if len(found) >= count:
                return found
    return np.arange(len(values))
