"""Experts and their gate: likelihoods, gradients, what a text teaches whom, and which collections get an expert."""

import numpy as np
import pytest

from analysis.sentiment import mixture
from analysis.sentiment.sources import sources


def softmax(scores):
    powers = np.exp(scores)
    return powers / powers.sum(axis=-1, keepdims=True)


def losses(scores, truth, of, taught):
    """Of each expert's labels, and of the gate, as `taught` weighs them, in the mean over the texts."""
    said, gate = softmax(scores[:, :6].reshape(-1, 2, 3)), softmax(scores[:, 6:])
    labels = -((np.log(said) * truth[:, None]).sum(axis=2) * taught[:, :2]).sum(axis=1)
    return (labels - np.log(gate[np.arange(len(of)), of]) * taught[:, 2]).mean()


def test_likelihoods_are_those_of_the_experts_by_their_gate():
    scores = np.random.default_rng(1).normal(size=(5, 8)).astype(np.float32) * 3
    said, gate = softmax(scores[:, :6].reshape(5, 2, 3)), softmax(scores[:, 6:])
    expected = gate[:, :1] * said[:, 0] + gate[:, 1:] * said[:, 1]
    assert np.exp(mixture.logits(scores)) == pytest.approx(expected, abs=1e-5)


def test_one_expert_is_as_if_there_were_no_gate():
    scores = np.array([[1, 2, 3, 50], [30, 0, -30, -50]], np.float32)
    assert softmax(mixture.logits(scores)) == pytest.approx(softmax(scores[:, :3]), abs=1e-5)


def test_errors_are_the_gradients_of_the_losses():
    dice = np.random.default_rng(2)
    scores, truth, of = dice.normal(size=(6, 8)), dice.dirichlet([1, 1, 1], 6), np.array([0, 0, 0, 0, 1, 1])
    taught = mixture.shares(of, np.linspace(0.5, 2, 6).astype(np.float32))
    found = mixture.error(scores, truth, of, taught)
    for place in np.ndindex(scores.shape):
        step = np.zeros_like(scores)
        step[place] = 1e-3
        slope = losses(scores + step, truth, of, taught) - losses(scores - step, truth, of, taught)
        assert found[place] == pytest.approx(slope / 2e-3, abs=1e-4)


def test_texts_teach_their_own_expert_most_and_sources_are_equal_to_the_gate():
    of, weights = np.array([0, 0, 0, 1]), np.array([1, 2, 3, 5], np.float32)
    taught = mixture.shares(of, weights)
    assert taught[:3, 0] == pytest.approx([0.5, 1, 1.5])
    assert taught[3, 1] == 1
    assert taught[:3, 1] == pytest.approx(0.1 * weights[:3])
    assert taught[:3, 2].sum() == pytest.approx(taught[3, 2])


def test_columns_of_no_expert_are_told():
    assert [columns for columns in range(13) if mixture.fits(columns)] == [4, 8, 12]


def collection(name, each):
    return [name] * 3 * each, [0, 1, 2] * each


def grouped(*parts):
    names = [name for part, _ in parts for name in part]
    truth = [place for _, part in parts for place in part]
    found = sources(np.array(names), np.array(truth))
    return {name: set(found[np.array(names) == name].tolist()) for name in names}


def test_small_collections_are_one_source_together():
    large, other = collection("posts", 30), collection("base", 20)
    assert grouped(large, other) == {"posts": {0}, "base": {1}}
    assert grouped(collection("films", 6), large, collection("tickets", 6)) == {
        "posts": {0}, "films": {1}, "tickets": {1},
    }  # fmt: skip


def test_too_few_texts_are_of_the_largest_source():
    assert grouped(collection("few", 4), collection("base", 20), collection("posts", 30))["few"] == {0}
    assert grouped(collection("few", 4)) == {"few": {0}}
    one_label = (["praise"] * 90, [0] * 90)
    assert grouped(one_label, collection("base", 20)) == {"praise": {0}, "base": {0}}
