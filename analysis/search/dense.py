"""Passages by their meaning: the nearest vectors, by an index or one by one, whichever is exact enough and fast."""

from collections.abc import Sequence
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from analysis.search.lexical import MINE
from documents import sql

_BREADTH = 100  # vectors that the index keeps in view
_MOST_PASSED = 100_000  # vectors of others that the index may pass on its way to ours
# Following the index costs about as much for each vector, anywhere in the table, as ten that are compared in a row.
_INDEX_COSTS = 10

_TOTAL = "select greatest(reltuples, 1)::bigint from pg_class where oid = 'analysis_chunk'::regclass"
_SETTINGS = (
    "select set_config('hnsw.iterative_scan', 'strict_order', true), set_config('hnsw.ef_search', %(breadth)s, true),"
    " set_config('hnsw.max_scan_tuples', %(most)s, true)"
)


def nearest(
    vector: NDArray[np.float32],
    embedder: str,
    *,
    limit: int,
    chunks: int,
    documents: Sequence[UUID] | None = None,
) -> dict[int, float]:
    """Cosine by number of the passages nearest to the vector, among those of `embedder`.

    `chunks`: about how many passages are searched, which are all of the scope's or those of `documents`.
    """
    exact = by_comparing(chunks, limit)
    if not exact:
        sql.rows(_SETTINGS, {"breadth": str(max(_BREADTH, limit)), "most": str(_MOST_PASSED)})
    values = {"vector": literal(vector), "embedder": embedder, "documents": documents and list(documents)}
    return dict(sql.rows(_query(len(vector), limit, exact=exact, some=documents is not None), values))


def by_comparing(chunks: int, limit: int) -> bool:
    """Whether comparing each of so many passages is faster than the index, which has those of all tenants in it."""
    [(total,)] = sql.rows(_TOTAL, {})
    passed = limit * max(total, chunks) / max(chunks, 1)
    return bool(chunks <= _INDEX_COSTS * passed or passed > _MOST_PASSED)


def cosines(vector: NDArray[np.float32], embedder: str, numbers: Sequence[int]) -> dict[int, float]:
    """Cosine by number of these passages, as far as `embedder` made their vectors."""
    query = (
        f"select number, 1 - {_distance(len(vector))} from analysis_chunk where number = any(%(numbers)s)"
        f" and {MINE} and embedder = %(embedder)s and vector_dims(vector) = {len(vector)}"
    )
    return dict(sql.rows(query, {"vector": literal(vector), "embedder": embedder, "numbers": list(numbers)}))


def _query(dimensions: int, limit: int, *, exact: bool, some: bool) -> str:
    distance = _distance(dimensions)
    return (
        f"select number, 1 - {distance} from analysis_chunk where {MINE} and embedder = %(embedder)s"
        f" and vector_dims(vector) = {dimensions}"
        f"{' and document_id = any(%(documents)s)' if some else ''}"
        f" order by {distance}{' + 0' if exact else ''} limit {limit}"  # no index is in the order of a sum
    )


def _distance(dimensions: int) -> str:
    """Written as the index of vectors of so many dimensions has it, so that it is used."""
    return f"((vector::halfvec({dimensions})) <=> %(vector)s::halfvec({dimensions}))"


def literal(vector: NDArray[np.float32]) -> str:
    return f"[{','.join(map(repr, np.round(vector.astype(float), 5).tolist()))}]"
