"""The candidates again, by their sentences: the best one of each counts beside the passage as a whole."""

import numpy as np
from numpy.typing import NDArray

SHARE = 0.6  # of the best sentence in what a passage means; by half of the questions of XQuAD and CISI


def meaning(whole: float, sentences: NDArray[np.float32]) -> float:
    """How near a passage is in meaning, by its cosine and those of its sentences, if they have vectors."""
    return (1 - SHARE) * whole + SHARE * (float(sentences.max()) if len(sentences) else whole)
