"""Training: logistic regressions on labelled texts; how sure they may be is fitted on texts that they didn't see."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

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
_FEWEST_TEXTS = 2  # that an n-gram is learned of
_FOLDS = 4  # one of them is what the temperatures are fitted on
_SCALE = 4.0  # of vectors: their directions differ little, as E5's do
_PENALTY = {PLAIN: 2.0, EMBEDDED: 2.0}  # C of the regressions
_STEPS = 100
_DOUBTFUL = 0.4  # share of the texts that the embedder is asked about: it takes most of the time
_MOST_EMBEDDED = 8_000  # texts that the embedder is asked about: that many take it more than a minute
_HEAVIEST = 10.0  # what a text may weigh beside one of the base, where there are few


@dataclass(frozen=True, slots=True)
class _Table:
    """What is learned from: a row for each text, its label's place, and what it weighs."""

    rows: csr_matrix
    truth: NDArray[np.int64]
    weights: Floats

    def part(self, chosen: NDArray[np.bool_]) -> "_Table":
        return _Table(self.rows[chosen], self.truth[chosen], self.weights[chosen])


def train(
    examples: Iterable[Labelled],
    base: Sequence[Labelled] = (),
    *,
    held: Iterable[str] | None = None,
    embed: Embed | None = None,
    embedder: str = "",
) -> Model:
    """A model of these texts, and of those of `base` beside them; the same texts give the same model.

    The temperatures are fitted on the texts of `held`, a quarter of the examples if None; few examples weigh more than
    the base does. `embed` gives the vectors (n x dimensions) of `embedder`.
    Raises InvalidInput `too_few_examples` without 10 texts of each label.
    """
    own, given = prepared(examples), dict(base)
    chosen = [*own, *(one for one in prepared(base) if one[0] not in dict(own))]
    truth = np.array([LABELS.index(label) for _, label in chosen], dtype=np.int64)
    if np.bincount(truth, minlength=len(LABELS)).min() < _FEWEST:
        detail = f"It takes {_FEWEST} different texts of each label: {', '.join(LABELS)}."
        raise InvalidInput("too_few_examples", detail)
    texts = [text for text, _ in chosen]
    weights = np.ones(len(texts), np.float32)
    weights[: len(own)] = min(_HEAVIEST, max(1.0, len(given) / max(1, len(own))))
    return _model(texts, truth, weights, _held(texts, len(own), held), embed, embedder)


def prepared(examples: Iterable[Labelled]) -> list[Labelled]:
    """Normalised, each text once, with the label that it came with last, in the order of the texts."""
    known = {normalised(text): label for text, label in examples if label in LABELS}
    return sorted((text, label) for text, label in known.items() if text)


def fold_of(text: str, folds: int) -> int:
    """Which of `folds` parts the text is in, in every training."""
    return int(hashlib.sha256(text.encode()).hexdigest()[:8], 16) % folds


def _held(texts: Sequence[str], own: int, held: Iterable[str] | None) -> NDArray[np.bool_]:
    if held is not None:
        asked = {normalised(text) for text in held}
        return np.array([text in asked for text in texts])
    return np.array([place < (own or len(texts)) and fold_of(text, _FOLDS) == 0 for place, text in enumerate(texts)])


def _model(
    texts: Sequence[str],
    truth: NDArray[np.int64],
    weights: Floats,
    held: NDArray[np.bool_],
    embed: Embed | None,
    embedder: str,
) -> Model:
    rows = features.columns(texts)
    plain, unseen = _head(_Table(rows, truth, weights), held, PLAIN)
    confidence = softmax(unseen / plain.temperature).max(axis=1)
    if embed is None:
        return Model({PLAIN: plain})
    sure = float(np.quantile(confidence, _DOUBTFUL))
    doubtful = np.zeros(len(texts), np.bool_)
    doubtful[held] = confidence < sure
    chosen = _sample(texts)
    vectors = csr_matrix(embed([texts[place] for place in chosen.tolist()]) * _SCALE)
    table = _Table(csr_matrix(hstack([rows[chosen], vectors], format="csr")), truth[chosen], weights[chosen])
    embedded, _ = _head(table, held[chosen], EMBEDDED, doubtful[chosen][held[chosen]])
    embedded.weights[features.COLUMNS :] *= _SCALE
    return Model({PLAIN: plain, EMBEDDED: embedded}, embedder, sure)


def _sample(texts: Sequence[str]) -> NDArray[np.int64]:
    """The places of the texts that the embedder is asked about: the same ones whatever else there is."""
    order = sorted(range(len(texts)), key=lambda place: hashlib.sha256(texts[place].encode()).hexdigest()[8:16])
    return np.array(sorted(order[:_MOST_EMBEDDED]), np.int64)


def _head(
    table: _Table, held: NDArray[np.bool_], name: str, asked: NDArray[np.bool_] | None = None
) -> tuple[Head, Floats]:
    """The head, and what one that didn't see the held texts says of them; its temperature is for those `asked`."""
    weights, bias = _fitted(table.part(~held), name)
    unseen, truth = np.asarray(table.rows[held] @ weights + bias, np.float32), table.truth[held]
    chosen = slice(None) if asked is None or not asked.any() else asked
    return Head(*_fitted(table, name), _temperature(unseen[chosen], truth[chosen])), unseen


def _fitted(table: _Table, name: str) -> tuple[Floats, Floats]:
    """Weights (columns x 3) and bias (3); what one text alone has teaches nothing, and keeps its zeros."""
    shared = np.flatnonzero(np.bincount(table.rows.indices, minlength=table.rows.shape[1]) >= _FEWEST_TEXTS)
    regression = LogisticRegression(C=_PENALTY[name], max_iter=_STEPS, tol=1e-3)
    regression.fit(table.rows[:, shared], table.truth, sample_weight=table.weights)
    weights = np.zeros((table.rows.shape[1], len(LABELS)), np.float32)
    weights[shared] = regression.coef_.T
    return weights, regression.intercept_.astype(np.float32)


def _temperature(logits: Floats, truth: NDArray[np.int64]) -> float:
    """What makes the likelihoods of unseen texts as high as they are right."""

    def loss(logarithm: float) -> float:
        likelihoods = softmax(logits / np.float32(np.exp(logarithm)))
        return float(-np.log(likelihoods[np.arange(len(truth)), truth] + 1e-9).mean())

    return float(np.exp(minimize_scalar(loss, bounds=(-2, 2), method="bounded").x))
