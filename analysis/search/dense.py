"""Passages by their meaning: the nearest vectors, by an index or one by one, whichever is exact enough and fast."""

from collections.abc import Sequence
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from analysis.search import candidates
from analysis.search.candidates import COLUMNS, DOCUMENTS, Candidate
from analysis.search.lexical import MINE
from documents import sql

_BREADTH = 100  # vectors that the index keeps in view
_MOST_PASSED = 100_000  # vectors of others that the index may pass on its way to ours
# Following the index costs about as much for each vector, anywhere in the table, as ten that are compared in a row.
_INDEX_COSTS = 10
_LENGTH = 60_000  # of a question's vector; a halfvec holds up to 65,504

# In one statement with the search that they are for, since each takes a way to the database and back: what refers to
# `are_set` comes after.
SETTINGS = (
    "(select set_config('hnsw.iterative_scan', 'strict_order', true) as are_set,"
    " set_config('hnsw.ef_search', %(breadth)s, true), set_config('hnsw.max_scan_tuples', %(most)s, true)) settings"
)
_NUMBERED = f"select {COLUMNS} from analysis_chunk c {DOCUMENTS} where c.number = any(%(numbers)s) and c.{MINE}"
_KEPT = "number, embedder, vector, sentences, id, document_id, type, section, page, text, spans"


def numbered(numbers: Sequence[int]) -> list[Candidate]:
    """Those of these passages that are still there."""
    [row] = sql.rows(_NUMBERED, {"numbers": list(numbers)})
    return candidates.of(row)


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
    values = {
        "vector": literal(vector),
        "embedder": embedder,
        "documents": documents and list(documents),
        "breadth": str(max(_BREADTH, limit)),
        "most": str(_MOST_PASSED),
    }
    columns = _KEPT if exact else f"{_KEPT}, are_set"
    near = f"({query(len(vector), limit, exact=exact, some=documents is not None, columns=columns)})"
    source = near if exact else f"{SETTINGS} cross join lateral {near}"
    [row] = sql.rows(f"select {COLUMNS} from {source} c {DOCUMENTS}", values)
    return candidates.of(row)


def by_comparing(chunks: int, limit: int, total: int) -> bool:
    """Whether comparing each of so many passages is faster than the index, which has all tenants' `total` in it."""
    passed = limit * max(total, chunks) / max(chunks, 1)
    return bool(chunks <= _INDEX_COSTS * passed or passed > _MOST_PASSED)


def query(dimensions: int, limit: int, *, exact: bool, some: bool, columns: str = "number") -> str:
    """The statement for the nearest passages; without `exact` by the index, as the settings have it."""
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
    """As pgvector reads it, but longer: in whole numbers, which are shorter to write. Cosines don't see that."""
    return str(np.rint(vector * np.float32(_LENGTH)).astype(int).tolist())
