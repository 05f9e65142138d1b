"""Pictures by what they show: the question's vector from the server of the pictures', and the nearest of them.

How near a picture is says little by itself: the cosines of such models lie close together, at another height for each
model. What is asked for is shown where the question is nearer to the picture than sentences that suit any picture are.
"""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Literal
from uuid import UUID
from weakref import WeakKeyDictionary

import numpy as np
import structlog
from numpy.typing import NDArray
from prometheus_client import Counter

from analysis.engines.embedding import pictures
from analysis.engines.embedding.pictures import PictureEmbedder
from analysis.search import dense, filtering
from analysis.search.hits import Filters, Hit
from analysis.search.lexical import MINE
from documents import sql
from documents.errors import Unavailable

log = structlog.get_logger(__name__)

SEARCHED = Counter("vouch_picture_searches_total", "Searches that looked for pictures, too", ["outcome"])

State = Literal["off", "searched", "unavailable"]

_SECONDS = 1.5  # that a search waits for the question's vector
_CANDIDATES = 50  # nearest pictures that are looked at
_MOST = 3  # of an answer, and at most a third of it
_LIKELY = 0.6  # how likely it must be that a picture shows what is asked for
_SHARPNESS = 100.0  # CLIP's own: cosines times this are what it chooses among texts by
_ANY = (
    "a picture",
    "a photo",
    "a drawing",
    "a diagram",
    "a page of a document",
    "a page full of text",
    "a logo",
    "something else",
)
_SOME = f"select exists (select from analysis_picture p where p.{MINE} and p.embedder = %(embedder)s)"
# Each is compared: filters and tenants leave few of them.
_NEAREST = (
    "select p.id, p.document_id, d.filename, p.page, p.box, p.caption, halfvec_send(p.vector) from"
    f" (select * from analysis_picture where {MINE} and embedder = %(embedder)s"
    " and vector_dims(vector) = %(dimensions)s"
    " and (%(documents)s::uuid[] is null or document_id = any(%(documents)s::uuid[]))"
    f" order by vector <=> %(vector)s::halfvec limit {_CANDIDATES}) p"
    " join documents_document d on d.id = p.document_id"
)
_HEAD = 4  # bytes of a vector as `halfvec_send` has it, before its numbers

Vector = NDArray[np.float32]

_any: WeakKeyDictionary[PictureEmbedder, Vector] = WeakKeyDictionary()  # what _ANY says, by who embedded it


@dataclass(frozen=True, slots=True)
class PictureHit:
    """A picture that was found. `score` is how likely it shows what is asked for, in [0, 1]."""

    id: UUID
    document_id: UUID
    filename: str
    page: int
    box: list[float]
    caption: str
    score: float


@dataclass(frozen=True, slots=True)
class Shown:
    """The pictures of an answer, the best first, and whether they could be searched."""

    hits: list[PictureHit]
    state: State


class Looking:
    """A search for pictures: the server is asked meanwhile, while others ask the database."""

    def __init__(self, question: str) -> None:
        embedder = self._embedder = pictures.current()
        self._vectors: Future[tuple[Vector, Vector]] | None = None
        if embedder and question.strip() and _there_are_some(embedder):
            self._vectors = _threads().submit(_asked, embedder, question)

    def found(self, filters: Filters, limit: int) -> Shown:
        """Those that show it, of the documents that `filters` leave."""
        if self._embedder is None or self._vectors is None:
            return Shown([], "searched" if self._embedder else "off")
        try:
            asked, any_ = self._vectors.result(timeout=_SECONDS)
        except (Unavailable, TimeoutError) as error:  # the latter while all threads wait for a slow server
            SEARCHED.labels(outcome="unavailable").inc()
            log.warning("pictures_not_searched", code=getattr(error, "code", "embedding_timeout"))
            return Shown([], "unavailable")
        SEARCHED.labels(outcome="searched").inc()
        return Shown(_best(self._embedder, asked, any_, filters)[: max(1, min(_MOST, limit // 3))], "searched")


def mixed(passages: Sequence[Hit], shown: Sequence[PictureHit], limit: int) -> list[Hit | PictureHit]:
    """One order of both, `limit` at most.

    A passage that holds words of the question says more than what a picture seems to show: pictures come behind the
    best of those. Where none holds any, they come before what is merely near in meaning.
    """
    best = max((hit.score for hit in passages if hit.lexical > 0), default=1.0)
    placed = [replace(hit, score=round(best * hit.score, 4)) for hit in shown]
    both: list[Hit | PictureHit] = [*passages, *placed]
    return sorted(both, key=lambda hit: -hit.score)[:limit]


def _there_are_some(embedder: PictureEmbedder) -> bool:
    [(found,)] = sql.rows(_SOME, {"embedder": embedder.name})
    return bool(found)


def _asked(embedder: PictureEmbedder, question: str) -> tuple[Vector, Vector]:
    """The question's vector, and those of the sentences that suit any picture."""
    if (any_ := _any.get(embedder)) is not None:
        return embedder.texts([question], _SECONDS)[0], any_
    found = embedder.texts([question, *_ANY], _SECONDS)
    _any[embedder] = found[1:]
    return found[0], found[1:]


def _best(embedder: PictureEmbedder, asked: Vector, any_: Vector, filters: Filters) -> list[PictureHit]:
    documents = filtering.documents(filters)
    rows = nearest(asked, embedder.name, documents) if documents != [] else []
    if not rows:
        return []
    vectors = np.array([np.frombuffer(row[-1], ">f2", offset=_HEAD) for row in rows], np.float32)
    likely = _likelihood(vectors @ asked, vectors @ any_.T)
    hits = [
        PictureHit(picture_id, document_id, filename, page, box, caption, float(one))
        for (picture_id, document_id, filename, page, box, caption, _), one in zip(rows, likely, strict=True)
    ]
    return sorted((hit for hit in hits if hit.score >= _LIKELY), key=lambda hit: -hit.score)


def nearest(vector: Vector, embedder: str, documents: Sequence[UUID] | None) -> Sequence[Sequence[Any]]:
    """Columns of the pictures nearest to a vector, among those of `embedder`: all of the scope's, or `documents`'."""
    values = {
        "embedder": embedder,
        "dimensions": len(vector),
        "vector": dense.literal(vector),
        "documents": documents and list(documents),
    }
    return sql.rows(_NEAREST, values)


def _likelihood(asked: Vector, any_: Vector) -> Vector:
    """Of each picture, by its cosine with the question and those with what suits any picture."""
    ahead = _SHARPNESS * (asked - any_.max(axis=1))
    return np.asarray(1 / (1 + np.exp(-np.clip(ahead, -50, 50))), np.float32)


@lru_cache(maxsize=1)
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=8, thread_name_prefix="pictures")
