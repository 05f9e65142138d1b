"""Passages that answer a question, by words and by meaning, in the caller's tenancy scope."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from typing import TypeVar
from uuid import UUID

import numpy as np
from django.db import DEFAULT_DB_ALIAS, connections
from numpy.typing import NDArray

from analysis.engines import embedding
from analysis.engines.embedding import Embedder
from analysis.search import dense, filtering, fusion, lexical, questions, reranking, tokenwise
from analysis.search.bm25 import Sums
from analysis.search.candidates import Candidate
from analysis.search.fusion import Fused
from analysis.search.hits import Filters, Hit
from analysis.search.lexical import MINE, Collection, Scores
from documents import sql
from documents.errors import Unavailable

CANDIDATES = 24  # of each kind that are fused, at least; their sentences are most of what is read
_MOST = 1_000
_THREADS = 8  # questions whose words are looked up at a time

# What is asked for is a kind of document and nothing in it: its first passages, the latest document first.
_FIRST = (
    "select c.number from analysis_chunk c join documents_document d on d.id = c.document_id"
    f" where c.{MINE} and c.ordinal = 0 and c.document_id = any(%(documents)s)"
    " order by d.created_at desc, d.id limit "
)

_ALL = Filters()

T = TypeVar("T")

Vector = NDArray[np.float32]
Vectors = dict[str, Vector]


@dataclass(slots=True)
class Found:
    """What a search found, what unknown words of the question were taken for, and milliseconds by step.

    Words and vectors go on at the same time.
    """

    hits: list[Hit] = field(default_factory=list)
    corrections: dict[str, str] = field(default_factory=dict)
    timings: dict[str, float] = field(default_factory=dict)
    embedders: str = ""  # whose vectors were compared
    languages: tuple[str, ...] = ()  # of the passages that were searched

    @contextmanager
    def timed(self, step: str) -> Iterator[None]:
        begin = time.perf_counter()
        yield
        self.timings[step] = round(self.timings.get(step, 0.0) + 1000 * (time.perf_counter() - begin), 2)


def retrieve(question: str, *, filters: Filters = _ALL, limit: int = 10) -> list[Hit]:
    """The passages that answer the question best, the best first; fewer than `limit` only if there are no more."""
    return search(question, filters=filters, limit=limit).hits


def search(question: str, *, filters: Filters = _ALL, limit: int = 10) -> Found:
    """As `retrieve`, with what there is to tell about it. Raises Unavailable when vectors can't be made."""
    found = Found()
    with found.timed("filter"):
        documents = filtering.documents(filters)
    if documents != []:
        if question.strip():
            _search(found, question, documents, limit)
        else:
            found.hits = _first(documents, limit)
    return found


def _search(found: Found, question: str, documents: list[UUID] | None, limit: int) -> None:
    count = max(CANDIDATES, 2 * limit)
    with _beside(partial(_by_words, found, question, documents, count)) as looked_up, found.timed("vectors"):
        current = _current(question)
    held = looked_up.result()
    there, scores = held.collection, held.scores
    if not there.chunks:
        return
    with found.timed("vectors"):
        made = _moved(_vectors(question, there.embedders, current), question, scores.known)
    found.languages, found.corrections = there.languages, dict(scores.corrections)
    found.embedders = ", ".join(made)[:200]
    exact = dense.by_comparing(held.searched, count, there.total)
    with found.timed("meaning"):
        near = held.candidates + _near(made, documents, count, exact=exact)
    with found.timed("sentences"):
        ranked = _fused(near, scores, made)
    with found.timed("tokens"):
        ranked = _read(question, ranked, near, made, scores.known)
    with found.timed("passages"):
        found.hits = _hits(ranked[:limit], near)


@dataclass(frozen=True, slots=True)
class Held:
    """What the index of words has of a question, and the best passages by it, of so many that are searched."""

    collection: Collection
    scores: Scores
    candidates: list[Candidate]
    searched: int


def _by_words(found: Found, question: str, documents: list[UUID] | None, limit: int) -> Held:
    with found.timed("words"):
        allowed = None if documents is None else filtering.numbers(documents)
        asked = lexical.ask(question)
        scores = lexical.search(asked, allowed)
        searched = asked.collection.chunks if allowed is None else len(allowed)
        return Held(asked.collection, scores, _best(scores.sums, limit), searched)


