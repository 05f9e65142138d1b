"""Answers in the documents' own words: the sentence that answers, quoted, or that none does."""

import re
from collections.abc import Sequence
from dataclasses import replace
from operator import attrgetter
from uuid import UUID

from analysis.answers import picking, states
from analysis.answers.answer import Answer, Citation, Mode, cite, quoted
from analysis.answers.picking import Sentence
from analysis.answers.wording import NOT_FOUND, NOT_FOUND_NEAR
from analysis.engines import embedding
from analysis.search import words
from analysis.search.hits import Hit

PASSAGES = 6  # that sentences are picked from
# Of the likeness that the same question has in both languages, below which a sentence is no answer: words of some
# languages lie nearer to each other than those of others. By `manage.py evaluate answers`' development half, and so
# that questions in everyday words about manuals and policies are answered.
ENOUGH, SAME_LANGUAGE = 0.48, 0.5
_SECOND = 0.02  # a second sentence is quoted if it scores as little less, and is the next one or another passage's
_NEAREST = 3
_BESIDE = 2  # other places that are shown beside an answer, which may be the better ones
_ENDS_OPEN = (":", "：", "?", "？", "؟")
_BRACKETS = (")", "）", "]")  # a heading may end with
_CLOSING = (".", "!", "。")
_BULLET = re.compile(r"([-•*–●]|\d{1,2}[.)])\s")
_LONGEST_LIST = 700  # characters of what is quoted of a list


def answer(question: str, hits: Sequence[Hit]) -> Answer:
    """The best sentences of the passages. Raises Unavailable when the embedder is away."""
    ranked = picking.rank(question, hits[:PASSAGES])
    reranked = [(one.hit.chunk_id, round(one.score, 4)) for one in ranked[:PASSAGES]]
    if not ranked or max(one.nearness for one in ranked[:_NEAREST]) < (least := _least(question, ranked[0])):
        return refusal(hits, reranked=reranked)
    chosen = [_with_neighbour(ranked)]
    chosen += [one for one in ranked[1:2] if one.hit != ranked[0].hit and ranked[0].score - one.score < _SECOND]
    text, citations = "", list[Citation]()
    for one in chosen:
        start, end = _whole(one)
        begin = len(text) + bool(text)
        quote = quoted(one.hit, start, end)
        text = f"{text}\n{quote}" if text else quote
        citations.append(cite(one.hit, start, end, begin, len(text)))
    others = [one for one in ranked if one.nearness >= least and one.hit not in [taken.hit for taken in chosen]]
    return Answer(Mode.EXTRACTIVE, text, citations, nearest=_beside(others), reranked=reranked)


def _beside(others: Sequence[Sentence]) -> list[Citation]:
    """The best of each of the next passages."""
    firsts: dict[UUID, Sentence] = {}
    for one in others:
        firsts.setdefault(one.hit.chunk_id, one)
    return [cite(one.hit, *_whole(one)) for one in list(firsts.values())[:_BESIDE]]


def refusal(hits: Sequence[Hit], **parts: object) -> Answer:
    """That the documents don't tell, with what comes nearest."""
    nearest = [cite(hit, 0, len(hit.text)) for hit in hits[:_NEAREST]]
    return Answer(Mode.NONE, NOT_FOUND_NEAR if nearest else NOT_FOUND, nearest=nearest, **parts)  # type: ignore[arg-type]


def _least(question: str, best: Sentence) -> float:
    """How near an answer must come in these languages."""
    asked, read = words.language_of(question), words.language_of(best.hit.text)
    return (SAME_LANGUAGE if asked == read else ENOUGH) * states.nearest(embedding.current(), asked, read)


def _with_neighbour(ranked: Sequence[Sentence]) -> Sentence:
    """The best sentence, together with the second best if that stands beside it and is hardly worse."""
    best = sorted(ranked[:2], key=attrgetter("start"))
    first, last = best[0], best[-1]
    near = first.hit == last.hit and abs(first.score - last.score) < _SECOND
    if not near or first.is_row or last.is_row:
        return ranked[0]
    between = [one for one in picking.of(first.hit) if first.start < one.start < last.start]
    return ranked[0] if between else replace(ranked[0], start=first.start, end=last.end)


def _whole(one: Sentence) -> tuple[int, int]:
    """The sentence with what it announces, if it does: the next one, or all the items of a list."""
    end, last, in_list = one.end, one, False
    for following in (other for other in picking.of(one.hit) if other.start >= one.end):
        between = one.hit.text[last.end : following.start]
        is_item = _BULLET.match(following.text) is not None
        goes_on = in_list and (is_item or "\n" not in between)
        if one.is_row or following.is_row or not (goes_on or _announces(last.text, between)):
            break
        if in_list and following.end - one.start > _LONGEST_LIST:
            break
        end, last, in_list = following.end, following, is_item or goes_on
    return one.start, end


def _announces(text: str, between: str) -> bool:
    """Whether a sentence says what the next one is about: it ends with a colon, asks, or is a heading.

    An item of a list looks like one, but that no empty line follows a heading's number.
    """
    if text.endswith(_ENDS_OPEN):
        return True
    is_apart = between.count("\n") > 1
    if item := _BULLET.match(text):
        return is_apart and item[1][0].isdigit() and text[-1] not in _CLOSING
    return is_apart if text[-1] in _BRACKETS else "\n" in between and text[-1].isalnum()
