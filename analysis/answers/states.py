"""What the embedder makes of each token of a question and of the passages' sentences, made comparable.

Sentences are read within their passage: what "it" or "the company" is then stands in the vector. What the tokens of a
language have in common is mostly taken out, so that those of two languages can be compared. Two layers are compared:
the last one's tokens hold what the whole text is about, those of an inner one more of the word itself.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from analysis import passages
from analysis.engines.embedding import Embedder, TokenEmbedder, e5_files
from analysis.search import questions, words
from analysis.search.hits import Hit

if TYPE_CHECKING:
    from analysis.answers.picking import Sentence

Layers = NDArray[np.float32]  # 2 x tokens x dimensions, as the embedder gives them
States = NDArray[np.float32]  # tokens x 2 dimensions, each of length 1: their products are the layers' mean likeness

_SHARE = np.float32(0.75)  # of what a language's tokens have in common that is taken out
_FEWEST = 2  # tokens; what has fewer lies behind what the embedder reads of a passage


def of_question(embedder: TokenEmbedder, question: str) -> States:
    """Of its own tokens. Raises Unavailable."""
    [asked] = embedder.query_states([question])
    return _comparable(asked[:, questions.OWN] - _common(embedder, question, passage=False))


def of_sentences(embedder: TokenEmbedder, found: "Sequence[Sentence]") -> list[States]:
    """Of each sentence's tokens, as they stand in its passage. Raises Unavailable."""
    hits = {one.hit.chunk_id: one.hit for one in found}
    read = {id: _whole(embedder, hit) for id, hit in hits.items()}
    common = {id: _common(embedder, hit.text, passage=True) for id, hit in hits.items()}
    return [_comparable(_part(embedder, one, read[one.hit.chunk_id]) - common[one.hit.chunk_id]) for one in found]


def of_passage(embedder: TokenEmbedder, hit: Hit) -> States:
    """Of the passage's tokens and those of its headings. Raises Unavailable."""
    [first] = embedder.passage_places([""])
    return _comparable(_whole(embedder, hit)[:, first:-1] - _common(embedder, hit.text, passage=True))


def meaning(states: States) -> NDArray[np.float32]:
    """What all tokens together say, of length 1: the mean of the last layer's."""
    return questions.unit(last(states).mean(axis=0))


def last(states: States) -> States:
    """Of the last layer alone, each of length 1: less of the words, more of what is said in whichever words."""
    return states[:, states.shape[-1] // 2 :] * np.float32(2**0.5)


def nearness(asked: States, read: States) -> float:
    """How near the question's tokens are to the nearest ones of a text, on average (MaxSim), up to 1."""
    return float((asked @ read.T).max(axis=1).mean())


def nearest(embedder: Embedder, asked: str, read: str) -> float:
    """How near a question in a language (ISO 639-1) is to its own words in another, by the last layer.

    Nearness of others is measured by it. Of the shipped embedder alone; 1 for any other. Raises Unavailable.
    """
    return _nearest(asked, read) if _is_shipped(embedder) else 1.0


@lru_cache(maxsize=400)
def _nearest(asked: str, read: str) -> float:
    pairs = zip(questions.everyday(asked), questions.everyday(read, passage=True), strict=True)
    common = _SHARE * questions.tokens(asked), _SHARE * questions.tokens(read, passage=True)
    alike = [(_comparable(one - common[0]), _comparable(two - common[1])) for one, two in pairs]
    return float(np.mean([nearness(last(one), last(two)) for one, two in alike]))


def _comparable(layers: Layers) -> States:
    inner, last = questions.unit(layers)
    return np.concatenate([inner, last], axis=-1) * np.float32(0.5**0.5)


def _whole(embedder: TokenEmbedder, hit: Hit) -> Layers:
    return _read(embedder, passages.embedded(hit.section, hit.text))  # type: ignore[arg-type]  # hashed by identity


@lru_cache(maxsize=16)  # of one question: the search reads what its answer is then picked from
def _read(embedder: TokenEmbedder, whole: str) -> Layers:
    [layers] = embedder.passage_states([whole])
    return layers


def forget() -> None:
    """Drops what was read."""
    _read.cache_clear()
    _nearest.cache_clear()


def _part(embedder: TokenEmbedder, one: "Sentence", passage: Layers) -> Layers:
    part = _between(embedder, one, one.start, one.end, passage)
    if part.shape[1] < _FEWEST:
        [alone] = embedder.passage_states([one.text])
        return alone[:, 1:-1]
    if one.head is None:
        return part
    return np.concatenate([_between(embedder, one, *one.head, passage), part], axis=1)


def _between(embedder: TokenEmbedder, one: "Sentence", start: int, end: int, passage: Layers) -> Layers:
    """Of the tokens of some characters of the sentence's passage, as far as the embedder reads it."""
    head = _head(one.hit)
    first, last = embedder.passage_places([head + one.hit.text[:start], head + one.hit.text[:end]])
    return passage[:, first : min(last, passage.shape[1] - 1)]


def _head(hit: Hit) -> str:
    whole = passages.embedded(hit.section, hit.text)
    return whole[: len(whole) - len(hit.text)]


def _common(embedder: TokenEmbedder, text: str, *, passage: bool) -> Layers | np.float32:
    """Of the shipped embedder alone, for which this was measured."""
    if not _is_shipped(embedder):
        return np.float32(0)
    return _SHARE * questions.tokens(words.language_of(text), passage=passage)


def _is_shipped(embedder: Embedder | TokenEmbedder) -> bool:
    return getattr(embedder, "name", "") == e5_files.NAME
