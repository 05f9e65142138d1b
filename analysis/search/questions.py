"""A question's vector where the passages are in another language: of its own words, and without its language.

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
from analysis.engines.embedding import TokenEmbedder, e5_files
from analysis.search import words

Vector = NDArray[np.float32]

OWN = slice(4, -1)  # a question's own tokens: before them stand the beginning and "query:", behind them the end
_FOREIGN = 0.5  # share of a question's words, by weight, below which it is taken to be in another language
_SHARE = 0.75  # of the language's direction that is taken out; by half of the questions of XQuAD


def is_foreign(name: str, known: float) -> bool:
    """Whether passages of the shipped embedder know so little of a question's words that it is in another language."""
    return name == e5_files.NAME and known < _FOREIGN


def towards_meaning(name: str, question: str, vector: Vector, known: float) -> Vector:
    """The question's vector, by the embedder of this name, that is to be compared with passages.

    As it is where the passages know half of the question's words or more (`known`, in [0, 1]). Else that of its own
    tokens, without its language, the more of it the fewer words they know; only by the shipped embedder, for which this
    was measured. Raises Unavailable.
    """
    if not is_foreign(name, known):
        return vector
    [own] = _own([question])
    return unit(own - np.float32(_SHARE * (1 - known)) * language(words.language_of(question)))


def language(code: str) -> Vector:
    """What the shipped embedder's vectors of questions in a language (ISO 639-1) have in common: the mean of some."""
    return _mean(code)


def warm() -> None:
    """Has all at hand that the first question in another language needs. Raises Unavailable."""
    words.language_of("warm")
    if embedding.current().name != e5_files.NAME:
        return
    for code in _everyday():
        language(code)
    tokens("en", passage=True)


def _own(questions: Sequence[str]) -> Vector:
    """Vectors of the questions' own tokens, without those that the embedder sets around them."""
    states = _shipped().query_states(questions)
    return np.array([unit(state[-1, OWN].mean(axis=0)) for state in states], np.float32)


def _shipped() -> TokenEmbedder:
    embedder = embedding.named(e5_files.NAME)
    assert isinstance(embedder, TokenEmbedder)  # it is always there
    return embedder


def tokens(code: str, *, passage: bool = False) -> Vector:
    """What the shipped embedder's states of tokens have in common in a language, of questions or of passages.

    As these, for any number of tokens: 2 x 1 x dimensions.
    """
    return _tokens(code, passage)


def everyday(code: str, *, passage: bool = False) -> list[Vector]:
    """What the shipped embedder makes of everyday questions' own tokens, the same ones in each language, in order.

    `passage`: as it reads passages. Each 2 x tokens x dimensions. Raises Unavailable.
    """
    return _read(code, passage)


@lru_cache(maxsize=32)
def _mean(code: str) -> Vector:
    vectors = np.array([unit(state[-1].mean(axis=0)) for state in _read(code, False)], np.float32)
    mean: Vector = vectors.mean(axis=0)
    return mean


@lru_cache(maxsize=64)
def _tokens(code: str, passage: bool) -> Vector:
    mean: Vector = np.concatenate(_read(code, passage), axis=1).mean(axis=1, keepdims=True)
    return mean


@lru_cache(maxsize=64)
def _read(code: str, passage: bool) -> list[Vector]:
    embedder, asked = _shipped(), _everyday()[code]
    if not passage:
        return [state[:, OWN] for state in embedder.query_states(asked)]
    [first] = embedder.passage_places([""])
    return [state[:, first:-1] for state in embedder.passage_states(asked)]


def forget() -> None:
    """Drops what was made by an embedder that is another one now."""
    for made in (_mean, _tokens, _read):
        made.cache_clear()


@lru_cache(maxsize=1)
def _everyday() -> dict[str, list[str]]:
    with Path(__file__).with_name("everyday.toml").open("rb") as file:
        return tomllib.load(file)


def unit(vectors: Vector) -> Vector:
    """Each brought to length 1."""
    lengths = np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9).astype(np.float32)
    brought: Vector = vectors / lengths
    return brought
