"""Passages by their meaning: the nearest vectors, by an index or one by one, whichever is exact enough and fast."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

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


def nearest(
    vector: NDArray[np.float32],
    embedder: str,
    *,
    limit: int,
    exact: bool,
    documents: Sequence[UUID] | None = None,
) -> list[int]:
    """Numbers of the passages nearest to the vector, among those of `embedder`: all of the scope's, or `documents`'.

    `exact`: each is compared; the index, which is asked otherwise, overlooks a few.
    """
    if not exact:
        _settle(limit)
    values = {"vector": literal(vector), "embedder": embedder, "documents": documents and list(documents)}
    query = _query(len(vector), limit, exact=exact, some=documents is not None)
    return [number for (number,) in sql.rows(query, values)]


@dataclass(frozen=True, slots=True)
class Compared:
    """A passage that is there: a hash of its text, its cosine if the embedder made its vector, and if it is `near`."""

    number: int
    text: str
    cosine: float | None
    near: bool


def gather(
    vector: NDArray[np.float32],
    embedder: str,
    numbers: Sequence[int],
    *,
    limit: int,
    exact: bool,
    documents: Sequence[UUID] | None = None,
) -> list[Compared]:
    """The passages nearest to the vector, as by `nearest`, and those with these numbers, in one statement.

    A passage may be there twice.
    """
    if not exact:
        _settle(limit)
    values = {"vector": literal(vector), "embedder": embedder, "documents": documents and list(documents)}
    columns = "number, text, vector"
    near = _query(len(vector), limit, exact=exact, some=documents is not None, columns=columns)
    query = (
        f"select number, md5(text), 1 - {_distance(len(vector))}, true from ({near}) near"
        f" union all {_comparing(len(vector))}"
    )
    return [Compared(*row) for row in sql.rows(query, values | {"numbers": list(numbers)})]


def _settle(limit: int) -> None:
    """How the index is followed, until the transaction ends."""
    sql.rows(_SETTINGS, {"breadth": str(max(_BREADTH, limit)), "most": str(_MOST_PASSED)})


def by_comparing(chunks: int, limit: int, total: int) -> bool:
    """Whether comparing each of so many passages is faster than the index, which has all tenants' `total` in it."""
    passed = limit * max(total, chunks) / max(chunks, 1)
    return bool(chunks <= _INDEX_COSTS * passed or passed > _MOST_PASSED)


def compared(vector: NDArray[np.float32], embedder: str, numbers: Sequence[int]) -> list[Compared]:
    """Those of these passages that are still there."""
    values = {"vector": literal(vector), "embedder": embedder, "numbers": list(numbers)}
    return [Compared(*row) for row in sql.rows(_comparing(len(vector)), values)]


def _comparing(dimensions: int) -> str:
    same = f"embedder = %(embedder)s and vector_dims(vector) = {dimensions}"
    return (
        f"select number, md5(text), case when {same} then 1 - {_distance(dimensions)} end, false from analysis_chunk"
        f" where number = any(%(numbers)s) and {MINE}"
    )


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
