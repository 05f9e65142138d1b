"""Passages that may answer: as the database has them, with the vectors that they are compared by."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.search.fusion import Fused
from analysis.search.hits import Hit
from analysis.search.reranking import Best

# All that a hit needs, lest the best ones be read again. Vectors and spans as they are: to make text of a vector, or
# objects of the spans of passages that nobody will see, takes longer than to find them.
COLUMNS = (
    "c.number, c.embedder, halfvec_send(c.vector), c.sentences,"
    " c.id, c.document_id, d.filename, c.type, c.section, c.page, c.text, c.spans::text"
)
DOCUMENTS = "join documents_document d on d.id = c.document_id"
_HEAD = 4  # bytes of a vector as `halfvec_send` has it, before its numbers


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

    def hit(self, one: Fused, sentence: Best | None = None) -> Hit:
        """With its scores, and its best sentence, if that is known."""
        chunk_id, document_id, filename, type, section, page, text, spans = self.columns
        score, lexical, dense = (round(value, 4) for value in (one.score, one.lexical, one.dense))
        places = json.loads(spans)
        hit = Hit(chunk_id, document_id, filename, type, section, page, text, places, score, lexical, dense)
        return replace(hit, sentence=sentence.span(hit.text, hit.type)) if sentence else hit


def of(rows: Sequence[Sequence[Any]]) -> list[Candidate]:
    """Of rows of COLUMNS."""
    wholes = _numbers(">f2", [(row[2] or b"")[_HEAD:] for row in rows])
    sentences = _numbers("<f2", [row[3] or b"" for row in rows])
    return [
        Candidate(row[0], row[1], whole, _by_sentence(every, len(whole)), row[4:])
        for row, whole, every in zip(rows, wholes, sentences, strict=True)
    ]


def _numbers(kind: str, packed: Sequence[bytes]) -> list[NDArray[np.float32]]:
    """Of each; all at once, which is faster than one by one."""
    numbers = np.frombuffer(b"".join(packed), kind).astype(np.float32)
    return np.split(numbers, np.cumsum([len(one) // 2 for one in packed[:-1]], dtype=int)) if packed else []


def _by_sentence(numbers: NDArray[np.float32], dimensions: int) -> NDArray[np.float32]:
    """No rows if the numbers are not of whole ones."""
    if not dimensions or len(numbers) % dimensions:
        return np.empty((0, dimensions), np.float32)
    return numbers.reshape(-1, dimensions)
