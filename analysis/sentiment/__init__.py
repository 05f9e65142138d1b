"""The sentiment of a text: positive, neutral or negative, with a calibrated confidence and the language.

What classifies is chosen by `settings.SENTIMENT_ENGINE`; `own.Own` is the model that ships or was trained since.
"""

import threading
from collections.abc import Sequence

from django.conf import settings
from django.utils.module_loading import import_string

from analysis.sentiment.drivers import drivers
from analysis.sentiment.languages import language_of
from analysis.sentiment.texts import LONGEST, SHORTEST, normalised
from analysis.sentiment.verdicts import LABELS, Classifier, Verdict

__all__ = [
    "LABELS", "LONGEST", "SHORTEST", "Verdict", "classify", "drivers", "model_version", "normalised", "warm_up"
]  # fmt: skip

_BATCH = 256
_lock = threading.Lock()
_loaded: dict[str, Classifier] = {}  # by dotted path


def classify(texts: Sequence[str]) -> list[Verdict]:
    """A verdict for each text, in their order; texts are normalised first. Raises Unavailable.

    Reads which model is active from the database, so that a promoted one is used at once.
    """
    engine, found = _engine(), []
    for begin in range(0, len(texts), _BATCH):
        batch = [normalised(text) for text in texts[begin : begin + _BATCH]]
        found += [_verdict(text, scores) for text, scores in zip(batch, engine.scores(batch), strict=True)]
    return found


def model_version() -> str:
    """What the next verdicts come from, as they are kept with it."""
    return _engine().version()


def warm_up() -> None:
    """Loads all that the first text would wait for."""
    classify(["It was a pleasure, thank you.", "Ich weiß nicht."])


def _verdict(text: str, scores: dict[str, float]) -> Verdict:
    label = max(LABELS, key=scores.__getitem__)
    return Verdict(label, scores[label], language_of(text), scores)


def _engine() -> Classifier:
    path: str = settings.SENTIMENT_ENGINE
    with _lock:
        if path not in _loaded:
            _loaded[path] = import_string(path)()
        return _loaded[path]
