"""Experts for each source of texts, and a gate: P(y|x) is the sum over the sources of P(source|x) P(y|x,source).

So a complaint to an airline is judged as one of those, a sentence of a critic as one of those, and neither teaches what
to think of the other's words. Scores have three columns for each expert, and then one for each expert's gate.
"""

import numpy as np
from numpy.typing import NDArray

from analysis.sentiment.verdicts import LABELS

Floats = NDArray[np.float32]
Places = NDArray[np.int64]

WIDTH = len(LABELS) + 1  # columns of one expert

_OTHERS = 0.1  # what a text teaches the experts of other sources, beside its own
_GATE = 0.3  # what telling the sources counts beside telling the labels


def fits(columns: int) -> bool:
    """Whether scores can have so many columns."""
    return columns > 0 and columns % WIDTH == 0


def logits(scores: Floats) -> Floats:
    """(n, 3), the logarithms of the mixture's likelihoods, of scores (n x experts' `WIDTH`)."""
    said, gate = _parted(scores)
    together = _logarithms(said) + _logarithms(gate)[:, :, None]
    highest = together.max(axis=1, keepdims=True)
    return np.asarray(np.log(np.exp(together - highest).sum(axis=1)) + highest[:, 0], np.float32)


def shares(sources: Places, weights: Floats) -> Floats:
    """How much each text teaches each expert, and the gate in the last column (n x experts + 1).

    An expert's own texts weigh 1 in the mean, and to the gate all sources are as large as each other.
    """
    experts = int(sources.max()) + 1
    own = sources[:, None] == np.arange(experts)
    counts = own.sum(axis=0)
    means = (weights[:, None] * own).sum(axis=0) / counts
    taught = np.where(own, weights[:, None] / means, _OTHERS * weights[:, None])
    gate = _GATE * len(sources) / experts / counts[sources]
    return np.hstack([taught, gate[:, None]]).astype(np.float32)


def error(scores: Floats, truth: Floats, sources: Places, taught: Floats) -> Floats:
    """The gradient of the cross-entropies by the scores, where `truth` is n x 3 and `taught` is of `shares`."""
    said, gate = (np.exp(_logarithms(one)) for one in _parted(scores))
    said -= truth[:, None]
    gate[np.arange(len(truth)), sources] -= 1
    parts = [(said * taught[:, :-1, None]).reshape(len(truth), -1), gate * taught[:, -1:]]
    return np.asarray(np.hstack(parts) / len(truth), np.float32)


def joined(kept: Floats, new: Floats, common: tuple[int, int]) -> Floats:
    """The columns of two mixtures' scores as those of one, of numbers that scores are linear in (any x columns).

    `common` says which expert of each has the same source: of the kept mixture's that one is left out, and each gate's
    scores are taken relative to it.
    """
    parts = [_parted(kept), _parted(new)]
    gates = [gate - gate[:, [place]] for (_, gate), place in zip(parts, common, strict=True)]
    others = np.arange(gates[0].shape[1]) != common[0]
    labels = np.hstack([parts[0][0][:, others].reshape(len(kept), -1), parts[1][0].reshape(len(new), -1)])
    return np.hstack([labels, gates[0][:, others], gates[1]])


def _parted(scores: Floats) -> tuple[Floats, Floats]:
    experts = scores.shape[1] // WIDTH
    return scores[:, :-experts].reshape(len(scores), experts, -1), scores[:, -experts:]


def _logarithms(scores: Floats) -> Floats:
    """Of the softmax over the last axis."""
    lowered = scores - scores.max(axis=-1, keepdims=True)
    return np.asarray(lowered - np.log(np.exp(lowered).sum(axis=-1, keepdims=True)), np.float32)
