"""Training: two heads on labelled texts; how sure they may be is fitted on texts that they didn't see."""

import hashlib
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.sparse import csr_matrix
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from analysis.sentiment import features, joining, network
from analysis.sentiment.joining import Kept
from analysis.sentiment.model import Embed, Embedded, Floats, Model, Plain, softmax
from analysis.sentiment.network import Places, States
from analysis.sentiment.sources import sources
from analysis.sentiment.texts import normalised
from analysis.sentiment.verdicts import LABELS
from documents.errors import InvalidInput

Labelled = tuple[str, str]  # text, label
Shares = tuple[float, float, float]  # of the people who gave a text each of LABELS
Rated = tuple[str, Shares]

_FEWEST = 10  # texts of each label
_FEWEST_TEXTS = 3  # that an n-gram is learned of
_FOLDS = 4  # one of them is what the temperatures are fitted on
_PENALTY = 1.5  # C of the regression
_STEPS = 30  # of it; more only learn single texts by heart
_SHARE = 0.4  # of the regression's scores that is added to the network's
_DOUBTFUL = 0.78  # share of the texts that the embedder is asked about: it takes most of the time
_HEAVIEST = 10.0  # what a text may weigh beside one of the base, where there are few
_ASKED = 256  # texts that the embedder is asked about at once


@dataclass(frozen=True, slots=True)
class _Table:
    """What is learned from: for each text a row, its states if there are any, its source, and its weight.

    `truth` (n x 3) says how likely each label is, or what share of people gave it. `kept` are experts that are
    joined to what is learned.
    """

    rows: csr_matrix
    states: States | None
    truth: Floats
    sources: Places
    weights: Floats
    kept: Kept | None

    def part(self, chosen: NDArray[np.bool_]) -> "_Table":
        states = None if self.states is None else [self.states[place] for place in np.flatnonzero(chosen).tolist()]
        arrays = self.truth[chosen], self.sources[chosen], self.weights[chosen]
        return _Table(self.rows[chosen], states, *arrays, self.kept)


def train(
    examples: Iterable[Labelled],
    base: Sequence[Labelled] = (),
    *,
    rated: Sequence[Rated] = (),
    held: Iterable[str] | None = None,
    embed: Embed | None = None,
    embedder: str = "",
    kinds: Mapping[str, str] | None = None,
    kept: Model | None = None,
) -> Model:
    """A model of these texts, and of those of `base` beside them; the same texts give the same model.

    `rated` are texts about which people differ, a collection of their own. The temperatures are fitted on the texts of
    `held`, a quarter of all but the base if None; few examples weigh more than the base does. `embed` gives the states
    of `embedder`. `kinds` says of the examples' texts which collection each is of: large ones get experts of their own,
    so that a collection of complaints doesn't teach that all texts are. The experts of `kept` stay beside them.
    Raises InvalidInput `too_few_examples` without 10 texts of each label.
    """
    own, given = _shares(examples), dict(base)
    opinions = {text: opinion for text, opinion in sorted(rated) if text not in own}
    beside = {text: one for text, one in _shares(base).items() if text not in own and text not in opinions}
    texts = [*own, *opinions, *beside]
    truth = np.array([*own.values(), *opinions.values(), *beside.values()], np.float32).reshape(-1, len(LABELS))
    _check_enough(truth)
    names = {normalised(text): kind for text, kind in (kinds or {}).items()}
    groups = np.array([*(names.get(text, "") for text in own), *["rated"] * len(opinions), *["base"] * len(beside)])
    states = None if embed is None else _states(texts, embed)
    weights = _weights(truth, groups, len(own), len(given))
    places = sources(groups, truth.argmax(axis=1))
    common = int(places[-1]) if beside else None
    table = _Table(features.columns(texts), states, truth, places, weights, joining.kept(kept, common, embedder))
    model = _model(table, _held(texts, len(own) + len(opinions), held), embedder)
    return replace(model, common=table.kept.place if table.kept else common)


def _check_enough(truth: Floats) -> None:
    if np.bincount(truth.argmax(axis=1), minlength=len(LABELS)).min() < _FEWEST:
        detail = f"It takes {_FEWEST} different texts of each label: {', '.join(LABELS)}."
        raise InvalidInput("too_few_examples", detail)


def prepared(examples: Iterable[Labelled]) -> list[Labelled]:
    """Normalised, each text once, with the label that it came with last, in the order of the texts."""
    known = {normalised(text): label for text, label in examples if label in LABELS}
    return sorted((text, label) for text, label in known.items() if text)


def _shares(labelled: Iterable[Labelled]) -> dict[str, Shares]:
    """Prepared texts, all of whose people gave them one label."""
    first, second, third = LABELS
    return {text: (label == first, label == second, label == third) for text, label in prepared(labelled)}


def fold_of(text: str, folds: int) -> int:
    """Which of `folds` parts the text is in, in every training."""
    return int(hashlib.sha256(text.encode()).hexdigest()[:8], 16) % folds


