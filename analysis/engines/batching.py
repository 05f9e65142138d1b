"""Texts of one length go through a model together, so that none is padded."""

from collections.abc import Iterator, Sequence
from itertools import groupby


def by_length(lengths: Sequence[int], at_once: int) -> Iterator[list[int]]:
    """The places of texts that have one length in tokens, together `at_once` tokens at most, but one text at least."""
    ordered = sorted(range(len(lengths)), key=lengths.__getitem__)
    for length, group in groupby(ordered, key=lengths.__getitem__):
        places, most = list(group), max(1, at_once // max(1, length))
        yield from (places[begin : begin + most] for begin in range(0, len(places), most))
