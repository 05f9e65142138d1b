"""A built graph and its tokenizer: what they make of texts on this machine's CPU, by onnxruntime."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from analysis.engines import batching

INPUT = "ids"  # texts x tokens
OUTPUT = "vectors"  # texts x width, of length 1
STATES = "states"  # texts x tokens x width: what the mean is taken of

_AT_ONCE = 200  # tokens: fewer are slowed by what each run costs, more by what no longer fits into the caches


class Encoder:
    """Shared by threads: a session runs for many at once.

    `encode` gives the tokens of texts, of which the first `most` are read, between the two `marks`.
    """

    def __init__(
        self, graph: Path, encode: Callable[[Iterable[str]], list[list[int]]], marks: tuple[int, int], most: int
    ) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.add_session_config_entry("session.model_external_initializers_file_folder_path", str(graph.parent))
        self._session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
        self._encode, self._marks, self._most = encode, marks, most
        self.width = int(self._session.get_outputs()[0].shape[-1])

    def vectors(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """len(texts) x width, each of length 1."""
        found = np.empty((len(texts), self.width), np.float32)
        for places, batch in self._encoded(texts):
            found[places] = self._session.run([OUTPUT], {INPUT: batch})[0]
        return found

    def states(self, texts: Sequence[str], outputs: Sequence[str] = (STATES,)) -> list[NDArray[np.float32]]:
        """By text, outputs x tokens x width."""
        found: list[NDArray[np.float32]] = [np.empty((len(outputs), 0, self.width), np.float32)] * len(texts)
        for places, batch in self._encoded(texts):
            made = self._session.run(outputs, {INPUT: batch})
            for place, state in zip(places, np.stack(made, axis=1), strict=True):
                found[place] = state
        return found

    def _encoded(self, texts: Sequence[str]) -> Iterator[tuple[list[int], NDArray[np.int64]]]:
        """Places of texts, and their tokens: texts of one length go together, so that none is padded."""
        begin, end = self._marks
        encoded = [ids[: self._most] for ids in self._encode(texts)]
        for places in batching.by_length([len(ids) + 2 for ids in encoded], _AT_ONCE):
            yield places, np.array([[begin, *encoded[place], end] for place in places], np.int64)
