"""A model from texts that people labelled: measured against the active one on texts apart, promoted if it is better."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from analysis.learning import registry, versions
from analysis.models import ModelVersion
from analysis.sentiment import datasets, generated, own, training
from analysis.sentiment.measures import Quality, quality
from analysis.sentiment.model import Model
from analysis.sentiment.training import Labelled
from analysis.sentiment.verdicts import LABELS
from documents.errors import InvalidInput

_FOLDS = 5  # one of them is held out, by the text: the same texts in every training
_FEWEST = 10  # texts of each label to train on, and to measure on


@dataclass(frozen=True, slots=True)
class Trained:
    """What came of it, and how good both were on the held-out texts."""

    version: ModelVersion
    active: Quality
    candidate: Quality
    promoted: bool


def run(collections: Mapping[str, Sequence[Labelled]], *, promote: bool = True) -> Trained:
    """Trains on named collections beside the project's own texts, stores the model, promotes a better one.

    Better is a higher macro-F1 on the fifth of the texts that is held out. Raises InvalidInput `too_few_examples`.
    """
    labelled = training.prepared(row for rows in collections.values() for row in rows)
    inner = [one for one in labelled if training.fold_of(one[0], _FOLDS)]
    outer = [one for one in labelled if not training.fold_of(one[0], _FOLDS)]
    if min(_fewest(inner), _fewest(outer)) < _FEWEST:
        detail = f"It takes about {_FOLDS * _FEWEST} different texts of each label. Correct or label more of them."
        raise InvalidInput("too_few_examples", detail)
    now = own.current()
    kinds = datasets.kinds(collections)
    candidate = training.train(
        inner, generated.texts(), embed=own.states, embedder=own.source(), kinds=kinds, kept=own.shipped()
    )
    before, after = _measured(now, outer), _measured(candidate, outer)
    metrics = {
        "trained_on": {"texts": len(inner)},
        "measured_on": {"texts": len(outer)},
        "active": asdict(before),
        "candidate": asdict(after),
    }
    version = registry.publish(
        candidate, metrics=metrics, thresholds={}, data_sha256=datasets.digest(labelled), task=own.TASK
    )
    better = after.macro_f1 > before.macro_f1
    if promote and better and version.status != version.Status.ACTIVE:
        versions.promote(version)
    return Trained(version, before, after, promote and better)


def _fewest(labelled: Sequence[Labelled]) -> int:
    return min(sum(label == one for _, label in labelled) for one in LABELS)


def _measured(model: Model, labelled: Sequence[Labelled]) -> Quality:
    truth = np.array([LABELS.index(label) for _, label in labelled], dtype=np.int64)
    return quality(model.likelihoods([text for text, _ in labelled], own.embed_for(model)), truth)
