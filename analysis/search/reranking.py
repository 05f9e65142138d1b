"""The candidates again, by their sentences: the best one of each counts beside the passage as a whole."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.search import vectors
from analysis.search.lexical import MINE
from analysis.search.windows import windows
from documents import sql

SHARE = 0.6  # of the best sentence in what a passage means; by half of the questions of XQuAD and CISI

_SENTENCES = (
    f"select number, sentences from analysis_chunk where number = any(%(numbers)s) and {MINE}"
    " and embedder = %(embedder)s and length(sentences) > 0"
)


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


def best(made: Mapping[str, NDArray[np.float32]], numbers: Sequence[int]) -> dict[int, Best]:
    """By number, of these passages those that have vectors of sentences, by the question's vector of each embedder."""
    found: dict[int, Best] = {}
    for embedder, vector in made.items():
        rows = sql.rows(_SENTENCES, {"numbers": list(numbers), "embedder": embedder})
        for number, data in rows:
            cosines = vectors.unpack(data, len(vector)) @ vector
            if len(cosines):
                place = int(cosines.argmax())
                found[number] = Best(place, len(cosines), float(cosines[place]))
    return found


def meaning(cosines: Mapping[int, float], sentences: Mapping[int, Best]) -> dict[int, float]:
    """How near passages are in meaning: by themselves, and by their best sentence where sentences have vectors."""
    return {
        number: (1 - SHARE) * cosine + SHARE * (sentences[number].cosine if number in sentences else cosine)
        for number, cosine in cosines.items()
    }
