"""Gradient-boosted trees as matrices: quick where LightGBM itself would cost the parser a second and memory."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Trees:
    """T trees of up to S splits and S + 1 leaves.

    `splits` (T, S): the feature that each asks for; `thresholds` (T, S): up to which its answer is 1, else -1.
    `paths` (T, S, L): the answers that lead to a leaf, 0 where it isn't asked. `depths` (T, L): how many are asked.
    `values` (T, L): what the leaf adds to the log-odds.
    """

    splits: NDArray[np.int16]
    thresholds: NDArray[np.float64]
    paths: Floats
    depths: Floats
    values: Floats

    def likelihoods(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """For each row of features (n, F) a number from 0 to 1."""
        answers = np.where(rows[:, self.splits] <= self.thresholds, np.float32(1), np.float32(-1))
        reached = np.matmul(answers.transpose(1, 0, 2), self.paths) == self.depths[:, None, :]
        odds = (reached * self.values[:, None, :]).sum(axis=(0, 2), dtype=np.float64)
        return np.asarray(1 / (1 + np.exp(-odds)))

    @classmethod
    def of(cls, dumped: list[dict[str, Any]]) -> "Trees":
        """From the `tree_info` of LightGBM's dump of a model whose features are all numbers."""
        leaves = max(tree["num_leaves"] for tree in dumped)
        shape = (len(dumped), leaves - 1)
        empty = cls(
            np.zeros(shape, np.int16), np.zeros(shape), np.zeros((*shape, leaves), np.float32),
            np.full((len(dumped), leaves), leaves, np.float32), np.zeros((len(dumped), leaves), np.float32),
        )  # fmt: skip
        for number, tree in enumerate(dumped):
            empty._grow(number, tree["tree_structure"], [])
        return empty

    def _grow(self, number: int, node: dict[str, Any], answers: list[tuple[int, int]]) -> None:
        if "leaf_value" in node:
            leaf = node.get("leaf_index", 0)
            self.values[number, leaf], self.depths[number, leaf] = node["leaf_value"], len(answers)
            for split, answer in answers:
                self.paths[number, split, leaf] = answer
            return
        split = node["split_index"]
        self.splits[number, split], self.thresholds[number, split] = node["split_feature"], node["threshold"]
        self._grow(number, node["left_child"], [*answers, (split, 1)])
        self._grow(number, node["right_child"], [*answers, (split, -1)])

    def save(self, path: Path) -> None:
        """As numbers alone, without pickles; equal trees give equal bytes."""
        np.savez_compressed(
            path, splits=self.splits, thresholds=self.thresholds, paths=self.paths.astype(np.int8),
            depths=self.depths.astype(np.int8), values=self.values,
        )  # fmt: skip

    @classmethod
    def load(cls, path: Path) -> "Trees":
        """What `save` wrote. Raises OSError, and ValueError if it is something else."""
        with np.load(path, allow_pickle=False) as kept:
            paths, depths = kept["paths"].astype(np.float32), kept["depths"].astype(np.float32)
            return cls(kept["splits"], kept["thresholds"], paths, depths, kept["values"])
