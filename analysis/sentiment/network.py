"""The head over an embedder's states: it attends to the tokens that tell the tone; its gradients are written by hand.

Each group of units has an attention of its own: what a group says of a text is the mean of what it says of the tokens,
weighed by that attention. Experts share what the groups say. An embedder that gives only a vector of each text gives a
text of one token.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.sentiment import mixture

Floats = NDArray[np.float32]
Places = NDArray[np.int64]
States = Sequence[NDArray[np.floating[Any]]]  # of each text: tokens x dimensions

_UNITS, _GROUPS = 128, 8
GROUP = _UNITS // _GROUPS  # units of a group
_EPOCHS, _BATCH = 4, 128
_FEWEST_STEPS = 600  # of batches, where there are few texts
_RATE, _WARMING = 1e-3, 50  # the highest one, after so many steps
_DECAY = 0.1
_UNSEEN_TOKENS, _UNSEEN_UNITS = 0.1, 0.2  # dropped while it learns
_MOMENTUM, _SCALE = 0.9, 0.99  # of Adam's means
_SAMPLE = 50_000  # tokens that the standardisation is taken of
_READ = 256  # texts at once


@dataclass(frozen=True, slots=True)
class Network:
    """`queries` (dimensions x groups), `inner` (dimensions x units), `outer` (units and cues x scores), and biases.

    What the scores are of is told in `mixture`.
    """

    queries: Floats
    inner: Floats
    inner_bias: Floats
    outer: Floats
    outer_bias: Floats

    def fits(self, cues: int) -> bool:
        """Whether its numbers belong together."""
        if self.queries.ndim != 2 or self.inner_bias.ndim != 1 or len(self.inner_bias) % self.queries.shape[1]:
            return False
        units, scores = len(self.inner_bias), self.outer_bias.size
        shapes = (self.inner.shape, self.outer.shape, self.outer_bias.shape)
        return mixture.fits(scores) and shapes == ((len(self.queries), units), (units + cues, scores), (scores,))

    def logits(self, states: States, cues: Floats) -> Floats:
        """(n, 3) of texts and their cues (n x cues)."""
        return mixture.logits(self.scores(states, cues))

    def scores(self, states: States, cues: Floats) -> Floats:
        """As `mixture` has them: (n, its columns)."""
        scores = np.empty((len(states), len(self.outer_bias)), np.float32)
        for begin in range(0, len(states), _READ):
            batch = _Batch.of(states[begin : begin + _READ])
            pooled = _pooled(batch.tokens @ self.inner + self.inner_bias, batch.attention(self.queries), batch)
            seen = np.hstack([pooled, cues[begin : begin + _READ]])
            scores[begin : begin + _READ] = seen @ self.outer + self.outer_bias
        return scores


@dataclass(frozen=True, slots=True)
class _Batch:
    """Texts' tokens one below the other, where each text begins, and how many tokens it has."""

    tokens: Floats
    begins: NDArray[np.int64]
    counts: NDArray[np.int64]

    @classmethod
    def of(cls, states: States) -> "_Batch":
        counts = np.array([len(one) for one in states], np.int64)
        tokens = np.concatenate(states).astype(np.float32, copy=False)
        return cls(tokens, np.cumsum(counts) - counts, counts)

    def attention(self, queries: Floats, hidden: NDArray[np.bool_] | None = None) -> Floats:
        """(tokens, groups); the sum over a text's tokens is 1."""
        scores = self.tokens @ queries
        if hidden is not None:
            scores[hidden] -= 1e4
        powers = np.exp(scores - self.spread(np.maximum.reduceat(scores, self.begins)))
        return np.asarray(powers / self.spread(self.summed(powers)), np.float32)

    def summed(self, rows: Floats) -> Floats:
        """Of tokens (tokens x any) to texts (n x any)."""
        return np.asarray(np.add.reduceat(rows, self.begins), np.float32)

    def spread(self, rows: Floats) -> Floats:
        """Of texts to their tokens."""
        return np.repeat(rows, self.counts, axis=0)


def _pooled(units: Floats, attention: Floats, batch: _Batch) -> Floats:
    """(n, units) of what units say of the tokens before they are cut off at zero, which happens in place."""
    np.maximum(units, 0, out=units)
    groups = attention.shape[1]
    weighed = units.reshape(len(units), groups, -1) * attention[:, :, None]
    return batch.summed(weighed.reshape(units.shape))


def fitted(states: States, cues: Floats, truth: Floats, sources: Places, weights: Floats) -> Network:
    """A network of texts (n), their cues (n x cues), their labels' likelihoods (n x 3) and weights; seeds are fixed.

    `sources` (n) says of each text which expert it is of, from 0 on.
    """
    mean, deviation = _standard(states)
    dice = np.random.default_rng(0)
    taught = mixture.shares(sources, weights)
    learner = _Learner(states[0].shape[1], cues.shape[1], (int(sources.max()) + 1) * mixture.WIDTH, dice)
    batches = list(_batches(len(states), dice))
    for number, places in enumerate(batches):
        batch = _Batch.of([states[place] for place in places.tolist()])
        batch = _Batch((batch.tokens - mean) / deviation, batch.begins, batch.counts)
        rate = _RATE * min(1, (number + 1) / _WARMING) * (1 - 0.95 * number / len(batches))
        learner.learn(batch, cues[places], _Lesson(truth[places], sources[places], taught[places]), rate)
    return learner.network(mean, deviation)


