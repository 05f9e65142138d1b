"""Multilingual E5 (small) on this machine's CPU, by onnxruntime: 384 dimensions, about a hundred languages."""

from collections.abc import Iterator, Sequence
from functools import cache

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from analysis.engines import batching
from analysis.engines.embedding import e5_files, tokens

_BOS, _EOS = 0, 2
_MOST = 510  # tokens of a text and its prefix; the model has 512 places
_BOTH = (e5_files.INNER, e5_files.STATES)
_AT_ONCE = 200  # tokens: fewer are slowed by what each run costs, more by what no longer fits into the caches


class E5:
    """Shared by threads: a session runs for many at once."""

    name = e5_files.NAME
    dimensions = 384

    middle_name = f"{e5_files.NAME}/layer-{e5_files.MIDDLE_LAYERS}"

    def __init__(self) -> None:
        self._session = _session(e5_files.ENCODER)

    def passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self._vectors("passage: ", texts)

    def queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self._vectors("query: ", texts)

    def passage_states(self, texts: Sequence[str]) -> list[NDArray[np.float32]]:
        return self._each("passage: ", texts, self._session, _BOTH)

    def query_states(self, texts: Sequence[str]) -> list[NDArray[np.float32]]:
        return self._each("query: ", texts, self._session, _BOTH)

    def passage_places(self, beginnings: Sequence[str]) -> list[int]:
        return [1 + len(ids) for ids in tokens.encoded("passage: " + text.strip() for text in beginnings)]

    def middle_states(self, texts: Sequence[str]) -> list[NDArray[np.float32]]:
        return [middle for [middle] in self._each("passage: ", texts, _lower_session(), [e5_files.MIDDLE])]

    def _each(
        self, prefix: str, texts: Sequence[str], session: onnxruntime.InferenceSession, outputs: Sequence[str]
    ) -> list[NDArray[np.float32]]:
        """By text, outputs x tokens x dimensions."""
        states: list[NDArray[np.float32]] = [np.empty((len(outputs), 0, self.dimensions), np.float32)] * len(texts)
        for places, batch in self._encoded(prefix, texts):
            made = session.run(outputs, {e5_files.INPUT: batch})
            for place, state in zip(places, np.stack(made, axis=1), strict=True):
                states[place] = state
        return states

    def _vectors(self, prefix: str, texts: Sequence[str]) -> NDArray[np.float32]:
        vectors = np.empty((len(texts), self.dimensions), np.float32)
        for places, batch in self._encoded(prefix, texts):
            vectors[places] = self._session.run([e5_files.OUTPUT], {e5_files.INPUT: batch})[0]
        return vectors

    def _encoded(self, prefix: str, texts: Sequence[str]) -> Iterator[tuple[list[int], NDArray[np.int64]]]:
        """Places of texts, and their tokens: texts of one length go together, so that none is padded."""
        encoded = tokens.encoded(prefix + text.strip() for text in texts)
        for places in batching.by_length([min(len(ids), _MOST) + 2 for ids in encoded], _AT_ONCE):
            yield places, np.array([[_BOS, *encoded[place][:_MOST], _EOS] for place in places], np.int64)


@cache
def _lower_session() -> onnxruntime.InferenceSession:
    """Loaded where it is asked for: most processes never are."""
    return _session(e5_files.LOWER)


def _session(name: str) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    folder = e5_files.folder()
    options.add_session_config_entry("session.model_external_initializers_file_folder_path", str(folder))
    return onnxruntime.InferenceSession(folder / name, options, providers=["CPUExecutionProvider"])
