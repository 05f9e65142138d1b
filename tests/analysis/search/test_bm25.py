"""BM25 against the formula, sum by sum, and the best against a sort of all."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.search import bm25, entries
from analysis.search.bm25 import Sums


def by_the_formula(words, chunks, average):
    totals = {}
    for word in words:
        weight = math.log(1 + (chunks - len(word) + 0.5) / (len(word) + 0.5))
        for number, times, length in zip(word.numbers, word.times, word.lengths, strict=True):
            share = int(times) * 2.2 / (int(times) + 1.2 * (0.25 + 0.75 * int(length) / average))
            totals[int(number)] = totals.get(int(number), 0.0) + weight * share
    return totals


@pytest.mark.parametrize("apart", [1, 10_000_000])  # numbers that are dense, and far apart
def test_sums_are_those_of_the_formula(apart):
    words = [
        entries.of([3 * apart, 5 * apart, 9 * apart], [1, 3, 2], [30, 31, 400]),
        entries.of([5 * apart, 8 * apart], [2, 1], [31, 12]),
    ]
    sums = bm25.sums(words, 1_000, 33.0)
    expected = by_the_formula(words, 1_000, 33.0)
    assert sums.numbers.tolist() == sorted(expected)
    assert sums.of([5 * apart, 3 * apart, 4, 99 * apart]) == pytest.approx(
        {number: expected[number] for number in (5 * apart, 3 * apart)}
    )
    assert sums.best(10) == sorted(expected, key=lambda number: -expected[number])


def test_of_no_words_there_are_no_sums():
    sums = bm25.sums([], 10, 5.0)
    assert (sums.best(3), sums.of([1, 2])) == ([], {})
    assert bm25.sums([entries.of([], [], [])], 10, 5.0).best(1) == []


@given(st.integers(0, 3_000), st.integers(1, 60), st.integers(1, 40), st.integers(0, 2**32))
def test_the_best_are_those_of_a_sort_of_all(length, count, kinds, seed):
    random = np.random.default_rng(seed)
    values = random.integers(1, kinds + 1, length).astype(float)  # many are equal
    numbers = np.arange(length, dtype=np.int64) * 7 + 3
    expected = sorted(zip(-values, numbers, strict=True))[:count]
    assert Sums(numbers, values).best(count) == [number for _, number in expected]
