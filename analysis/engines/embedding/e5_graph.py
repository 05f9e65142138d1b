"""The encoder of multilingual E5 as an ONNX graph: a BERT of 8-bit products, its table of words in 4 bits.

Texts of a batch have the same number of tokens, so that nothing is padded and nothing has to be masked.
"""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from analysis.engines.embedding.e5_files import (
    INNER,
    INNER_LAYERS,
    INPUT,
    MIDDLE,
    MIDDLE_LAYERS,
    OUTPUT,
    STATES,
)
from analysis.engines.embedding.e5_weights import BLOCK, Weights

_EXACT_OUTPUTS = (0, 1, 4, 5)  # layers whose feed-forward outputs lose most of what 8 bits lose
_OPSET, _IR_VERSION = 21, 10
_CONTRIB = "com.microsoft"  # onnxruntime's own operators


def write(weights: Weights, path: Path, lower: Path) -> None:
    """Beside them comes a file of the large tensors, which processes map and share; `lower` ends in the middle."""
    built = _Graph(weights)
    given = helper.make_tensor_value_info(INPUT, TensorProto.INT64, ["texts", "tokens"])
    results = [
        helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, ["texts", weights.width]),
        helper.make_tensor_value_info(STATES, TensorProto.FLOAT, ["texts", "tokens", weights.width]),
        helper.make_tensor_value_info(INNER, TensorProto.FLOAT, ["texts", "tokens", weights.width]),
    ]
    model = helper.make_model(
        helper.make_graph(built.nodes, "e5", [given], results, built.tensors),
        opset_imports=[helper.make_opsetid("", _OPSET), helper.make_opsetid(_CONTRIB, 1)],
        ir_version=_IR_VERSION,
    )
    large: dict[str, Any] = {"save_as_external_data": True, "location": path.name + ".data", "size_threshold": 1 << 16}
    onnx.save_model(model, path, **large)
    onnx.save_model(_lower(onnx.load_model(path, load_external_data=False), built.middle), lower)


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
    return helper.make_model(graph, opset_imports=model.opset_import, ir_version=_IR_VERSION)


class _Graph:
    """Nodes and tensors, in the order in which they are needed."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights
        self.nodes: list[onnx.NodeProto] = []
        self.tensors: list[onnx.TensorProto] = []
        states = self.middle = self._embedded()
        for number in range(weights.layers):
            states = self._layer(states, f"l{number}.", exact=number in _EXACT_OUTPUTS)
            self.middle = states if number + 1 == MIDDLE_LAYERS else self.middle
            if number + 1 == INNER_LAYERS:
                self.nodes.append(helper.make_node("Identity", [states], [INNER]))
        self._pooled(states)

    def _embedded(self) -> str:
        """Words, places and the type of a first sentence, added and normalised."""
        weights, width = self._weights, self._weights.width
        words, scales = weights.quantized("emb.word", width)
        packed = helper.make_tensor("words", TensorProto.INT4, words.shape, _packed(words), raw=True)
        self.tensors.append(packed)
        looked_up = self._node(
            "GatherBlockQuantized",
            ["words", INPUT, self._constant("word_scales", scales)],
            gather_axis=0,
            quantize_axis=1,
            block_size=BLOCK,
            contrib=True,
        )
        places = weights.vector("emb.pos").reshape(-1, width) + weights.vector("emb.type")[:width]
        shape = self._node("Shape", [INPUT], start=1, end=2)
        begin = self._constant("first", np.array([0], np.int64))
        placed = self._node("Slice", [self._constant("places", places), begin, shape])
        added = self._node("Add", [looked_up, placed])
        names = [self._vector("emb.ln.w"), self._vector("emb.ln.b")]
        return self._node("LayerNormalization", [added, *names], axis=-1, epsilon=weights.epsilon)

    def _layer(self, states: str, prefix: str, *, exact: bool) -> str:
        mixed = self._product(self._attention(states, prefix), prefix, ("ao",))
        states = self._normalised(mixed, states, prefix + "aln")
        grown = self._node("Gelu", [self._product(states, prefix, ("fi",))], approximate="none")
        return self._normalised(self._product(grown, prefix, ("fo",), exact=exact), states, prefix + "oln")

    def _attention(self, states: str, prefix: str) -> str:
        """Of all tokens to all; queries, keys and values come from one product."""
        width = self._weights.width
        parts = [prefix + part for part in ("q", "k", "v")]
        sizes = self._constant(prefix + "sizes", np.full(3, width, np.int64))
        self.nodes.append(
            helper.make_node("Split", [self._product(states, prefix, ("q", "k", "v")), sizes], parts, axis=-1)
        )
        return self._node("MultiHeadAttention", parts, num_heads=self._weights.heads, contrib=True)

    def _product(self, states: str, prefix: str, parts: tuple[str, ...], *, exact: bool = False) -> str:
        """`states` through a layer's matrices side by side, with their biases."""
        columns = self._weights.inner if parts == ("fo",) else self._weights.width
        matrix = np.concatenate([self._weights.matrix(f"{prefix}{part}.w", columns) for part in parts]).T
        bias = np.concatenate([self._weights.vector(f"{prefix}{part}.b") for part in parts])
        name = prefix + "".join(parts)
        biased = self._constant(name + ".b", bias)
        if exact:
            return self._node("Add", [self._node("MatMul", [states, self._constant(name, matrix)]), biased])
        scales = np.abs(matrix).max(axis=0) / 127
        bytes_ = self._constant(name, np.round(matrix / scales).astype(np.int8))
        scaled = self._constant(name + ".scales", scales)
        return self._node("DynamicQuantizeMatMul", [states, bytes_, scaled, "", biased], contrib=True)

    def _normalised(self, states: str, skipped: str, name: str) -> str:
        inputs = [states, skipped, self._vector(name + ".w"), self._vector(name + ".b")]
        return self._node("SkipLayerNormalization", inputs, epsilon=self._weights.epsilon, contrib=True)

    def _pooled(self, states: str) -> None:
        axis = self._constant("axis", np.array([1], np.int64))
        self.nodes.append(helper.make_node("Identity", [states], [STATES]))
        mean = self._node("ReduceMean", [states, axis], keepdims=0)
        self.nodes.append(helper.make_node("LpNormalization", [mean], [OUTPUT], axis=-1, p=2))

    def _node(self, kind: str, inputs: list[str], *, contrib: bool = False, **attributes: Any) -> str:
        output = f"{kind}_{len(self.nodes)}"
        domain = _CONTRIB if contrib else ""
        self.nodes.append(helper.make_node(kind, inputs, [output], domain=domain, **attributes))
        return output

    def _vector(self, name: str) -> str:
        return self._constant(name, self._weights.vector(name))

    def _constant(self, name: str, values: NDArray[Any]) -> str:
        self.tensors.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name


def _packed(nibbles: NDArray[np.int8]) -> bytes:
    """Two of them in each byte, the first in the lower half."""
    halves = nibbles.reshape(-1).view(np.uint8) & 15
    return bytes((halves[::2] | halves[1::2] << 4).tobytes())
