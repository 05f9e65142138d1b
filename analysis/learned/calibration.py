"""Calibration: scores become probabilities that hold, by what became of them on documents not trained on."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_STEPS = 50
_LEAST = 1e-6
_PRIOR, _STRENGTH = np.array([1.0, 0.0]), 0.1  # scores are likelihoods until documents say otherwise


@dataclass(frozen=True, slots=True)
class Calibrator:
    """Platt's sigmoid over the score's log odds: 1 / (1 + exp(-(slope * logit(score) + shift)))."""

    slope: float = 1.0
    shift: float = 0.0

    def __call__(self, score: float) -> float:
        return 1 / (1 + math.exp(-max(min(self.slope * _logit(score) + self.shift, 30), -30)))

    @classmethod
    def fit(cls, scores: Sequence[float], right: Sequence[bool]) -> "Calibrator":
        """By maximum likelihood on Platt's softened targets, so that few documents never make a certainty."""
        if not scores:
            return cls()
        positives = sum(right)
        high, low = (positives + 1) / (positives + 2), 1 / (len(right) - positives + 2)
        x = np.column_stack([[_logit(score) for score in scores], np.ones(len(scores))])
        y = np.where(np.asarray(right), high, low)
        slope, shift = _newton(x, y)
        # A falling curve says only that the scores mean nothing here.
        return cls(slope, shift) if slope > 0 else cls(0.0, _logit((positives + 1) / (len(right) + 2)))


def _newton(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Slope and shift; steps that don't help are halved."""
    weights = _PRIOR
    for _ in range(_STEPS):
        p = 1 / (1 + np.exp(-x @ weights))
        gradient = x.T @ (p - y) + _STRENGTH * (weights - _PRIOR)
        curvature = (x.T * (p * (1 - p))) @ x + _STRENGTH * np.eye(2)
        step = np.linalg.solve(curvature, gradient)
        while _loss(x, y, weights - step) > _loss(x, y, weights) and np.abs(step).max() > _LEAST:
            step = step / 2
        weights = weights - step
        if np.abs(step).max() < _LEAST:
            break
    return float(weights[0]), float(weights[1])


def _loss(x: np.ndarray, y: np.ndarray, weights: np.ndarray) -> float:
    odds, away = x @ weights, weights - _PRIOR
    return float((np.logaddexp(0, odds) - y * odds).sum() + _STRENGTH / 2 * away @ away)


def _logit(p: float) -> float:
    p = min(max(p, _LEAST), 1 - _LEAST)
    return math.log(p / (1 - p))
