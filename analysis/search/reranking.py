"""The candidates again, by their sentences: the best one of each counts beside the passage as a whole."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.search.windows import windows

SHARE = 0.6  # of the best sentence in what a passage means; by half of the questions of XQuAD and CISI


@dataclass(frozen=True, slots=True)
class Best:
    """The sentence of a passage that is nearest to the question: which, of how many, and its cosine."""

    place: int
    count: int
    cosine: float

    def span(self, text: str, kind: str) -> tuple[int, int] | None:
        """Where it stands in the passage; None if its sentences are not those any more that have vectors."""
        found = windows(text, table=kind == "table")
        return found[self.place] if len(found) == self.count else None


def best(cosines: NDArray[np.float32]) -> Best | None:
    """The nearest of a passage's sentences, by the cosine of each; None where there are none."""
    if not len(cosines):
        return None
    place = int(cosines.argmax())
    return Best(place, len(cosines), float(cosines[place]))


def meaning(cosine: float, sentence: Best | None) -> float:
    """How near a passage is in meaning: by itself, and by its best sentence where sentences have vectors."""
    return (1 - SHARE) * cosine + SHARE * (sentence.cosine if sentence else cosine)
