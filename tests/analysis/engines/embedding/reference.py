"""BERT in numpy, written down from its paper: 32 bits, one text at a time."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from scipy.special import erf


class Reference:
    """`words` gives the vectors of tokens, tokens x width."""

    def __init__(self, weights: Any, words: Callable[[Sequence[int]], Any]) -> None:
        self.weights, self.words = weights, words
        self.matrices: dict[str, Any] = {}

    def vector(self, ids):
        mean = self.states(ids, self.weights.layers).mean(axis=0)
        return mean / np.linalg.norm(mean)

    def states(self, ids, layers):
        places = self.weights.vector("emb.pos").reshape(-1, 384)[: len(ids)]
        states = self.normalised(self.words(ids) + places + self.weights.vector("emb.type")[:384], "emb.ln")
        for layer in range(layers):
            states = self.layer(states, f"l{layer}.")
        return states

    def layer(self, states, name):
        query, key, value = (
            self.product(states, name + part).reshape(-1, 12, 32).swapaxes(0, 1) for part in ("q", "k", "v")
        )
        scores = np.exp(query @ key.swapaxes(1, 2) / np.sqrt(32))
        mixed = (scores / scores.sum(axis=2, keepdims=True)) @ value
        mixed = self.product(mixed.swapaxes(0, 1).reshape(-1, 384), name + "ao")
        states = self.normalised(states + mixed, name + "aln")
        grown = self.product(states, name + "fi")
        grown = grown * (1 + erf(grown / np.sqrt(2))) / 2
        return self.normalised(states + self.product(grown, name + "fo"), name + "oln")

    def product(self, states, name):
        if name not in self.matrices:
            self.matrices[name] = self.weights.matrix(name + ".w", states.shape[1])
        return states @ self.matrices[name].T + self.weights.vector(name + ".b")

    def normalised(self, states, name):
        centred = states - states.mean(axis=1, keepdims=True)
        scaled = centred / np.sqrt((centred**2).mean(axis=1, keepdims=True) + self.weights.epsilon)
        return scaled * self.weights.vector(name + ".w") + self.weights.vector(name + ".b")
