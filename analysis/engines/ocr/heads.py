"""The recogniser's last layer in two sizes: Latin for most lines, and all scripts for lines that Latin can't explain.

Most of the 18,708 characters are Chinese. Leaving them out of the layer saves an eighth of the recogniser's time. The
layer before is kept as a second output, so that the full layer costs a doubtful line one product of matrices.
"""

import unicodedata
from collections.abc import Sequence
from statistics import fmean
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

DOUBTFUL = 0.9  # mean confidence of a line, below which all scripts are tried
_LATIN_LETTERS_END = 0x250  # where the International Phonetic Alphabet begins
_SIGNS_END = 0x2800  # dingbats included, emoji and signs of Chinese left out

_BLANK = 0  # the recogniser's character for "none here", or "still the same"


class Line(NamedTuple):
    """What a line says: its characters, in which of the recogniser's columns each was seen, and how surely."""

    text: str
    columns: list[int]
    confidences: list[float]
    length: float  # columns that are not padding

    @property
    def confidence(self) -> float:
        """Of the whole line, its mean."""
        return fmean(self.confidences) if self.confidences else 0.0


class TwoHeads:
    """Stands in for a recogniser's `session` and `postprocess_op` on OpenVINO."""

    def __init__(self, recogniser: Any, threads: int) -> None:
        self._all = recogniser.postprocess_op.character  # the blank first, the space last
        kept = [n for n, char in enumerate(self._all) if n == _BLANK or is_latin(char)]
        self._latin = [self._all[n] for n in kept]
        latin, full = _cut(recogniser.session.model, kept)
        self._request, self._full = _compiled(latin, threads), _compiled(full, threads)

    def read(self, pixels: NDArray[np.float32], used: int, alphabet: str = "latin") -> Line:
        """A line of 1 x 3 x height x width, of which `used` columns are not padding.

        In "all" alphabets a line that Latin explains may have characters of another one all the same.
        """
        self._request.infer([pixels], share_inputs=True, share_outputs=True)
        share, features = used / pixels.shape[3], self._request.get_output_tensor(1).data[0]
        if alphabet == "all":
            return self._by_all(features, share)
        best = decoded(self._latin, self._request.get_output_tensor(0).data[0], share)
        return best if best.confidence >= DOUBTFUL else _surer(best, self._by_all(features, share))

    def _by_all(self, features: NDArray[np.float32], share: float) -> Line:
        self._full.infer([features], share_inputs=True, share_outputs=True)
        logits = self._full.get_output_tensor(0).data
        columns, characters = _path(logits)
        seen = logits[columns]
        likelihoods = 1 / np.exp(seen - seen.max(axis=1, keepdims=True)).sum(axis=1)  # softmax, of the best alone
        return _line(self._all, columns, characters, likelihoods, len(logits) * share)


def _surer(first: Line, second: Line) -> Line:
    return second if second.confidence > first.confidence else first


def decoded(characters: Sequence[str], scores: NDArray[np.float32], share: float) -> Line:
    """The text of a line from likelihoods of columns x characters, of which this share of columns is not padding."""
    columns, best = _path(scores)
    return _line(characters, columns, best, scores[columns, best], len(scores) * share)


def _path(scores: NDArray[np.float32]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Where characters begin, and which: the best of each column without blanks and repetitions (CTC)."""
    best = scores.argmax(axis=1)
    begins = best != _BLANK
    begins[1:] &= best[1:] != best[:-1]
    columns = np.flatnonzero(begins)
    return columns, best[columns]


def _line(
    characters: Sequence[str],
    columns: NDArray[np.intp],
    best: NDArray[np.intp],
    likelihoods: NDArray[np.float32],
    length: float,
) -> Line:
    return Line("".join(characters[n] for n in best), columns.tolist(), likelihoods.tolist(), length)


def is_latin(char: str) -> bool:
    """Whether documents in Latin script have this character: letters, digits, signs and the space."""
    if len(char) != 1:
        return False
    if unicodedata.category(char)[0] == "L":
        return ord(char) < _LATIN_LETTERS_END or unicodedata.name(char, "").startswith("LATIN SMALL LIGATURE")
    return ord(char) < _SIGNS_END


def _cut(model: Any, kept: list[int]) -> tuple[Any, Any]:
    """A model with two outputs, the scores of the kept characters and the last layer's input; and the whole layer.

    The layer is a model, too: a product by NumPy would use all cores, and wait for them busily.
    """
    from openvino import Model
    from openvino import opset13 as ops

    product = model.get_results()[0]
    bias: NDArray[np.float32] | None = None
    while product.get_type_name() != "MatMul":
        if product.get_type_name() == "Add":
            bias = product.input_value(1).get_node().data
        product = product.input_value(0).get_node()
    if bias is None:
        raise RuntimeError("The recogniser's last layer has no bias.")
    weights: NDArray[np.float32] = product.input_value(1).get_node().data  # features x characters
    features = product.input_value(0)
    columns = ops.parameter([-1, len(weights)], np.float32)
    full = _layer(columns, weights, bias)
    latin = ops.softmax(_layer(features, weights[:, kept], bias[kept]), 2)
    return (
        Model([latin.output(0), features], model.get_parameters(), "recogniser"),
        Model([full.output(0)], [columns], "layer"),
    )


def _layer(features: Any, weights: NDArray[np.float32], bias: NDArray[np.float32]) -> Any:
    from openvino import opset13 as ops

    return ops.add(ops.matmul(features, ops.constant(weights), False, False), ops.constant(bias))


def _compiled(model: Any, threads: int) -> Any:
    from openvino import Core

    options = {"INFERENCE_NUM_THREADS": threads, "ENABLE_CPU_PINNING": False}
    return Core().compile_model(model, "CPU", options).create_infer_request()
