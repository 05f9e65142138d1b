"""Trees as matrices: they say what LightGBM says, and come back from their file as they were."""

import lightgbm
import numpy as np
import pytest

from analysis.reading.trees import Trees


@pytest.fixture(scope="module")
def rows():
    return np.random.default_rng(7).normal(size=(400, 5))


@pytest.fixture(scope="module")
def booster(rows):
    right = (rows[:, 0] * rows[:, 1] > 0.2) | (rows[:, 4] > 1)
    parameters = {"objective": "binary", "num_leaves": 7, "min_data_in_leaf": 5, "verbosity": -1, "num_threads": 1}
    return lightgbm.train(parameters, lightgbm.Dataset(rows, right.astype(float)), 12)


def test_they_say_what_lightgbm_says(rows, booster):
    trees = Trees.of(booster.dump_model()["tree_info"])
    assert np.allclose(trees.likelihoods(rows), booster.predict(rows), atol=1e-5)


def test_trees_without_any_split_give_their_value(rows):
    data = lightgbm.Dataset(rows[:20], np.arange(20) % 2.0)
    booster = lightgbm.train({"objective": "binary", "min_data_in_leaf": 50, "verbosity": -1}, data, 2)
    trees = Trees.of(booster.dump_model()["tree_info"])
    assert np.allclose(trees.likelihoods(rows), booster.predict(rows))


def test_they_come_back_from_their_file_as_they_were(tmp_path, rows, booster):
    trees = Trees.of(booster.dump_model()["tree_info"])
    trees.save(tmp_path / "one.npz")
    trees.save(tmp_path / "two.npz")
    assert np.array_equal(Trees.load(tmp_path / "one.npz").likelihoods(rows), trees.likelihoods(rows))
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()


def test_a_file_of_something_else_is_refused(tmp_path):
    (tmp_path / "a.npz").write_bytes(b"no trees")
    with pytest.raises(ValueError, match="pickle"):
        Trees.load(tmp_path / "a.npz")
