"""The network over states: its gradients, its attention, and what it learns that a mean can't tell."""

import numpy as np
import pytest

from analysis.sentiment import mixture, network
from analysis.sentiment.network import Network
from tests.analysis.sentiment.test_mixture import losses


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
    of = np.arange(12) % 2
    lesson = network._Lesson(np.eye(3)[truth], of, mixture.shares(of, weights))
    learner = network._Learner(6, 2, 8, np.random.default_rng(2))
    learner._numbers = {name: one.astype(np.float64) for name, one in learner._numbers.items()}
    batch = network._Batch.of([one.astype(np.float64) for one in states])
    batch = network._Batch(batch.tokens.astype(np.float64), batch.begins, batch.counts)

    def loss():
        own = learner._numbers
        attention = batch.attention(own["queries"])
        pooled = network._pooled(batch.tokens @ own["inner"] + own["inner_bias"], attention, batch)
        scores = (np.hstack([pooled, cues]) @ own["outer"] + own["outer_bias"]).astype(np.float64)
        return losses(scores, lesson.truth, of, lesson.taught)

    gradients = learner._gradients(batch, cues, lesson)
    for name, gradient in gradients.items():
        place = np.unravel_index(np.abs(gradient).argmax(), gradient.shape)
        numbers = learner._numbers[name]
        kept, found = numbers[place], []
        for step in (1e-2, -1e-2):
            numbers[place] = kept + step
            found.append(loss())
        numbers[place] = kept
        assert gradient[place] == pytest.approx((found[0] - found[1]) / 2e-2, rel=0.05), name


def test_it_finds_the_token_that_tells_in_texts_that_it_never_saw():
    states, cues, truth = texts(1_200, 3)
    weights, of = np.ones(len(truth), np.float32), np.zeros(len(truth), np.int64)
    fitted = network.fitted(states, cues, np.eye(3)[truth], of, weights)
    unseen, none, answers = texts(300, 4, longest=30)
    assert (fitted.logits(unseen, none).argmax(axis=1) == answers).mean() > 0.9
    again = network.fitted(states, cues, np.eye(3)[truth], of, weights)
    assert np.array_equal(again.inner, fitted.inner)
    alone = np.concatenate([fitted.logits([one], none[:1]) for one in unseen[:20]])
    assert np.allclose(alone, fitted.logits(unseen, none)[:20], atol=1e-3)


def test_sources_in_which_the_same_means_the_opposite_are_told_apart():
    states, cues, truth = texts(1_600, 5)
    of = np.arange(len(truth)) % 2
    cues[:, 0] = of
    fitted = network.fitted(
        states, cues, np.eye(3)[np.where(of, 2 - truth, truth)], of, np.ones(len(truth), np.float32)
    )
    unseen, none, answers = texts(200, 6)
    assert (fitted.logits(unseen, none).argmax(axis=1) == answers).mean() > 0.9
    assert (fitted.logits(unseen, none + np.array([1, 0], np.float32)).argmax(axis=1) == 2 - answers).mean() > 0.9


def test_numbers_that_do_not_belong_together_are_told():
    good = [np.zeros(shape, np.float32) for shape in ((6, 2), (6, 8), (8,), (10, 4), (4,))]
    assert Network(*good).fits(2)
    for place, shape in (
        (0, (6,)),
        (0, (5, 2)),
        (0, (6, 3)),
        (1, (6, 9)),
        (2, (1, 8)),
        (3, (8, 4)),
        (4, (2,)),
        (4, (0,)),
    ):
        odd = [np.zeros(shape, np.float32) if place == number else one for number, one in enumerate(good)]
        assert not Network(*odd).fits(2)
