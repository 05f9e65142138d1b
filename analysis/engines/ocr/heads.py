"""The recogniser's last layer in two sizes: Latin for most lines, and all scripts for lines that Latin can't explain.

Most of the 18,708 characters are Chinese. Leaving them out of the layer saves an eighth of the recogniser's time. The
layer before is kept as a second output, so that the full layer costs a doubtful line one product of matrices.
"""

import unicodedata
from copy import copy
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

DOUBTFUL = 0.9  # mean confidence of a line, below which all scripts are tried
_LATIN_LETTERS_END = 0x250  # where the International Phonetic Alphabet begins
_SIGNS_END = 0x2800  # dingbats included, emoji and signs of Chinese left out

Decoded = tuple[str, float, Any]  # text, mean confidence, rapidocr's WordInfo: places and confidences of characters


class _Layer(NamedTuple):
    weights: NDArray[np.float32]  # features x characters
    bias: NDArray[np.float32]  # characters


class TwoHeads:
    """Stands in for a recogniser's `session` and `postprocess_op` on OpenVINO."""

    def __init__(self, recogniser: Any, threads: int) -> None:
        self._full_decoder = recogniser.postprocess_op
        self._decoder = copy(self._full_decoder)
        characters = self._full_decoder.character  # the blank first, the space last
        kept = [n for n, char in enumerate(characters) if n == 0 or is_latin(char)]
        self._decoder.character = [characters[n] for n in kept]
        model, self._layer = _cut(recogniser.session.model, kept)
        self._request = _compiled(model, threads)

    def read(self, pixels: NDArray[np.float32], used: int) -> Decoded:
        """A line of 1 x 3 x height x width, of which `used` columns are not padding."""
        self._request.infer([pixels])
        scores = self._request.get_output_tensor(0).data
        best = decoded(self._decoder, scores, used, pixels.shape[3])
        if best[1] >= DOUBTFUL:
            return best
        features = self._request.get_output_tensor(1).data
        other = decoded(
            self._full_decoder, _softmax(features @ self._layer.weights + self._layer.bias), used, pixels.shape[3]
        )
        return _better(best, other)


def _better(best: Decoded, other: Decoded) -> Decoded:
    return other if other[1] > best[1] else best


def decoded(decoder: Any, scores: NDArray[np.float32], used: int, width: int) -> Decoded:
    """The text of a line by `decoder`, rapidocr's CTCLabelDecode, from scores of 1 x columns x characters."""
    ((text, score),), (places,) = decoder(scores, return_word_box=True, wh_ratio_list=[used], max_wh_ratio=width)
    return text, score, places


def is_latin(char: str) -> bool:
    """Whether documents in Latin script have this character: letters, digits, signs and the space."""
    if len(char) != 1:
        return False
    if unicodedata.category(char)[0] == "L":
        return ord(char) < _LATIN_LETTERS_END or unicodedata.name(char, "").startswith("LATIN SMALL LIGATURE")
    return ord(char) < _SIGNS_END


def _cut(model: Any, kept: list[int]) -> tuple[Any, _Layer]:
    """A model with two outputs, the scores of the kept characters and the last layer's input; and the whole layer."""
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
    layer = _Layer(product.input_value(1).get_node().data.copy(), bias.copy())
    features = product.input_value(0)
    logits = ops.add(
        ops.matmul(features, ops.constant(layer.weights[:, kept]), False, False), ops.constant(layer.bias[kept])
    )
    return Model([ops.softmax(logits, 2).output(0), features], model.get_parameters(), "recogniser"), layer


def _compiled(model: Any, threads: int) -> Any:
    from openvino import Core

    options = {"INFERENCE_NUM_THREADS": threads, "ENABLE_CPU_PINNING": False}
    return Core().compile_model(model, "CPU", options).create_infer_request()


def _softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    grown = np.exp(logits - logits.max(axis=2, keepdims=True))
    return np.asarray(grown / grown.sum(axis=2, keepdims=True))