def _best(sums: Sums, limit: int) -> list[Candidate]:
    """Those that hold the question's words best."""
    count, best = limit, dense.numbered(sums.best(limit))
    # What was deleted since the last merge is still among the postings: then the best few may be none.
    while len(best) < limit and count < min(_MOST, len(sums.numbers)):
        count *= 4
        best = dense.numbered(sums.best(count))
    return best


def _near(made: Vectors, documents: Sequence[UUID] | None, limit: int, *, exact: bool) -> list[Candidate]:
    """Of each embedder's passages the nearest to its own vector of the question."""
    return [
        one
        for name, vector in made.items()
        for one in dense.nearest(vector, name, limit=limit, exact=exact, documents=documents)
    ]


def _fused(found: Sequence[Candidate], scores: Scores, made: Vectors) -> list[Fused]:
    """The candidates in their order, each text once."""
    each = _by_number(found)
    meaning = {
        number: reranking.meaning(float(one.whole @ question), one.sentences @ question)
        for number, one in each.items()
        if (question := made.get(one.embedder)) is not None and len(question) == len(one.whole)
    }
    return _distinct(fusion.fuse(scores.sums.of(list(each)), meaning, known=scores.known), each)


def _read(question: str, ranked: list[Fused], found: Sequence[Candidate], made: Vectors, known: float) -> list[Fused]:
    """The order after the best few were read, where that helps; the others keep what they had."""
    name = next(iter(made), "")
    if len(made) != 1 or not questions.is_foreign(name, known):
        return ranked
    near = [one for one in ranked if one.dense][: tokenwise.MOST]
    gains = tokenwise.gains(question, name, _hits(near, found))
    gained = {one.number: gain for one, gain in zip(near, gains, strict=True)}
    dense = {one.number: one.dense for one in ranked if one.dense}
    nearer = {number: cosine + gained.get(number, 0.0) for number, cosine in dense.items()}
    fused = fusion.fuse({one.number: one.lexical for one in ranked}, nearer, known=known)
    return [replace(one, dense=dense.get(one.number, 0.0)) for one in fused]


def _by_number(found: Iterable[Candidate]) -> dict[int, Candidate]:
    return {one.number: one for one in found}


def _distinct(ranked: Sequence[Fused], each: Mapping[int, Candidate]) -> list[Fused]:
    """The first of those with the same text."""
    firsts: dict[str, Fused] = {}
    for one in ranked:
        firsts.setdefault(each[one.number].text, one)
    return list(firsts.values())


def _first(documents: Sequence[UUID] | None, limit: int) -> list[Hit]:
    rows = sql.rows(f"{_FIRST}{int(limit)}", {"documents": list(documents or ())})
    found = _by_number(dense.numbered([number for (number,) in rows]))
    return [found[number].hit(Fused(number, 1.0, 0.0, 0.0)) for (number,) in rows if number in found]


def _hits(ranked: Sequence[Fused], found: Iterable[Candidate]) -> list[Hit]:
    each = _by_number(found)
    return [each[one.number].hit(one) for one in ranked]


def _current(question: str) -> Vector | Unavailable:
    """The question's vector by the embedder that the settings name, or why there is none: perhaps it isn't needed."""
    try:
        return _by(embedding.current(), question)
    except Unavailable as error:
        return error


def _vectors(question: str, names: Sequence[str], current: Vector | Unavailable) -> Vectors:
    """The question's vector by each embedder whose passages there are, as far as it is still at hand."""
    embedders = {name: embedder for name in names if (embedder := embedding.named(name))}
    made = {}
    for name, embedder in embedders.items():
        vector = current if embedder is embedding.current() else _by(embedder, question)
        if isinstance(vector, Unavailable):
            raise vector
        made[name] = vector
    return made


def _by(embedder: Embedder, question: str) -> Vector:
    vector: Vector = embedder.queries([question])[0]
    return vector


def _moved(made: Vectors, question: str, known: float) -> Vectors:
    return {name: questions.towards_meaning(name, question, vector, known) for name, vector in made.items()}


@contextmanager
def _beside(function: Callable[[], T]) -> Iterator[Future[T]]:
    """Has another thread do it while the block runs, in this one's transaction and scope: the block asks nothing.

    It is not the vector that is made there: that takes longest, and would begin when a core is found for the thread.
    """
    own = connections[DEFAULT_DB_ALIAS]

    def work() -> T:
        connections[DEFAULT_DB_ALIAS] = own
        try:
            return function()
        finally:
            del connections[DEFAULT_DB_ALIAS]

    done = _threads().submit(work)
    try:
        yield done
    finally:
        wait([done])


@lru_cache(maxsize=1)
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=_THREADS, thread_name_prefix="words")
