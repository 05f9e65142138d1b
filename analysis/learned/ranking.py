"""Ranking: gradient-boosted trees that say how likely each candidate is the field's value.

LightGBM brings scikit-learn and SciPy along, a second of every start: it is imported by those who rank.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from analysis.learned.features import Matrix

_ROUNDS = 120
_PARAMETERS = {
    "objective": "binary", "learning_rate": 0.08, "num_leaves": 7, "min_data_in_leaf": 5, "lambda_l2": 1.0,
    "feature_fraction": 0.5, "bagging_fraction": 0.8, "bagging_freq": 1, "min_gain_to_split": 0.0,
    "extra_trees": True,  # splits at random places: of few documents the best places are mostly chance
    "deterministic": True, "force_row_wise": True, "num_threads": 1, "verbosity": -1,
}  # fmt: skip


class Ranker:
    """A trained ranker. Its text is LightGBM's own format; other text raises ValueError."""

    def __init__(self, text: str) -> None:
        import lightgbm

        self.text = text
        try:
            self._booster = lightgbm.Booster(model_str=text)
        except lightgbm.basic.LightGBMError as error:
            raise ValueError(str(error)) from error

    def scores(self, features: Matrix) -> npt.NDArray[np.float64]:
        """For each candidate a number from 0 to 1."""
        if not len(features):
            return np.zeros(0)
        return np.asarray(self._booster.predict(features, num_threads=1), dtype=np.float64)


def train(matrices: Sequence[Matrix], right: Sequence[npt.NDArray[np.bool_]], *, seed: int) -> Ranker:
    """From each document's candidates and which of them are right; each document weighs the same."""
    import lightgbm

    weights = np.concatenate([_weights(labels) for labels in right])
    data = lightgbm.Dataset(
        np.concatenate(matrices), np.concatenate(right).astype(float), weight=weights, free_raw_data=True
    )
    return Ranker(lightgbm.train(_PARAMETERS | {"seed": seed}, data, _ROUNDS).model_to_string())


def _weights(right: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """The right ones share one half of a document's weight, the wrong ones the other."""
    hits = max(int(right.sum()), 1)
    misses = max(len(right) - hits, 1)
    return np.where(right, 1.0 / hits, 4.0 / misses) * 3
