"""Anna's passages, found by their words alone."""

import numpy as np
import pytest

from analysis.answers import extractive
from tests.analysis.search.conftest import Bag, keep

__all__ = ["keep"]


class TokenBag(Bag):
    """Gives each word a vector as well, in two layers, with a beginning, a prefix and an end around them."""

    def passage_states(self, texts):
        return [self._states(text, 1) for text in texts]

    def query_states(self, texts):
        return [self._states(text, 4) for text in texts]

    def passage_places(self, beginnings):
        from analysis.search import words

        return [1 + len(list(words.tokens(text))) for text in beginnings]

    def _states(self, text, before):
        from analysis.search import words

        own = [token.word for token in words.tokens(text)] or ["nothing"]
        states = np.concatenate([self.passages(["."] * before), self.passages(own), self.passages(["."])])
        return np.stack([states, states])


@pytest.fixture(autouse=True)
def embedder(monkeypatch):
    """In place of the model, whose own tests are elsewhere."""
    from analysis.engines import embedding

    bag = TokenBag()
    monkeypatch.setattr(extractive, "ENOUGH", 0.5)
    monkeypatch.setattr(extractive, "SAME_LANGUAGE", 0.5)  # words are alike or not
    monkeypatch.setattr(embedding, "current", lambda: bag)
    monkeypatch.setattr(embedding, "named", lambda name: bag if name == bag.name else None)
    return bag
