"""What a classifier says of a text, and the contract of classifiers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

LABELS = ("positive", "neutral", "negative")


@dataclass(frozen=True, slots=True)
class Verdict:
    """`confidence` is the likelihood of `label`; `language` an ISO 639-1 code, "" if unknown; `scores` by label."""

    label: str
    confidence: float
    language: str
    scores: dict[str, float]


class Classifier(Protocol):
    """`settings.SENTIMENT_ENGINE` is the dotted path of a class that obeys this. Built once per process."""

    def version(self) -> str:
        """What is kept with each verdict; it changes with what the verdicts depend on."""
        ...

    def scores(self, texts: Sequence[str]) -> list[dict[str, float]]:
        """For each normalised text the likelihood of every label. Raises Unavailable if nobody can say."""
        ...
