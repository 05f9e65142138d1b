"""A question's vector: of its own words, and without its language where the passages are of another one.

Multilingual vectors hold what is said and in which language. For a question in the passages' own language the second
does no harm; else it draws the question to passages that are near to all questions of that language, whatever they say.
"""

import tomllib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from analysis.engines import embedding
from analysis.engines.embedding import Embedder, TokenEmbedder, e5_files
from analysis.search import words

Vector = NDArray[np.float32]

OWN = slice(4, -1)  # a question's own tokens: before them stand the beginning and "query:", behind them the end
_SHARE = 0.75  # of the language's direction that is taken out; by half of the questions of XQuAD


def vectors(embedder: Embedder, questions: Sequence[str]) -> Vector:
    """One of length 1 for each question; of its own tokens alone if the embedder tells them. Raises Unavailable."""
    if not isinstance(embedder, TokenEmbedder):
        return embedder.queries(questions)
    return np.array([_unit(state[OWN].mean(axis=0)) for state in embedder.query_states(questions)], np.float32)


def towards_meaning(name: str, question: str, vector: Vector, known: float) -> Vector:
    """The vector that the embedder of this name made, without the question's language.

    The more of it is taken out the fewer of the question's words the passages know (`known`, in [0, 1]). As it is if
    the embedder isn't the shipped one, for which this was measured. Raises Unavailable.
    """
    if name != e5_files.NAME or known >= 1:
        return vector
    return _unit(vector - np.float32(_SHARE * (1 - known)) * language(words.language_of(question)))


@lru_cache(maxsize=32)
def language(code: str) -> Vector:
    """What the shipped embedder's vectors of questions in a language (ISO 639-1) have in common: the mean of some."""
    embedder = embedding.named(e5_files.NAME)
    assert embedder is not None  # it is always there
    mean: Vector = vectors(embedder, _everyday()[code]).mean(axis=0)
    return mean


@lru_cache(maxsize=1)
def _everyday() -> dict[str, list[str]]:
    with Path(__file__).with_name("everyday.toml").open("rb") as file:
        return tomllib.load(file)


def _unit(vector: Vector) -> Vector:
    return vector / np.float32(max(float(np.linalg.norm(vector)), 1e-9))
