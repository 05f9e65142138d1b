"""Passages that may answer: as the database has them, with the vectors that they are compared by."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.search.fusion import Fused
from analysis.search.hits import Hit

# All that a hit needs, lest the best ones be read again. Of all passages in one row, which the database sends at once:
# row by row it takes twice as long. Vectors and spans as they are: to make text of a vector, or objects of the spans of
# passages that nobody will see, takes longer than to find them.
COLUMNS = (
    "string_agg(halfvec_send(c.vector), ''::bytea), array_agg(coalesce(vector_dims(c.vector), 0)),"
    " string_agg(c.sentences, ''::bytea), array_agg(coalesce(octet_length(c.sentences), 0)),"
    " array_agg(c.number), array_agg(c.embedder), array_agg(c.id), array_agg(c.document_id), array_agg(d.filename),"
    " array_agg(c.type), array_agg(c.section), array_agg(c.page), array_agg(c.text), array_agg(c.spans::text)"
)
DOCUMENTS = "join documents_document d on d.id = c.document_id"
_HEAD = 2  # numbers' places of a vector as `halfvec_send` has it, before its numbers


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage that is there: its number, its vector by `embedder` and those of its sentences, none if it has none."""

    number: int
    embedder: str
    whole: NDArray[np.float32]
    sentences: NDArray[np.float32]  # sentences x dimensions
    columns: Sequence[Any]  # id, document_id, filename, type, section, page, text, spans as JSON

    @property
    def text(self) -> str:
        return str(self.columns[6])

    def hit(self, one: Fused) -> Hit:
        """With its scores."""
        chunk_id, document_id, filename, type, section, page, text, spans = self.columns
        score, lexical, dense = (round(value, 4) for value in (one.score, one.lexical, one.dense))
        places = json.loads(spans)
        return Hit(chunk_id, document_id, filename, type, section, page, text, places, score, lexical, dense)


def of(row: Sequence[Any]) -> list[Candidate]:
    """Of a row of COLUMNS."""
    packed, dimensions, packed_sentences, sizes, *columns = row
    wholes = _split(packed, ">f2", [_HEAD + one if one else 0 for one in dimensions or ()])
    sentences = _split(packed_sentences, "<f2", [size // 2 for size in sizes or ()])
    each = zip(*columns, strict=True) if dimensions else ()
    return [
        Candidate(number, embedder, whole[_HEAD:], _by_sentence(every, len(whole) - _HEAD), shown)
        for (number, embedder, *shown), whole, every in zip(each, wholes, sentences, strict=True)
    ]


def _split(packed: bytes | None, kind: str, lengths: Sequence[int]) -> list[NDArray[np.float32]]:
    numbers = np.frombuffer(packed or b"", kind).astype(np.float32)
    return [numbers[end - length : end] for length, end in zip(lengths, accumulate(lengths), strict=True)]


def _by_sentence(numbers: NDArray[np.float32], dimensions: int) -> NDArray[np.float32]:
    """No rows if the numbers are not of whole ones."""
    if dimensions <= 0 or len(numbers) % dimensions:
        return np.empty((0, max(dimensions, 0)), np.float32)
    return numbers.reshape(-1, dimensions)
