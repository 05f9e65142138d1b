"""Passages that answer a question, by words and by meaning, in the caller's tenancy scope."""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from analysis.engines import embedding
from analysis.engines.embedding import Embedder
from analysis.search import candidates, dense, filtering, fusion, lexical, questions, reranking, tokenwise
from analysis.search.candidates import COLUMNS, DOCUMENTS, Candidate
from analysis.search.fusion import Fused
from analysis.search.hits import Filters, Hit
from analysis.search.lexical import MINE, Scores
from analysis.search.reranking import Best
from documents import sql

CANDIDATES = 24  # of each kind that are fused, at least; their sentences are most of what is read
_MOST = 1_000

# What is asked for is a kind of document and nothing in it: its first passages, the latest document first.
_FIRST = (
    f"select {COLUMNS} from analysis_chunk c {DOCUMENTS}"
    f" where c.{MINE} and c.ordinal = 0 and c.document_id = any(%(documents)s)"
    " order by d.created_at desc, d.id limit "
)

_ALL = Filters()

Vector = NDArray[np.float32]
Vectors = dict[str, Vector]


@dataclass(slots=True)
class Found:
    """What a search found, what unknown words of the question were taken for, and milliseconds by step."""

    hits: list[Hit] = field(default_factory=list)
    corrections: dict[str, str] = field(default_factory=dict)
    timings: dict[str, float] = field(default_factory=dict)
    embedders: str = ""  # whose vectors were compared
    languages: tuple[str, ...] = ()  # of the passages that were searched

    @contextmanager
    def timed(self, step: str) -> Iterator[None]:
        begin = time.perf_counter()
        yield
        self.timings[step] = round(1000 * (time.perf_counter() - begin), 2)


def retrieve(question: str, *, filters: Filters = _ALL, limit: int = 10) -> list[Hit]:
    """The passages that answer the question best, the best first; fewer than `limit` only if there are no more."""
    return search(question, filters=filters, limit=limit).hits


def search(question: str, *, filters: Filters = _ALL, limit: int = 10) -> Found:
    """As `retrieve`, with what there is to tell about it. Raises Unavailable when vectors can't be made."""
    found = Found()
    current = _threads().submit(_vector, question) if question.strip() else None  # it takes longest: it begins first
    with found.timed("filter"):
        documents = filtering.documents(filters)
    if documents != []:
        if current:
            _search(found, question, current, documents, limit)
        else:
            found.hits = _first(documents, limit)
    return found


def _search(found: Found, question: str, current: Future[Vector], documents: list[UUID] | None, limit: int) -> None:
    """`current` is the question's vector by the embedder that the settings name, which is being made."""
    count = max(CANDIDATES, 2 * limit)
    with found.timed("words"):
        allowed = None if documents is None else filtering.numbers(documents)
        asked = lexical.ask(question)
        there = asked.collection
        vectors = _vectors(question, there.embedders, current)
        scores = lexical.search(asked, allowed)
        near = _by_words(scores, count)
    if not there.chunks:
        return
    found.languages, found.corrections = there.languages, dict(scores.corrections)
    with found.timed("vectors"):
        made = _moved({name: vector.result() for name, vector in vectors.items()}, question, scores.known)
    found.embedders = ", ".join(made)[:200]
    exact = dense.by_comparing(there.chunks if allowed is None else len(allowed), count, there.total)
    with found.timed("meaning"):
        near += _near(made, documents, count, exact=exact)
    with found.timed("sentences"):
        ranked, sentences = _fused(near, scores, made)
    with found.timed("tokens"):
        ranked = _read(question, ranked, near, made, scores.known)
    with found.timed("passages"):
        found.hits = _hits(ranked[:limit], near, sentences)


def _by_words(scores: Scores, limit: int) -> list[Candidate]:
    """Those that hold the question's words best."""
    count, found = limit, dense.numbered(scores.sums.best(limit))
    # What was deleted since the last merge is still among the postings: then the best few may be none.
    while len(found) < limit and count < min(_MOST, len(scores.sums.numbers)):
        count *= 4
        found = dense.numbered(scores.sums.best(count))
    return found


def _near(made: Vectors, documents: Sequence[UUID] | None, limit: int, *, exact: bool) -> list[Candidate]:
    """Of each embedder's passages the nearest to its own vector of the question."""
    return [
        one
        for name, vector in made.items()
        for one in dense.nearest(vector, name, limit=limit, exact=exact, documents=documents)
    ]


def _fused(found: Sequence[Candidate], scores: Scores, made: Vectors) -> tuple[list[Fused], dict[int, Best]]:
    """The candidates in their order, each text once; and by number the best sentence of each."""
    each = _by_number(found)
    meaning: dict[int, float] = {}
    sentences: dict[int, Best] = {}
    for number, one in each.items():
        question = made.get(one.embedder)
        if question is None or len(one.whole) != len(question):
            continue
        if best := reranking.best(one.sentences @ question):
            sentences[number] = best
        meaning[number] = reranking.meaning(float(one.whole @ question), best)
    ranked = fusion.fuse(scores.sums.of(list(each)), meaning, known=scores.known)
    return _distinct(ranked, each), sentences


def _read(question: str, ranked: list[Fused], found: Sequence[Candidate], made: Vectors, known: float) -> list[Fused]:
    """The order after the best few were read, where that helps; the others keep what they had."""
    name = next(iter(made), "")
    if len(made) != 1 or not questions.is_foreign(name, known):
        return ranked
    near = [one for one in ranked if one.dense][: tokenwise.MOST]
    gains = tokenwise.gains(question, name, _hits(near, found, {}))
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
    return [one.hit(Fused(one.number, 1.0, 0.0, 0.0)) for one in candidates.of(rows)]


def _hits(ranked: Sequence[Fused], found: Iterable[Candidate], sentences: Mapping[int, Best]) -> list[Hit]:
    each = _by_number(found)
    return [each[one.number].hit(one, sentences.get(one.number)) for one in ranked]


def _vector(question: str) -> Vector:
    """By the embedder that the settings name. Raises Unavailable."""
    return _by(embedding.current(), question)


def _vectors(question: str, names: Sequence[str], current: Future[Vector]) -> dict[str, Future[Vector]]:
    """The question's vector by each embedder whose passages there are, as far as it is still at hand.

    `current` is the one that is being made by the embedder that the settings name.
    """
    embedders = {name: embedder for name in names if (embedder := embedding.named(name))}
    return {
        name: current if embedder is embedding.current() else _threads().submit(_by, embedder, question)
        for name, embedder in embedders.items()
    }


def _by(embedder: Embedder, question: str) -> Vector:
    vector: Vector = embedder.queries([question])[0]
    return vector


def _moved(made: Vectors, question: str, known: float) -> Vectors:
    return {name: questions.towards_meaning(name, question, vector, known) for name, vector in made.items()}


@lru_cache(maxsize=1)
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=4, thread_name_prefix="question")
