"""A model's experts beside those of another: what was learned of texts that are no longer at hand is kept.

Each model tells the sources of its texts apart by a gate, and knows one source that the other one knows, too: the
project's own texts. How much likelier than that one another source is says each gate of its own sources, and so those
of both are compared.
"""

from dataclasses import dataclass, replace

import numpy as np

from analysis.sentiment import mixture
from analysis.sentiment.mixture import WIDTH, Floats
from analysis.sentiment.model import Embedded, Model, Plain
from analysis.sentiment.network import GROUP, Network


@dataclass(frozen=True, slots=True)
class Kept:
    """`plain` and `embedded` are joined to new ones; `common` says which expert of each knows what both know.

    Of the common experts only the new one stays, for it may have learned more.
    """

    plain: Plain
    embedded: Embedded | None
    common: tuple[int, int]

    @property
    def place(self) -> int:
        """Of the common expert among all."""
        return self.plain.bias.size // WIDTH - 1 + self.common[1]

    def beside_plain(self, new: Plain) -> Plain:
        bias = self._joined(self.plain.bias[None], new.bias[None])[0]
        return replace(new, weights=self._joined(self.plain.weights, new.weights), bias=bias)

    def beside_embedded(self, new: Embedded) -> Embedded:
        """The units of both networks, whose groups are equally large."""
        if self.embedded is None:
            return new
        one, other = self.embedded.network, new.network
        first, second = len(one.inner_bias), len(other.inner_bias)
        outer = np.vstack([one.outer[:first], _zeros(second, one.outer), one.outer[first:]])
        network = Network(
            queries=np.hstack([one.queries, other.queries]),
            inner=np.hstack([one.inner, other.inner]),
            inner_bias=np.concatenate([one.inner_bias, other.inner_bias]),
            outer=self._joined(outer, np.vstack([_zeros(first, other.outer), other.outer])),
            outer_bias=self._joined(one.outer_bias[None], other.outer_bias[None])[0],
        )
        return replace(new, network=network)

    def _joined(self, one: Floats, other: Floats) -> Floats:
        return mixture.joined(one, other, self.common)


def kept(model: Model | None, common: int | None, embedder: str) -> Kept | None:
    """What of the model can be joined to one whose expert `common` has the project's own texts.

    Without its network where that knows the states of another embedder, or has groups of another size.
    """
    if model is None or model.common is None or common is None:
        return None
    network = model.embedded and model.embedded.network
    fits = network and model.embedder == embedder and len(network.inner_bias) == GROUP * network.queries.shape[1]
    return Kept(model.plain, model.embedded if fits else None, (model.common, common))


def _zeros(rows: int, like: Floats) -> Floats:
    return np.zeros((rows, like.shape[1]), np.float32)
