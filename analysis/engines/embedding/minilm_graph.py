"""The encoder of MiniLM as an ONNX graph, of its weights in the safetensors format."""

import json
import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto

from analysis.engines.embedding.bert_graph import Bert
from analysis.engines.embedding.encoder import INPUT, OUTPUT, STATES

_NAMES = {  # what the graph calls them: what the file does
    "emb.pos": "embeddings.position_embeddings",
    "emb.type": "embeddings.token_type_embeddings",
    "emb.ln": "embeddings.LayerNorm",
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
_KINDS = {"w": "weight", "b": "bias"}


def write(weights: Path, path: Path) -> None:
    bert = Bert(tensors := Tensors(weights))
    words = bert.constant("words", tensors.tensor("embeddings.word_embeddings.weight").astype(np.float16))
    looked_up = bert.node("Cast", [bert.node("Gather", [words, INPUT])], to=TensorProto.FLOAT)
    *_, last = bert.layers(bert.embedded(INPUT, looked_up))
    bert.output(last, STATES)
    bert.pooled(last, OUTPUT)
    bert.save(path, "minilm", INPUT, {OUTPUT: 2, STATES: 3})


class Tensors:
    """A file's tensors by the graph's names, which end in `.w` or `.b`."""

    width, inner, layers, heads, epsilon = 384, 1536, 6, 12, 1e-12

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            self._entries = json.loads(file.read(length))
            self._data = file.read()

    def tensor(self, name: str) -> NDArray[np.float32]:
        """By the file's own name."""
        entry = self._entries[name]
        begin, end = entry["data_offsets"]
        return np.frombuffer(self._data[begin:end], "<f4").reshape(entry["shape"])

    def vector(self, name: str) -> NDArray[np.float32]:
        return self.tensor(_file_name(name)).ravel()

    def matrix(self, name: str, columns: int) -> NDArray[np.float32]:
        return self.tensor(_file_name(name)).reshape(-1, columns)


def _file_name(name: str) -> str:
    if name.startswith("emb."):
        return f"{_NAMES[name]}.weight" if name in _NAMES else f"{_NAMES[name[:-2]]}.{_KINDS[name[-1]]}"
    layer, part, kind = name.split(".")
    return f"encoder.layer.{layer.removeprefix('l')}.{_NAMES[part]}.{_KINDS[kind]}"
