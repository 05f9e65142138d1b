"""Posting lists as bytes: which passages hold a word, how often, and how long each of them is.

Little-endian: the smallest number (8 bytes), then of n passages, ascending, the distances of their numbers from it
(4 bytes each), the lengths in words (2 bytes each) and the times that the word is in them (1 byte each).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

HEAD, EACH = 8, 7  # bytes
_MOST_TIMES, _LONGEST = 0xFF, 0xFFFF
SPAN = 0xFFFF_FFFF  # the farthest that numbers of one list may be apart


@dataclass(frozen=True, slots=True)
class Entries:
    """Three arrays of one length, by passage: chunk numbers, times, and lengths in words."""

    numbers: NDArray[np.int64]
    times: NDArray[np.uint8]
    lengths: NDArray[np.uint16]

    def __len__(self) -> int:
        return len(self.numbers)

    def where(self, chosen: NDArray[Any]) -> "Entries":
        return Entries(self.numbers[chosen], self.times[chosen], self.lengths[chosen])


def of(numbers: Sequence[int], times: Sequence[int], lengths: Sequence[int]) -> Entries:
    """What is more than fits counts as the most that fits."""
    return Entries(
        np.asarray(numbers, np.int64),
        np.minimum(np.asarray(times, np.int64), _MOST_TIMES).astype(np.uint8),
        np.minimum(np.asarray(lengths, np.int64), _LONGEST).astype(np.uint16),
    )


def pack(entries: Entries) -> bytes:
    """The bytes of a list that is not empty. Raises ValueError if its numbers are too far apart."""
    order = np.argsort(entries.numbers, kind="stable")
    numbers = entries.numbers[order]
    if numbers[-1] - numbers[0] > SPAN:
        raise ValueError("The numbers of a posting list are too far apart.")
    offsets = (numbers - numbers[0]).astype("<u4")
    lengths, times = entries.lengths[order].astype("<u2"), entries.times[order]
    return b"".join((int(numbers[0]).to_bytes(HEAD, "little"), offsets.tobytes(), lengths.tobytes(), times.tobytes()))


def unpack(data: bytes | memoryview) -> Entries:
    count = (len(data) - HEAD) // EACH
    base = int.from_bytes(data[:HEAD], "little")
    offsets = np.frombuffer(data, "<u4", count, HEAD)
    lengths = np.frombuffer(data, "<u2", count, HEAD + 4 * count)
    times = np.frombuffer(data, np.uint8, count, HEAD + 6 * count)
    return Entries(offsets.astype(np.int64) + base, times, lengths)


def together(parts: Sequence[Entries]) -> Entries:
    """One word's lists in several segments, the oldest first, as one.

    A passage in several (its document was indexed again, and it stayed as it was) counts as the last one has it.
    """
    if len(parts) == 1:
        return parts[0]
    joined = concatenated(parts)
    ordered = sorted(parts, key=lambda part: int(part.numbers[0]))
    if all(one.numbers[-1] < other.numbers[0] for one, other in pairwise(ordered)):
        return joined
    _, last = np.unique(joined.numbers[::-1], return_index=True)
    return joined.where(len(joined) - 1 - last)


def concatenated(parts: Sequence[Entries]) -> Entries:
    """One list after the other."""
    return Entries(
        np.concatenate([part.numbers for part in parts]),
        np.concatenate([part.times for part in parts]),
        np.concatenate([part.lengths for part in parts]),
    )
