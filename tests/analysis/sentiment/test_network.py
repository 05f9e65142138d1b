"""The network over states: its gradients, its attention, and what it learns that a mean can't tell."""

import numpy as np
import pytest

from analysis.sentiment import network
from analysis.sentiment.network import Network


def texts(count, seed, *, longest=9):
    """States of texts of several lengths in which one token tells the label by a product of two of its numbers."""
    dice = np.random.default_rng(seed)
    truth = dice.integers(0, 3, count)
    states = []
    for label in truth:
        tokens = dice.normal(size=(dice.integers(3, longest), 6)).astype(np.float32)
        tokens[:, 0] = -2
        tokens[dice.integers(len(tokens)), :4] = (4, *np.eye(3)[label] * 3)
        states.append(tokens)
    return states, np.zeros((count, 2), np.float32), truth


def test_gradients_are_those_of_the_loss(monkeypatch):
    monkeypatch.setattr(network, "_UNSEEN_TOKENS", 0)
    monkeypatch.setattr(network, "_UNSEEN_UNITS", 0)
    states, cues, truth = texts(12, 1)
    weights = np.linspace(0.5, 2, 12).astype(np.float32)
    cues += np.linspace(0, 1, 12, dtype=np.float32)[:, None]
    learner = network._Learner(6, 2, 3, np.random.default_rng(2))
    learner._numbers = {name: one.astype(np.float64) for name, one in learner._numbers.items()}
    batch = network._Batch.of([one.astype(np.float64) for one in states])
    batch = network._Batch(batch.tokens.astype(np.float64), batch.begins, batch.counts)

    def loss():
        own = learner._numbers
        attention = batch.attention(own["queries"])
        pooled = network._pooled(batch.tokens @ own["inner"] + own["inner_bias"], attention, batch)
        logits = (np.hstack([pooled, cues]) @ own["outer"] + own["outer_bias"]).astype(np.float64)
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        right = (powers / powers.sum(axis=1, keepdims=True))[np.arange(12), truth]
        return -(weights * np.log(right)).mean()

    gradients = learner._gradients(batch, cues, truth, weights)
    for name, gradient in gradients.items():
        place = np.unravel_index(np.abs(gradient).argmax(), gradient.shape)
        numbers = learner._numbers[name]
        kept, losses = numbers[place], []
        for step in (1e-2, -1e-2):
            numbers[place] = kept + step
            losses.append(loss())
        numbers[place] = kept
        assert gradient[place] == pytest.approx((losses[0] - losses[1]) / 2e-2, rel=0.05), name


def test_it_finds_the_token_that_tells_in_texts_that_it_never_saw():
    states, cues, truth = texts(1_200, 3)
    fitted = network.fitted(states, cues, truth, np.ones(len(truth), np.float32))
    unseen, none, answers = texts(300, 4, longest=30)
    assert (fitted.logits(unseen, none).argmax(axis=1) == answers).mean() > 0.9
    again = network.fitted(states, cues, truth, np.ones(len(truth), np.float32))
    assert np.array_equal(again.inner, fitted.inner)
    alone = np.concatenate([fitted.logits([one], none[:1]) for one in unseen[:20]])
    assert np.allclose(alone, fitted.logits(unseen, none)[:20], atol=1e-3)


def test_numbers_that_do_not_belong_together_are_told():
    good = [np.zeros(shape, np.float32) for shape in ((6, 2), (6, 8), (8,), (10, 3), (3,))]
    assert Network(*good).fits(2, 3)
    for place, shape in ((0, (6,)), (0, (5, 2)), (0, (6, 3)), (1, (6, 9)), (2, (1, 8)), (3, (8, 3)), (4, (2,))):
        odd = [np.zeros(shape, np.float32) if place == number else one for number, one in enumerate(good)]
        assert not Network(*odd).fits(2, 3)
