"""Which texts are judged by an expert of their own: those of collections with enough of each label."""

import numpy as np
from numpy.typing import NDArray

from analysis.sentiment.network import Places
from analysis.sentiment.verdicts import LABELS

_FEWEST = 10  # texts of each label: people's few corrections must be found by a gate, or nothing comes of them


def sources(groups: NDArray[np.str_], truth: Places) -> Places:
    """Of each text (n) its source, from 0 on; collections that are too small are one together, or the largest one's."""
    _, places, counts = np.unique(groups, return_inverse=True, return_counts=True)
    large = [place for place in np.argsort(-counts) if _enough(truth[places == place])]
    rest = ~np.isin(places, large)
    found = np.zeros(len(groups), np.int64)
    for number, place in enumerate(large):
        found[places == place] = number
    if rest.any() and _enough(truth[rest]):
        found[rest] = len(large)
    return found


def _enough(truth: Places) -> bool:
    return bool(np.bincount(truth, minlength=len(LABELS)).min() >= _FEWEST)
