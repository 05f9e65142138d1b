"""The encoder of multilingual E5 as an ONNX graph: its table of words has 4 bits."""

from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper

from analysis.engines.embedding.bert_graph import IR_VERSION, Bert
from analysis.engines.embedding.e5_files import (
    INNER,
    INNER_LAYERS,
    MIDDLE,
    MIDDLE_LAYERS,
)
from analysis.engines.embedding.e5_weights import BLOCK, Weights
from analysis.engines.embedding.encoder import INPUT, OUTPUT, STATES

_EXACT_OUTPUTS = (0, 1, 4, 5)  # layers whose feed-forward outputs lose most of what 8 bits lose


def write(weights: Weights, path: Path, lower: Path) -> None:
    """Beside them comes a file of the large tensors, which processes map and share; `lower` ends in the middle."""
    bert = Bert(weights, exact=_EXACT_OUTPUTS)
    middle = last = ""
    for number, last in enumerate(bert.layers(bert.embedded(INPUT, _looked_up(bert, weights))), start=1):
        middle = last if number == MIDDLE_LAYERS else middle
        if number == INNER_LAYERS:
            bert.output(last, INNER)
    bert.output(last, STATES)
    bert.pooled(last, OUTPUT)
    bert.save(path, "e5", INPUT, {OUTPUT: 2, STATES: 3, INNER: 3})
    onnx.save_model(_lower(onnx.load_model(path, load_external_data=False), middle), lower)


def _lower(model: onnx.ModelProto, states: str) -> onnx.ModelProto:
    """What of the saved model leads to these states, on the same file of large tensors."""
    nodes = list(model.graph.node)
    last = next(place for place, node in enumerate(nodes) if states in node.output)
    kept = [*nodes[: last + 1], helper.make_node("Identity", [states], [MIDDLE])]
    used = {name for node in kept for name in node.input}
    tensors = [tensor for tensor in model.graph.initializer if tensor.name in used]
    width = model.graph.output[1].type.tensor_type.shape.dim[2].dim_value
    result = helper.make_tensor_value_info(MIDDLE, TensorProto.FLOAT, ["texts", "tokens", width])
    graph = helper.make_graph(kept, "e5-lower", list(model.graph.input), [result], tensors)
    return helper.make_model(graph, opset_imports=model.opset_import, ir_version=IR_VERSION)


def _looked_up(bert: Bert, weights: Weights) -> str:
    """The words' vectors."""
    words, scales = weights.quantized("emb.word", weights.width)
    bert.tensors.append(helper.make_tensor("words", TensorProto.INT4, words.shape, _packed(words), raw=True))
    inputs = ["words", INPUT, bert.constant("word_scales", scales)]
    axes = {"gather_axis": 0, "quantize_axis": 1, "block_size": BLOCK}
    return bert.node("GatherBlockQuantized", inputs, **axes, contrib=True)


def _packed(nibbles: NDArray[np.int8]) -> bytes:
    """Two of them in each byte, the first in the lower half."""
    halves = nibbles.reshape(-1).view(np.uint8) & 15
    return bytes((halves[::2] | halves[1::2] << 4).tobytes())
