"""How good verdicts are."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import f1_score

from analysis.sentiment.model import Floats
from analysis.sentiment.verdicts import LABELS

_BINS = 10


@dataclass(frozen=True, slots=True)
class Quality:
    """`macro_f1` is the mean of the labels' F1; `calibration_error` the expected one over ten bins of confidence."""

    texts: int
    accuracy: float
    macro_f1: float
    f1: dict[str, float]
    calibration_error: float


def quality(likelihoods: Floats, truth: NDArray[np.int64]) -> Quality:
    """`likelihoods` (n x 3) against the places of the true labels in LABELS (n)."""
    guessed, sure = likelihoods.argmax(axis=1), likelihoods.max(axis=1)
    each = f1_score(truth, guessed, labels=range(len(LABELS)), average=None, zero_division=0.0)
    right = guessed == truth
    f1 = {label: float(value) for label, value in zip(LABELS, each, strict=True)}
    return Quality(len(truth), float(right.mean()), float(np.mean(each)), f1, _calibration_error(sure, right))


def _calibration_error(sure: Floats, right: NDArray[np.bool_]) -> float:
    bins = np.minimum((sure * _BINS).astype(int), _BINS - 1)
    gaps = [(bins == one).mean() * abs(right[bins == one].mean() - sure[bins == one].mean()) for one in np.unique(bins)]
    return float(np.sum(gaps))
