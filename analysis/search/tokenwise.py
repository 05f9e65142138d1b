"""The best passages again for a question in another language: token by token, those tokens most that tell them apart.

One vector of a sentence can't hold what each of its words is near to. Reading a passage for a question costs as much as
embedding it, so it is done where vectors do worst, and for few passages; an answer is picked from the same ones.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from analysis.answers import picking, states
from analysis.engines import embedding
from analysis.engines.embedding import TokenEmbedder
from analysis.search import words
from analysis.search.hits import Hit

MOST = 8  # passages that are read
# By the development half of XQuAD's questions in six languages:
_GAIN = 0.8  # of a likeness by tokens, in cosines
_SENTENCE = 0.5  # of the best sentence in that likeness; the whole passage has the rest
_SHARPNESS = 1.5  # how much more a token says whose likenesses differ more
_LEAST = 1e-3


def gains(question: str, name: str, hits: Sequence[Hit]) -> list[float]:
    """By passage how much nearer than the farthest of them it is, to be added to its cosine. Raises Unavailable.

    Nothing where the question is in the best one's language: then its words are only mistyped, or not in the texts.
    """
    embedder = embedding.named(name)
    if not hits or not isinstance(embedder, TokenEmbedder) or _same_language(question, hits[0]):
        return [0.0] * len(hits)
    asked = states.of_question(embedder, question)
    found = [_likenesses(embedder, asked, hit) for hit in hits]
    wholes = np.array([whole for whole, _ in found])
    weights = _telling(wholes)
    likeness = (1 - _SENTENCE) * wholes @ weights + _SENTENCE * np.array([best for _, best in found]) @ weights
    return [float(one) for one in _GAIN * (likeness - likeness.min())]


def _same_language(question: str, hit: Hit) -> bool:
    return words.language_of(question) == words.language_of(hit.text)


def _likenesses(embedder: TokenEmbedder, asked: states.States, hit: Hit) -> tuple[states.States, states.States]:
    """By token of the question its best likeness in the whole passage, and in the sentence that is nearest by all."""
    whole = (asked @ states.of_passage(embedder, hit).T).max(axis=1)
    parts = states.of_sentences(embedder, list(picking.of(hit)))
    each = [(asked @ part.T).max(axis=1) for part in parts]
    return whole, max(each, key=lambda one: float(one.mean()), default=whole)


def _telling(likenesses: NDArray[np.float32]) -> NDArray[np.float32]:
    """By token of the question its weight, all together 1: words that each passage has tell nothing."""
    weights: NDArray[np.float32] = (likenesses.max(axis=0) - likenesses.mean(axis=0) + _LEAST) ** _SHARPNESS
    weights /= weights.sum()
    return weights
