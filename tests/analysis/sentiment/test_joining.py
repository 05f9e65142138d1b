"""What a model learned stays beside what another learns: gates are compared by the source that both know."""

from dataclasses import replace

import numpy as np
import pytest

from analysis.sentiment import joining, mixture, training
from analysis.sentiment.model import Embedded, Model, Plain
from analysis.sentiment.network import GROUP, Network
from analysis.sentiment.verdicts import LABELS
from tests.analysis.sentiment.conftest import Letters


def softmax(scores):
    powers = np.exp(scores)
    return powers / powers.sum(axis=-1, keepdims=True)


def network(experts, seed, groups=2):
    dice = np.random.default_rng(seed)
    units, scores = groups * GROUP, experts * mixture.WIDTH
    shapes = ((5, groups), (5, units), (units,), (units + 3, scores), (scores,))
    return Network(*(dice.normal(size=shape).astype(np.float32) for shape in shapes))


def test_gates_are_compared_by_what_both_know():
    dice = np.random.default_rng(1)
    kept, new = (dice.normal(size=(4, experts * mixture.WIDTH)).astype(np.float32) for experts in (3, 2))
    scores = mixture.joined(kept, new, (1, 0))
    assert scores.shape == (4, 4 * mixture.WIDTH)
    odds = [np.exp(gate - gate[:, [place]]) for gate, place in ((kept[:, 9:], 1), (new[:, 6:], 0))]
    weights = np.hstack([odds[0][:, [0, 2]], odds[1]])
    weights /= weights.sum(axis=1, keepdims=True)
    said = softmax(np.hstack([kept[:, :3], kept[:, 6:9], new[:, :6]]).reshape(4, 4, 3))
    assert np.exp(mixture.logits(scores)) == pytest.approx((said * weights[:, :, None]).sum(axis=1), abs=1e-5)


def test_networks_side_by_side_score_as_each_alone():
    one, other = network(3, 1), network(2, 2, groups=4)
    dice = np.random.default_rng(3)
    states = [dice.normal(size=(count, 5)).astype(np.float32) for count in (1, 7, 4)]
    cues = dice.normal(size=(3, 3)).astype(np.float32)
    kept = joining.Kept(Plain(np.zeros((1, 12)), np.zeros(12)), Embedded(one, 0.4), (2, 1))
    found = kept.beside_embedded(Embedded(other, 0.3, 1.5))
    assert (found.share, found.temperature) == (0.3, 1.5)
    assert found.network.fits(3)
    assert kept.place == 3
    expected = mixture.joined(one.scores(states, cues), other.scores(states, cues), (2, 1))
    assert found.network.scores(states, cues) == pytest.approx(expected, abs=1e-3)


def collection(kind, words):
    return [(f"said of {kind} number {n}: {word}", label) for label, word in words.items() for n in range(120)]


FANS = {"positive": "sick", "neutral": "there", "negative": "dull"}
PATIENTS = {"positive": "dull", "neutral": "there", "negative": "sick"}


def test_what_was_learned_before_is_known_beside_what_is_learned_now(examples, tmp_path):
    before = training.train(collection("fans", FANS), examples)
    before.save(tmp_path)
    kept = Model.load(tmp_path)
    assert kept.common == before.common is not None
    both = training.train(collection("patients", PATIENTS), examples, kept=kept)
    assert both.common is not None
    texts = [f"said of {kind} number 900: sick" for kind in ("fans", "patients")]
    assert [LABELS[place] for place in both.likelihoods(texts).argmax(axis=1)] == ["positive", "negative"]


def test_networks_are_joined_in_training(examples, monkeypatch):
    monkeypatch.setattr("analysis.sentiment.network._FEWEST_STEPS", 10)
    embedder, rows = Letters(), collection("fans", FANS)[::3]
    asked = {"embed": embedder.states, "embedder": "letters-1"}
    kept = training.train(rows, examples[:150], **asked)
    both = training.train(rows, examples[:150], kept=kept, **asked)
    assert both.embedded.network.fits(10)
    assert len(both.embedded.network.inner_bias) == 2 * len(kept.embedded.network.inner_bias)


def test_models_without_a_common_expert_or_of_another_embedder_are_not_joined(examples, small):
    model = replace(small, embedded=Embedded(network(1, 1), 0.4), embedder="letters-1", common=0)
    assert joining.kept(None, 0, "") is None
    assert joining.kept(model, None, "letters-1") is None
    assert joining.kept(replace(model, common=None), 0, "letters-1") is None
    assert joining.kept(model, 0, "letters-1").embedded is not None
    assert joining.kept(model, 0, "letters-2").embedded is None
    odd = Network(*(np.zeros(shape, np.float32) for shape in ((5, 2), (5, 6), (6,), (9, 4), (4,))))
    assert joining.kept(replace(model, embedded=Embedded(odd, 0.4)), 0, "letters-1").embedded is None
    new = Embedded(network(1, 2), 0.4)
    assert joining.kept(model, 0, "letters-2").beside_embedded(new) is new


def test_base_is_named_only_where_there_is_one(small):
    assert small.common is None