def _standard(states: States) -> tuple[Floats, Floats]:
    """Mean and deviation of the dimensions, of tokens that are spread over the texts."""
    each = max(1, sum(map(len, states)) // _SAMPLE)
    sample = np.concatenate([one[place % each :: each] for place, one in enumerate(states)]).astype(np.float32)
    return sample.mean(axis=0), sample.std(axis=0) + np.float32(1e-3)


def _batches(count: int, dice: np.random.Generator) -> Iterator[NDArray[np.int64]]:
    epochs = max(_EPOCHS, -(-_FEWEST_STEPS * min(_BATCH, count) // count))
    for _ in range(epochs):
        order = dice.permutation(count)
        yield from (order[begin : begin + _BATCH] for begin in range(0, count, _BATCH))


@dataclass(frozen=True, slots=True)
class _Lesson:
    """Of texts the likelihoods of their labels, their sources, and what they teach which expert."""

    truth: Floats
    sources: Places
    taught: Floats


class _Learner:
    """Adam with decay over a network's numbers."""

    def __init__(self, dimensions: int, cues: int, scores: int, dice: np.random.Generator) -> None:
        def drawn(rows: int, columns: int, spread: float) -> Floats:
            return np.asarray(dice.standard_normal((rows, columns)) * spread / np.sqrt(rows), np.float32)

        self._dice = dice
        self._numbers = {
            "queries": drawn(dimensions, _GROUPS, 0.1),
            "inner": drawn(dimensions, _UNITS, 1.0),
            "inner_bias": np.zeros(_UNITS, np.float32),
            "outer": drawn(_UNITS + cues, scores, 0.5),
            "outer_bias": np.zeros(scores, np.float32),
        }
        self._means = {name: (np.zeros_like(one), np.zeros_like(one)) for name, one in self._numbers.items()}
        self._steps = 0

    def learn(self, batch: _Batch, cues: Floats, lesson: _Lesson, rate: float) -> None:
        self._steps += 1
        for name, gradient in self._gradients(batch, cues, lesson).items():
            mean, scale = self._means[name]
            mean += (1 - _MOMENTUM) * (gradient - mean)
            scale += (1 - _SCALE) * (gradient**2 - scale)
            step = mean / (1 - _MOMENTUM**self._steps)
            step /= np.sqrt(scale / (1 - _SCALE**self._steps)) + 1e-8
            if not name.endswith("bias"):
                step += _DECAY * self._numbers[name]
            self._numbers[name] -= np.float32(rate) * step

    def network(self, mean: Floats, deviation: Floats) -> Network:
        """The standardisation of what it sees becomes part of its first layer; attention doesn't feel the mean."""
        numbers = dict(self._numbers)
        numbers["queries"] = numbers["queries"] / deviation[:, None]
        numbers["inner"] = numbers["inner"] / deviation[:, None]
        numbers["inner_bias"] = numbers["inner_bias"] - mean @ numbers["inner"]
        return Network(**numbers)

    def _gradients(self, batch: _Batch, cues: Floats, lesson: _Lesson) -> dict[str, Floats]:
        """Of the weighed cross-entropies, by the names of the numbers."""
        own, shape = self._numbers, (len(batch.tokens), _GROUPS, -1)
        attention = batch.attention(own["queries"], self._dice.random(len(batch.tokens)) < _UNSEEN_TOKENS)
        units = batch.tokens @ own["inner"] + own["inner_bias"]
        seen = np.hstack([_pooled(units, attention, batch), cues])
        stays = np.greater_equal(self._dice.random(seen.shape), _UNSEEN_UNITS)
        kept = stays.astype(np.float32) / np.float32(1 - _UNSEEN_UNITS)
        seen *= kept
        error = mixture.error(seen @ own["outer"] + own["outer_bias"], lesson.truth, lesson.sources, lesson.taught)
        pooled = batch.spread(((error @ own["outer"].T) * kept)[:, :_UNITS]).reshape(shape)
        attended = attention * (pooled * units.reshape(shape)).sum(axis=2)
        scores = attended - attention * batch.spread(batch.summed(attended))
        inner = (pooled * attention[:, :, None]).reshape(units.shape) * (units > 0)
        return {
            "queries": batch.tokens.T @ scores,
            "inner": batch.tokens.T @ inner,
            "inner_bias": inner.sum(axis=0),
            "outer": seen.T @ error,
            "outer_bias": error.sum(axis=0),
        }
