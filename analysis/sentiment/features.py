"""What the model sees of a text: hashed n-grams, VADER's lexicon, and marks."""

import re
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import HashingVectorizer
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from analysis.sentiment.texts import legible

_WORDS = HashingVectorizer(
    analyzer="word",
    token_pattern=r"[^\W_]+|[^\w\s]",  # noqa: S106  # no password
    ngram_range=(1, 2),
    n_features=2**17,
    dtype=np.float32,
)
_CHARACTERS = HashingVectorizer(analyzer="char_wb", ngram_range=(2, 4), n_features=2**17, dtype=np.float32)
_VADER = ("pos", "neu", "neg", "compound")
_MARKS = (re.compile(r"!"), re.compile(r"\?"), re.compile(r"\.\.\.|…"), re.compile(r"[A-Z]{3,}"), re.compile(r"http"))
_LONG = 140  # characters: what is longer isn't weighed by its length, for few texts to learn from are

CUES = len(_VADER) + len(_MARKS) + 1
HASHED = 2**17 + 2**17
COLUMNS = HASHED + CUES


@lru_cache(maxsize=1)
def _vader() -> SentimentIntensityAnalyzer:
    return SentimentIntensityAnalyzer()


def columns(texts: Sequence[str]) -> csr_matrix:
    """One row for each text, `COLUMNS` wide: n-grams of words and characters, and cues; all within about -1 to 1."""
    seen = [legible(text) for text in texts]
    lowered = [text.lower() for text in seen]
    parts = [_WORDS.transform(lowered), _CHARACTERS.transform(lowered), csr_matrix(_cues(seen))]
    return csr_matrix(hstack(parts, format="csr", dtype=np.float32))


def cues(sparse: csr_matrix) -> NDArray[np.float32]:
    """The cues of the rows, n x `CUES`."""
    return np.asarray(sparse[:, HASHED:].toarray(), np.float32)


def _cues(texts: Sequence[str]) -> NDArray[np.float32]:
    return np.array([_cue_row(text) for text in texts], dtype=np.float32).reshape(-1, CUES)


def _cue_row(text: str) -> list[float]:
    valence = _vader().polarity_scores(text)
    marks = [min(len(mark.findall(text)), 3) / 3 for mark in _MARKS]
    return [*(valence[name] for name in _VADER), *marks, min(len(text), _LONG) / _LONG]
