"""Which sentences of the passages answer the question: by the meaning of each of its words, and by the words."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from analysis.answers import sentences, states, tables
from analysis.answers.sentences import Span
from analysis.engines import embedding
from analysis.engines.embedding import TokenEmbedder
from analysis.search import words
from analysis.search.hits import Hit

_MOST = 40  # sentences that are looked at
# Beside the words' own meanings: what the sentence means as a whole, its words, its passage, and how near the sentence
# before it is, of which it may tell more. By the development half of `manage.py evaluate answers`.
_MEANING, _WORDS, _PASSAGE, _BEFORE = 0.5, 0.05, 0.2, 0.125
_ENOUGH = 1 / 3  # of a question's words, by which a sentence counts as near without vectors of words


@dataclass(frozen=True, slots=True)
class Sentence:
    """Characters `start` to `end` of a passage.

    `head`: where the titles of its columns stand, if it is a row of a table that has them. `nearness` is how much its
    words say of what the question's say, in whichever words, up to 1.
    """

    hit: Hit
    start: int
    end: int
    head: Span | None = None
    nearness: float = 0.0
    score: float = 0.0

    @property
    def text(self) -> str:
        """With what stands in the head of its table."""
        titles = f"{self.hit.text[slice(*self.head)]}\n" if self.head else ""
        return titles + self.hit.text[self.start : self.end]

    @property
    def is_row(self) -> bool:
        return self.hit.text.startswith("|", self.start)


def rank(question: str, hits: Sequence[Hit]) -> list[Sentence]:
    """The sentences of the passages, the one that answers best first. Raises Unavailable."""
    found = _some(one for hit in hits for one in of(hit))
    if not found:
        return []
    shared = _shared(question, [f"{one.hit.section} {one.text}" for one in found])
    near, alike, said = _meanings(question, found, shared)
    before = _before(found, near)
    ranked = [
        replace(
            one, nearness=said[place], score=near[place] + _MEANING * alike[place] + _WORDS * shared[place]
            + _PASSAGE * one.hit.score + _BEFORE * before[place]
        )
        for place, one in enumerate(found)
    ]  # fmt: skip
    return sorted(ranked, key=lambda one: -one.score)


def of(hit: Hit) -> Iterator[Sentence]:
    """A passage's sentences in order; the rows of tables are sentences, whose heads belong to each of them."""
    for start, end, is_table in tables.stretches(hit.text):
        part = hit.text[start:end]
        if is_table or hit.type == "table":
            yield from (Sentence(hit, row.start, row.end, row.head) for row in tables.rows(part, start))
        else:
            yield from (Sentence(hit, start + first, start + last) for first, last in sentences.split(part))


def _some(found: Iterable[Sentence]) -> list[Sentence]:
    """As many sentences as are looked at, and as many rows beside them."""
    some = list[Sentence]()
    count = Counter[bool]()
    for one in found:
        count[one.is_row] += 1
        if count[one.is_row] <= _MOST:
            some.append(one)
    return some


def _before(found: Sequence[Sentence], near: Sequence[float]) -> list[float]:
    """By sentence the nearness of the one before it in its passage; of the first and of rows of tables their own."""
    first = [place == 0 or one.is_row or found[place - 1].hit != one.hit for place, one in enumerate(found)]
    return [near[place if opens else place - 1] for place, opens in enumerate(first)]


def _meanings(
    question: str, found: Sequence[Sentence], shared: Sequence[float]
) -> tuple[Sequence[float], Sequence[float], Sequence[float]]:
    """By sentence: nearness of its words to the question's, cosine of the wholes, nearness by the last layer alone."""
    embedder = embedding.current()
    if not isinstance(embedder, TokenEmbedder):
        cosines = (embedder.passages([one.text for one in found]) @ embedder.queries([question])[0]).tolist()
        # How near is near differs from model to model: here it goes by the words.
        near = [float(share >= _ENOUGH) for share in shared]
        return near, cosines, near
    asked = states.of_question(embedder, question)
    parts = states.of_sentences(embedder, found)
    whole, last = states.meaning(asked), states.last(asked)
    return (
        [states.nearness(asked, part) for part in parts],
        [float(whole @ states.meaning(part)) for part in parts],
        [states.nearness(last, states.last(part)) for part in parts],
    )


def _shared(question: str, texts: Sequence[str]) -> list[float]:
    """By text the share of the question's words that it has, those weighing more that few of the texts have."""
    asked = {_stem(token.word) for token in words.tokens(question)}
    held = [{_stem(token.word) for token in words.tokens(text)} & asked for text in texts]
    often = Counter(word for one in held for word in one)
    weights = {word: math.log(1 + len(texts) / (1 + often[word])) for word in asked}
    total = sum(weights.values()) or 1.0
    return [sum(weights[word] for word in one) / total for one in held]


def _stem(word: str) -> str:
    """Without accents, and without the end of longer words, whichever the language."""
    bare = words.folded(word)
    return bare[: max(4, len(bare) - 2)] if len(bare) > 4 else bare