def _states(texts: Sequence[str], embed: Embed) -> States:
    """In 16 bits: they are what takes the memory."""
    begins = range(0, len(texts), _ASKED)
    return [one.astype(np.float16) for begin in begins for one in embed(texts[begin : begin + _ASKED])]


def _weights(truth: Floats, groups: NDArray[np.str_], own: int, base: int) -> Floats:
    """Rare labels of a group weigh more, by the root: wholly balanced, they would be seen where they are not."""
    weights = np.empty(len(truth), np.float32)
    for group in np.unique(groups):
        labels = truth[groups == group]
        weights[groups == group] = labels @ np.sqrt(len(labels) / len(LABELS) / np.maximum(labels.sum(axis=0), 1))
    if own:
        weights[:own] *= min(_HEAVIEST, max(1.0, base / own))
    return weights


def _held(texts: Sequence[str], others: int, held: Iterable[str] | None) -> NDArray[np.bool_]:
    if held is not None:
        asked = {normalised(text) for text in held}
        return np.array([text in asked for text in texts])
    return np.array([place < (others or len(texts)) and fold_of(text, _FOLDS) == 0 for place, text in enumerate(texts)])


def _model(table: _Table, held: NDArray[np.bool_], embedder: str) -> Model:
    seen, unseen = table.part(~held), table.part(held)
    logits = _plain(seen).logits(unseen.rows)
    temperature = _temperature(logits, unseen.truth)
    plain = replace(_plain(table), temperature=temperature)
    if unseen.states is None:
        return Model(plain)
    confidence = softmax(logits / temperature).max(axis=1)
    sure = float(np.quantile(confidence, _DOUBTFUL))
    doubtful = confidence <= sure
    asked = _embedded(seen).logits(unseen.rows, unseen.states, logits)
    softened = _temperature(asked[doubtful], unseen.truth[doubtful])
    return Model(plain, replace(_embedded(table), temperature=softened), embedder, sure)


def _plain(table: _Table) -> Plain:
    """A gate, and experts halfway between what their own source's texts teach and what all do.

    What few texts have teaches nothing, and keeps its zeros.
    """
    shared = np.flatnonzero(np.bincount(table.rows.indices, minlength=table.rows.shape[1]) >= _FEWEST_TEXTS)
    rows, counts = table.rows[:, shared], np.bincount(table.sources)
    common, common_bias = _opinions(rows, table.truth, table.weights)
    fits: list[tuple[Floats, Floats]] = []
    for source, count in enumerate(counts):
        own = table.sources == source
        weights = table.weights[own] * count / table.weights[own].sum()
        special, bias = _opinions(rows[own], table.truth[own], weights)
        fits.append((_mean(common, special), _mean(common_bias, bias)))
    balanced = (len(table.sources) / len(counts) / counts)[table.sources].astype(np.float32)
    fits.append(_regression(rows, table.sources, balanced))
    found = np.hstack([coefficients for coefficients, _ in fits])
    weights = np.zeros((table.rows.shape[1], found.shape[1]), np.float32)
    weights[shared] = found
    plain = Plain(weights, np.concatenate([bias for _, bias in fits]).astype(np.float32))
    return table.kept.beside_plain(plain) if table.kept else plain


def _opinions(rows: csr_matrix, truth: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Of the labels: a text about which people differ counts for each of its labels, by their shares."""
    texts, labels = np.nonzero(truth)
    return _regression(rows[texts], labels, weights[texts] * truth[texts, labels])


def _regression(rows: csr_matrix, truth: Places, weights: Floats) -> tuple[Floats, Floats]:
    """Coefficients (columns x classes) and biases; a single class takes none."""
    classes = int(truth.max()) + 1
    if classes == 1:
        return np.zeros((rows.shape[1], 1), np.float32), np.zeros(1, np.float32)
    regression = LogisticRegression(C=_PENALTY, max_iter=_STEPS, tol=1e-3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # it is stopped early
        regression.fit(rows, truth, sample_weight=weights)
    if classes == 2:  # only the second one's scores are given
        return np.vstack([0 * regression.coef_, regression.coef_]).T, np.append(0, regression.intercept_)
    return regression.coef_.T, regression.intercept_


def _mean(one: Floats, other: Floats) -> Floats:
    return np.asarray((one + other) / 2, np.float32)


def _embedded(table: _Table) -> Embedded:
    assert table.states is not None
    cues = features.cues(table.rows)
    learned = network.fitted(table.states, cues, table.truth, table.sources, table.weights)
    embedded = Embedded(learned, share=_SHARE)
    return table.kept.beside_embedded(embedded) if table.kept else embedded


def _temperature(logits: Floats, truth: Floats) -> float:
    """What makes the likelihoods of unseen texts as high as they are right."""

    def loss(logarithm: float) -> float:
        likelihoods = softmax(logits / np.float32(np.exp(logarithm)))
        return float(-(truth * np.log(likelihoods + 1e-9)).sum(axis=1).mean())

    return float(np.exp(minimize_scalar(loss, bounds=(-2, 2), method="bounded").x))
