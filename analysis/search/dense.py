"""Passages by their meaning: the nearest vectors, by an index or one by one, whichever is exact enough and fast."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from analysis.search import vectors
from analysis.search.lexical import MINE
from documents import sql

_BREADTH = 100  # vectors that the index keeps in view
_MOST_PASSED = 100_000  # vectors of others that the index may pass on its way to ours
# Following the index costs about as much for each vector, anywhere in the table, as ten that are compared in a row.
_INDEX_COSTS = 10

_SETTINGS = (
    "select set_config('hnsw.iterative_scan', 'strict_order', true), set_config('hnsw.ef_search', %(breadth)s, true),"
    " set_config('hnsw.max_scan_tuples', %(most)s, true)"
)


# Not `vector` itself: as text, it takes longer to send and to read than to find.
_COLUMNS = "number, md5(text), embedder, halfvec_send(vector), sentences"
_HEAD = 4  # bytes of a vector as `halfvec_send` has it, before its numbers
_NUMBERED = f"select {_COLUMNS} from analysis_chunk where number = any(%(numbers)s) and {MINE}"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage that is there: its number, a hash of its text, and its vectors by `embedder`, if it has any."""

    number: int
    text: str
    embedder: str
    vector: bytes | None
    sentences: bytes | None

    def cosine(self, question: NDArray[np.float32]) -> float | None:
        """Of the whole passage; None without a vector of as many dimensions."""
        if self.vector is None or len(self.vector) != _HEAD + 2 * len(question):
            return None
        return float(np.frombuffer(self.vector, ">f2", offset=_HEAD).astype(np.float32) @ question)

    def cosines(self, question: NDArray[np.float32]) -> NDArray[np.float32]:
        """Of its sentences; none where these have no vectors."""
        return vectors.unpack(self.sentences or b"", len(question)) @ question


def numbered(numbers: Sequence[int]) -> list[Candidate]:
    """Those of these passages that are still there."""
    return [Candidate(*row) for row in sql.rows(_NUMBERED, {"numbers": list(numbers)})]


def nearest(
    vector: NDArray[np.float32],
    embedder: str,
    *,
    limit: int,
    exact: bool,
    documents: Sequence[UUID] | None = None,
) -> list[Candidate]:
    """The passages nearest to the vector, among those of `embedder`: all of the scope's, or `documents`'.

    `exact`: each is compared; the index, which is asked otherwise, overlooks a few.
    """
    if not exact:
        sql.rows(_SETTINGS, {"breadth": str(max(_BREADTH, limit)), "most": str(_MOST_PASSED)})
    values = {"vector": literal(vector), "embedder": embedder, "documents": documents and list(documents)}
    columns = "number, text, embedder, vector, sentences"
    near = _query(len(vector), limit, exact=exact, some=documents is not None, columns=columns)
    return [Candidate(*row) for row in sql.rows(f"select {_COLUMNS} from ({near}) near", values)]


def by_comparing(chunks: int, limit: int, total: int) -> bool:
    """Whether comparing each of so many passages is faster than the index, which has all tenants' `total` in it."""
    passed = limit * max(total, chunks) / max(chunks, 1)
    return bool(chunks <= _INDEX_COSTS * passed or passed > _MOST_PASSED)


def _query(dimensions: int, limit: int, *, exact: bool, some: bool, columns: str = "number") -> str:
    distance = _distance(dimensions)
    return (
        f"select {columns} from analysis_chunk where {MINE} and embedder = %(embedder)s"
        f" and vector_dims(vector) = {dimensions}"
        f"{' and document_id = any(%(documents)s)' if some else ''}"
        f" order by {distance}{' + 0' if exact else ''} limit {limit}"  # no index is in the order of a sum
    )


def _distance(dimensions: int) -> str:
    """Written as the index of vectors of so many dimensions has it, so that it is used."""
    return f"((vector::halfvec({dimensions})) <=> %(vector)s::halfvec({dimensions}))"


def literal(vector: NDArray[np.float32]) -> str:
    return f"[{','.join(map(repr, np.round(vector.astype(float), 5).tolist()))}]"
