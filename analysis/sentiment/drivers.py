"""Terms that drive a class: said more often in its texts than in the others, by more than chance."""

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

from analysis.sentiment.texts import legible

_WORD = re.compile(r"[^\W\d_][\w'’]*")
_MENTION = re.compile(r"@\w+")  # who was spoken to drives nothing
_BREAK = re.compile(r"[.,;:!?()…\n]+|\s[-–—]+\s")  # a pair of words doesn't reach over it
_STOPWORDS = Path(__file__).with_name("stopwords.txt")
_NEGATIONS = frozenset({"no", "not", "never", "kein", "keine", "nicht", "nie", "pas", "jamais", "non", "não", "nunca"})
_SHORTEST = 3  # letters; shorter words are seldom about anything
_SURE = 1.64  # standard deviations: one-sided, 95 %
_FEWEST = 2  # texts with the term
_FIXED = 0.4  # of the texts with the rarer word of a pair: from there on the two words are one expression
_TOLD = 0.3  # of the texts with a word: a pair in so many of them says what the word would

Weighed = tuple[str, float, int]


def drivers(texts: Sequence[str], labels: Sequence[str], limit: int, label: str = "negative") -> list[Weighed]:
    """(term, weight, count) of at most `limit` words and pairs of words, the weightiest first.

    The weight is the log-odds of a term in texts of `label` against the other ones, in standard deviations, smoothed
    by how often it occurs in all (Monroe et al. 2008); the count is of texts of `label` with it. Stop words, who was
    spoken to and addresses are no terms; a fixed expression stands for its words. Without texts of another label there
    is nothing to tell them from: then there are no terms.
    """
    inside: Counter[str] = Counter()
    outside: Counter[str] = Counter()
    for text, given in zip(texts, labels, strict=True):
        (inside if given == label else outside).update(set(_terms(text)))
    totals = inside.total(), outside.total()
    weights = {
        term: _weight(count, outside[term], *totals) for term, count in inside.items() if count >= _FEWEST and totals[1]
    }
    telling = {term for term, weight in weights.items() if weight >= _SURE}
    best = sorted(_apart(telling, inside), key=lambda term: (-weights[term], term))
    return [(term, round(weights[term], 2), inside[term]) for term in best[:limit]]


def _terms(text: str) -> Iterator[str]:
    said = _MENTION.sub(" ", legible(text).lower())
    for clause in _BREAK.split(said):
        words = [word.strip("'’") for word in _WORD.findall(clause)]
        yield from (word for word in words if _means(word) and word not in _NEGATIONS)
        yield from (f"{one} {two}" for one, two in pairwise(words) if _means(one) and _means(two))


def _means(word: str) -> bool:
    """Whether it is about anything: "I've" is not, nor what is left of an address."""
    stem = re.split("['’]", word)[0]
    if word in _NEGATIONS:
        return True
    return len(stem) >= _SHORTEST and stem != "http" and not {stem, word} & _stopwords()


@lru_cache(maxsize=1)
def _stopwords() -> frozenset[str]:
    """Of all languages together: few of them mean something in another."""
    lines = _STOPWORDS.read_text("utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("[") for word in line.split()) - _NEGATIONS


def _weight(here: int, there: int, all_here: int, all_there: int) -> float:
    prior = 10 * (here + there) / (all_here + all_there) + 0.01
    odds = math.log((here + prior) / (all_here + 10 - here)) - math.log((there + prior) / (all_there + 10 - there))
    return odds / math.sqrt(1 / (here + prior) + 1 / (there + prior))


def _apart(terms: set[str], counts: Counter[str]) -> set[str]:
    """Words, and pairs that are expressions of their own; of a word and such a pair the one that says more."""
    pairs = {term for term in terms if " " in term and _is_fixed(term, counts)}
    told = {word for pair in pairs for word in pair.split() if counts[pair] >= _TOLD * counts[word]}
    return pairs | {term for term in terms if " " not in term and term not in told}


def _is_fixed(pair: str, counts: Counter[str]) -> bool:
    words = [counts[word] for word in pair.split() if word not in _NEGATIONS]
    return bool(words) and counts[pair] >= _FIXED * min(words)
