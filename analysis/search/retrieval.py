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
from analysis.search.dense import Compared
from analysis.search.fusion import Fused
from analysis.search.hits import Filters, Hit
from analysis.search.lexical import MINE, Scores
from analysis.search.reranking import Best
from documents import sql

CANDIDATES = 40  # of each kind that are fused, at least
RERANKED = 24  # of those whose sentences are looked at, at least: they are most of what is read
_MOST = 1_000

_ALIVE = f"select number, md5(text) from analysis_chunk where number = any(%(numbers)s) and {MINE}"
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
    vectors = _threads().submit(_vectors, question, there.embedders)  # while the database looks for the words
    with found.timed("words"):
        allowed = None if documents is None else filtering.numbers(documents)
        scores = lexical.search(question, there, allowed)
    found.corrections = dict(scores.corrections)
    with found.timed("vectors"):
        made = _moved(vectors.result(), question, scores.known)
    found.embedders = ", ".join(made)[:200]
    count = max(CANDIDATES, 2 * limit)
    exact = dense.by_comparing(there.chunks if allowed is None else len(allowed), count, there.total)
    with found.timed("candidates"):
        candidates = _candidates(scores, made, documents, count, exact=exact)
        candidates = candidates.only(_distinct(candidates.ranked(scores.known), candidates.texts))
    with found.timed("sentences"):
        ranked, sentences = _reranked(candidates, made, scores.known, max(RERANKED, 2 * limit))
    with found.timed("tokens"):
        ranked = _read(question, ranked, made, scores.known)
    with found.timed("passages"):
        found.hits = _hits(ranked, limit, sentences)
    return found


@dataclass(frozen=True, slots=True)
class _Candidates:
    """By number of passages: BM25, cosine, and a hash of the text."""

    words: dict[int, float]
    meaning: dict[int, float]
    texts: dict[int, str]

    def ranked(self, known: float) -> list[Fused]:
        return fusion.fuse(self.words, self.meaning, known=known)

    def only(self, chosen: Sequence[Fused]) -> "_Candidates":
        numbers = {one.number for one in chosen}

        def part(values: Mapping[int, Any]) -> dict[int, Any]:
            return {number: value for number, value in values.items() if number in numbers}

        return _Candidates(part(self.words), part(self.meaning), part(self.texts))


def _candidates(
    scores: Scores, made: Vectors, documents: Sequence[UUID] | None, limit: int, *, exact: bool
) -> _Candidates:
    """Those that are best by their words, and the nearest."""
    count, wanted = limit, scores.best(limit)
    rows = _gathered(made, documents, list(wanted), limit, exact=exact)
    while True:
        texts = {one.number: one.text for one in rows}
        living = {number: score for number, score in wanted.items() if number in texts}
        # What was deleted since the last merge is still among the postings: then the best few may be none.
        if len(living) >= limit or len(wanted) < count or count >= _MOST:
            break
        count *= 4
        wanted = scores.best(count)
        rows += _compared(made, [number for number in wanted if number not in texts])
    meaning = {one.number: one.cosine for one in rows if one.cosine is not None}
    return _Candidates(living | scores.of([one.number for one in rows if one.near]), meaning, texts)


def _gathered(
    made: Vectors, documents: Sequence[UUID] | None, numbers: Sequence[int], limit: int, *, exact: bool
) -> list[Compared]:
    """The nearest, of each embedder's passages by its own vector of the question, and those with these numbers."""
    if not made:
        return _compared(made, numbers)
    return [
        one
        for name, vector in made.items()
        for one in dense.gather(vector, name, numbers, limit=limit, exact=exact, documents=documents)
    ]


def _compared(made: Vectors, numbers: Sequence[int]) -> list[Compared]:
    if not made:
        return [Compared(number, text, None, False) for number, text in sql.rows(_ALIVE, {"numbers": list(numbers)})]
    return [one for name, vector in made.items() for one in dense.compared(vector, name, numbers)]


def _reranked(candidates: _Candidates, made: Vectors, known: float, count: int) -> tuple[list[Fused], dict[int, Best]]:
    """So many candidates, the best first, by their sentences too; and by number the best sentence of each."""
    first = candidates.only(candidates.ranked(known)[:count])
    sentences = reranking.best(made, list(first.meaning))
    meaning = reranking.meaning(first.meaning, sentences)
    return fusion.fuse(first.words, meaning, known=known), sentences


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
