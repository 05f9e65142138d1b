"""An encoder of the BERT family as an ONNX graph of 8-bit products.

Texts of a batch have the same number of tokens, so that nothing is padded and nothing has to be masked.
"""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

IR_VERSION = 10
_OPSET = 21
_LARGE = 1 << 16  # bytes
_CONTRIB = "com.microsoft"  # onnxruntime's own operators


class Weights(Protocol):
    """Tensors by the names that `Bert` asks for: `l0.q.w`, its bias `l0.q.b`, and so on; matrices: outputs x inputs."""

    @property
    def width(self) -> int: ...

    @property
    def inner(self) -> int:
        """Of the feed-forward layers."""
        ...

    @property
    def layers(self) -> int: ...

    @property
    def heads(self) -> int: ...

    @property
    def epsilon(self) -> float: ...

    def vector(self, name: str) -> NDArray[np.float32]:
        """Flat."""
        ...

    def matrix(self, name: str, columns: int) -> NDArray[np.float32]: ...


class Bert:
    """Nodes and tensors, in the order in which they are needed. `exact`: layers whose outputs stay in 32 bits."""

    def __init__(self, weights: Weights, exact: Collection[int] = ()) -> None:
        self.weights = weights
        self.nodes: list[onnx.NodeProto] = []
        self.tensors: list[onnx.TensorProto] = []
        self._exact = exact

    def embedded(self, ids: str, words: str) -> str:
        """The words, their places and the type of a first sentence, added and normalised."""
        weights, width = self.weights, self.weights.width
        places = weights.vector("emb.pos").reshape(-1, width) + weights.vector("emb.type")[:width]
        shape = self.node("Shape", [ids], start=1, end=2)
        begin = self.constant("first", np.array([0], np.int64))
        placed = self.node("Slice", [self.constant("places", places), begin, shape])
        added = self.node("Add", [words, placed])
        names = [self.vector("emb.ln.w"), self.vector("emb.ln.b")]
        return self.node("LayerNormalization", [added, *names], axis=-1, epsilon=weights.epsilon)

    def layers(self, states: str) -> Iterator[str]:
        """What each layer makes of these states."""
        for number in range(self.weights.layers):
            states = self._layer(states, f"l{number}.", exact=number in self._exact)
            yield states

    def _layer(self, states: str, prefix: str, *, exact: bool) -> str:
        mixed = self._product(self._attention(states, prefix), prefix, ("ao",))
        states = self._normalised(mixed, states, prefix + "aln")
        grown = self.node("Gelu", [self._product(states, prefix, ("fi",))], approximate="none")
        return self._normalised(self._product(grown, prefix, ("fo",), exact=exact), states, prefix + "oln")

    def _attention(self, states: str, prefix: str) -> str:
        """Of all tokens to all; queries, keys and values come from one product."""
        width = self.weights.width
        parts = [prefix + part for part in ("q", "k", "v")]
        sizes = self.constant(prefix + "sizes", np.full(3, width, np.int64))
        self.nodes.append(
            helper.make_node("Split", [self._product(states, prefix, ("q", "k", "v")), sizes], parts, axis=-1)
        )
        return self.node("MultiHeadAttention", parts, num_heads=self.weights.heads, contrib=True)

    def _product(self, states: str, prefix: str, parts: tuple[str, ...], *, exact: bool = False) -> str:
        """`states` through a layer's matrices side by side, with their biases."""
        columns = self.weights.inner if parts == ("fo",) else self.weights.width
        matrix = np.concatenate([self.weights.matrix(f"{prefix}{part}.w", columns) for part in parts]).T
        bias = np.concatenate([self.weights.vector(f"{prefix}{part}.b") for part in parts])
        name = prefix + "".join(parts)
        biased = self.constant(name + ".b", bias)
        if exact:
            return self.node("Add", [self.node("MatMul", [states, self.constant(name, matrix)]), biased])
        scales = np.abs(matrix).max(axis=0) / 127
        bytes_ = self.constant(name, np.round(matrix / scales).astype(np.int8))
        scaled = self.constant(name + ".scales", scales)
        return self.node("DynamicQuantizeMatMul", [states, bytes_, scaled, "", biased], contrib=True)

    def _normalised(self, states: str, skipped: str, name: str) -> str:
        inputs = [states, skipped, self.vector(name + ".w"), self.vector(name + ".b")]
        return self.node("SkipLayerNormalization", inputs, epsilon=self.weights.epsilon, contrib=True)

    def pooled(self, states: str, output: str) -> None:
        """The mean of the states, of length 1."""
        axis = self.constant("axis", np.array([1], np.int64))
        mean = self.node("ReduceMean", [states, axis], keepdims=0)
        self.nodes.append(helper.make_node("LpNormalization", [mean], [output], axis=-1, p=2))

    def output(self, states: str, name: str) -> None:
        """Gives these states under a name of their own."""
        self.nodes.append(helper.make_node("Identity", [states], [name]))

    def save(self, path: Path, title: str, ids: str, outputs: Mapping[str, int]) -> None:
        """With a file of the large tensors beside it. `outputs` says how many axes each has; the last is the width."""
        given = helper.make_tensor_value_info(ids, TensorProto.INT64, ["texts", "tokens"])
        axes = ("texts", "tokens")
        results = [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, [*axes[: count - 1], self.weights.width])
            for name, count in outputs.items()
        ]
        model = helper.make_model(
            helper.make_graph(self.nodes, title, [given], results, self.tensors),
            opset_imports=[helper.make_opsetid("", _OPSET), helper.make_opsetid(_CONTRIB, 1)],
            ir_version=IR_VERSION,
        )
        beside: dict[str, Any] = {"save_as_external_data": True, "location": path.name + ".data"}
        onnx.save_model(model, path, **beside, size_threshold=_LARGE)

    def node(self, kind: str, inputs: list[str], *, contrib: bool = False, **attributes: Any) -> str:
        output = f"{kind}_{len(self.nodes)}"
        domain = _CONTRIB if contrib else ""
        self.nodes.append(helper.make_node(kind, inputs, [output], domain=domain, **attributes))
        return output

    def vector(self, name: str) -> str:
        return self.constant(name, self.weights.vector(name))

    def constant(self, name: str, values: NDArray[Any]) -> str:
        self.tensors.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name
