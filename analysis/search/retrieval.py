"""Passages that answer a question, by words and by meaning, in the caller's tenancy scope."""

import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from analysis.engines import embedding
from analysis.search import dense, filtering, fusion, lexical, questions, reranking, tokenwise
from analysis.search.dense import Candidate
from analysis.search.fusion import Fused
from analysis.search.hits import Filters, Hit
from analysis.search.lexical import MINE, Scores
from analysis.search.reranking import Best
from documents import sql

CANDIDATES = 24  # of each kind that are fused, at least; their sentences are most of what is read
_MOST = 1_000

_ROWS = (
    "select c.number, c.id, c.document_id, d.filename, c.type, c.section, c.page, c.text, c.spans"
    " from analysis_chunk c join documents_document d on d.id = c.document_id"
    f" where c.number = any(%(numbers)s) and c.{MINE}"
)
# What is asked for is a kind of document and nothing in it: its first passages, the latest document first.
_FIRST = (
    "select c.number from analysis_chunk c join documents_document d on d.id = c.document_id"
    f" where c.{MINE} and c.ordinal = 0 and c.document_id = any(%(documents)s)"
    " order by d.created_at desc, d.id limit "
)

_ALL = Filters()

Vectors = dict[str, NDArray[np.float32]]


@dataclass(slots=True)
class Found:
    """What a search found, what unknown words of the question were taken for, and milliseconds by step."""

    hits: list[Hit] = field(default_factory=list)
    corrections: dict[str, str] = field(default_factory=dict)
    timings: dict[str, float] = field(default_factory=dict)
    embedders: str = ""  # whose vectors were compared

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
    with found.timed("filter"):
        there = lexical.collection()
        documents = filtering.documents(filters)
    if not there.chunks or documents == []:
        return found
    if not question.strip():
        found.hits = _hits(_first(documents, limit), limit, {})
        return found
    count = max(CANDIDATES, 2 * limit)
    vectors = _threads().submit(_vectors, question, there.embedders)  # while the database looks for the words
    with found.timed("words"):
        allowed = None if documents is None else filtering.numbers(documents)
        scores = lexical.search(question, there, allowed)
        candidates = _by_words(scores, count)
    found.corrections = dict(scores.corrections)
    with found.timed("vectors"):
        made = _moved(vectors.result(), question, scores.known)
    found.embedders = ", ".join(made)[:200]
    exact = dense.by_comparing(there.chunks if allowed is None else len(allowed), count, there.total)
    with found.timed("meaning"):
        candidates += _near(made, documents, count, exact=exact)
    with found.timed("sentences"):
        ranked, sentences = _fused(candidates, scores, made)
    with found.timed("tokens"):
        ranked = _read(question, ranked, made, scores.known)
    with found.timed("passages"):
        found.hits = _hits(ranked, limit, sentences)
    return found


def _by_words(scores: Scores, limit: int) -> list[Candidate]:
    """Those that hold the question's words best."""
    count, found = limit, dense.numbered(list(scores.best(limit)))
    # What was deleted since the last merge is still among the postings: then the best few may be none.
    while len(found) < limit and count < min(_MOST, len(scores.numbers)):
        count *= 4
        found = dense.numbered(list(scores.best(count)))
    return found


def _near(made: Vectors, documents: Sequence[UUID] | None, limit: int, *, exact: bool) -> list[Candidate]:
    """Of each embedder's passages the nearest to its own vector of the question."""
    return [
        one
        for name, vector in made.items()
        for one in dense.nearest(vector, name, limit=limit, exact=exact, documents=documents)
    ]


def _fused(candidates: Sequence[Candidate], scores: Scores, made: Vectors) -> tuple[list[Fused], dict[int, Best]]:
    """The candidates in their order, each text once; and by number the best sentence of each."""
    meaning: dict[int, float] = {}
    sentences: dict[int, Best] = {}
    for one in candidates:
        question = made.get(one.embedder)
        if question is None or (cosine := one.cosine(question)) is None:
            continue
        if best := reranking.best(one.cosines(question)):
            sentences[one.number] = best
        meaning[one.number] = reranking.meaning(cosine, best)
    ranked = fusion.fuse(scores.of([one.number for one in candidates]), meaning, known=scores.known)
    return _distinct(ranked, {one.number: one.text for one in candidates}), sentences


def _read(question: str, ranked: list[Fused], made: Vectors, known: float) -> list[Fused]:
    """The order after the best few were read, where that helps; the others keep what they had."""
    name = next(iter(made), "")
    if len(made) != 1 or not questions.is_foreign(name, known):
        return ranked
    near = [one for one in ranked if one.dense][: tokenwise.MOST]
    read = _passages(near, {})
    gained = dict(zip(read, tokenwise.gains(question, name, list(read.values())), strict=True))
    dense = {one.number: one.dense for one in ranked if one.dense}
    nearer = {number: cosine + gained.get(number, 0.0) for number, cosine in dense.items()}
    fused = fusion.fuse({one.number: one.lexical for one in ranked}, nearer, known=known)
    return [replace(one, dense=dense.get(one.number, 0.0)) for one in fused]


def _distinct(ranked: Sequence[Fused], texts: Mapping[int, str]) -> list[Fused]:
    """The first of those with the same text."""
    firsts: dict[str, Fused] = {}
    for one in ranked:
        firsts.setdefault(texts[one.number], one)
    return list(firsts.values())


def _first(documents: Sequence[UUID] | None, limit: int) -> list[Fused]:
    rows = sql.rows(f"{_FIRST}{int(limit)}", {"documents": list(documents or ())})
    return [Fused(number, 1.0, 0.0, 0.0) for (number,) in rows]


def _hits(ranked: Sequence[Fused], limit: int, sentences: Mapping[int, Best]) -> list[Hit]:
    return list(_passages(ranked[:limit], sentences).values())


def _passages(best: Sequence[Fused], sentences: Mapping[int, Best]) -> dict[int, Hit]:
    """By number, those that are still there, in their order."""
    numbers = [one.number for one in best]
    rows = {row[0]: row[1:] for row in sql.rows(_ROWS, {"numbers": numbers})} if numbers else {}
    return {one.number: _hit(rows[one.number], one, sentences.get(one.number)) for one in best if one.number in rows}


def _hit(row: Sequence[Any], one: Fused, best: Best | None) -> Hit:
    hit = Hit(*(*row, round(one.score, 4), round(one.lexical, 4), round(one.dense, 4)))
    return replace(hit, sentence=best.span(hit.text, hit.type)) if best else hit


def _vectors(question: str, names: Sequence[str]) -> Vectors:
    """The question's vector by each embedder whose passages there are, as far as it is still at hand."""
    embedders = {name: embedding.named(name) for name in names}
    return {name: embedder.queries([question])[0] for name, embedder in embedders.items() if embedder}


def _moved(made: Vectors, question: str, known: float) -> Vectors:
    return {name: questions.towards_meaning(name, question, vector, known) for name, vector in made.items()}


@lru_cache(maxsize=1)
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=4, thread_name_prefix="question")
