"""Training: logistic regressions on labelled texts, their temperatures fitted on texts that they didn't see."""

import hashlib
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.sparse import csr_matrix, hstack
from sklearn.linear_model import LogisticRegression

from analysis.sentiment import features
from analysis.sentiment.model import EMBEDDED, PLAIN, Embed, Floats, Head, Model, softmax
from analysis.sentiment.texts import normalised
from analysis.sentiment.verdicts import LABELS
from documents.errors import InvalidInput

Labelled = tuple[str, str]  # text, label

_FEWEST = 10  # texts of each label
_FOLDS = 4  # one of them is what the temperature is fitted on
_SCALE = 4.0  # of vectors: their directions differ little, as E5's do
_PENALTY = {PLAIN: 2.0, EMBEDDED: 2.0}  # C of the regressions
_STEPS = 100


def train(
    examples: Iterable[Labelled], base: Sequence[Labelled] = (), *, embed: Embed | None = None, embedder: str = ""
) -> Model:
    """A model of these texts, and of those of `base` beside them; the same texts give the same model.

    Raises InvalidInput `too_few_examples` without 10 texts of each label.
    """
    chosen = prepared([*base, *examples])
    truth = np.array([LABELS.index(label) for _, label in chosen], dtype=np.int64)
    if np.bincount(truth, minlength=len(LABELS)).min() < _FEWEST:
        detail = f"It takes {_FEWEST} different texts of each label: {', '.join(LABELS)}."
        raise InvalidInput("too_few_examples", detail)
    texts = [text for text, _ in chosen]
    sparse, folds = features.columns(texts), np.array([fold_of(text, _FOLDS) for text in texts])
    heads = {PLAIN: _head(sparse, None, truth, folds, _PENALTY[PLAIN])}
    if embed is not None:
        heads[EMBEDDED] = _head(sparse, embed(texts), truth, folds, _PENALTY[EMBEDDED])
    return Model(heads, embedder if embed is not None else "")


def prepared(examples: Iterable[Labelled]) -> list[Labelled]:
    """Normalised, each text once, with the label that it came with last, in the order of the texts."""
    known = {normalised(text): label for text, label in examples if label in LABELS}
    return sorted((text, label) for text, label in known.items() if text)


def fold_of(text: str, folds: int) -> int:
    """Which of `folds` parts the text is in, in every training."""
    return int(hashlib.sha256(text.encode()).hexdigest()[:8], 16) % folds


def _head(
    sparse: csr_matrix, vectors: Floats | None, truth: NDArray[np.int64], folds: NDArray[np.int64], penalty: float
) -> Head:
    table = sparse if vectors is None else hstack([sparse, csr_matrix(vectors * _SCALE)], format="csr")
    rest, held = folds != 0, folds == 0
    unseen = _fitted(table[rest], truth[rest], penalty).decision_function(table[held])
    regression = _fitted(table, truth, penalty)
    weights = regression.coef_.T.astype(np.float32)
    if vectors is not None:
        weights[features.COLUMNS :] *= _SCALE
    return Head(weights, regression.intercept_.astype(np.float32), _temperature(unseen, truth[held]))


def _fitted(table: csr_matrix, truth: NDArray[np.int64], penalty: float) -> LogisticRegression:
    return LogisticRegression(C=penalty, max_iter=_STEPS, tol=1e-3).fit(table, truth)


def _temperature(logits: Floats, truth: NDArray[np.int64]) -> float:
    """What makes the likelihoods of unseen texts as high as they are right."""

    def loss(logarithm: float) -> float:
        likelihoods = softmax(logits / np.float32(np.exp(logarithm)))
        return float(-np.log(likelihoods[np.arange(len(truth)), truth] + 1e-9).mean())

    return float(np.exp(minimize_scalar(loss, bounds=(-2, 2), method="bounded").x))
