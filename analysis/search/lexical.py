"""Passages by their words: BM25 over the postings of a workspace."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.search import entries, words
from analysis.search.entries import Entries
from analysis.search.spelling import Speller
from documents import sql

# Robertson's parameters as Lucene has them.
_K1, _B = 1.2, 0.75
_COMMON = 0.5  # words that more of many passages hold say next to nothing, where others say something
_MANY = 10_000  # passages
_ALL = 2**40  # passages, more than there are
_FEW = 3  # words; of more than these, more than half that no passage holds are of another language, not misspelt

# The tenant's rows by a condition that an index can serve; the policy holds it all the same.
MINE = "workspace_id = any(string_to_array(nullif(current_setting('vouch.workspaces', true), ''), ',')::uuid[])"

_SUMS = (
    f"with mine as (select * from analysis_segment where {MINE}) select"
    " coalesce(sum(chunks), 0)::bigint, coalesce(sum(words), 0)::bigint,"
    " (select greatest(reltuples, 1)::bigint from pg_class where oid = 'analysis_chunk'::regclass),"
    " coalesce((select array_agg(distinct one) from mine, unnest(languages) one), '{}'),"
    " coalesce((select array_agg(distinct one) from mine, unnest(embedders) one), '{}') from mine"
)
# The lists of common words are long: they stay where they are unless they are asked for.
_POSTINGS = (
    f"select word, (octet_length(entries) - {entries.HEAD}) / {entries.EACH}, case when"
    f" sum((octet_length(entries) - {entries.HEAD}) / {entries.EACH}) over (partition by word) <= %(most)s::bigint"
    " then entries end"
    f" from analysis_posting where {MINE} and word = any(%(words)s::text[]) order by segment_id"
)


@dataclass(frozen=True, slots=True)
class Collection:
    """What the caller's scope has in the index: passages, their words, languages, and who made their vectors.

    `total` is about how many passages all tenants have together.
    """

    chunks: int
    words: int
    total: int
    languages: tuple[str, ...]
    embedders: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scores:
    """BM25 by passage, the best first; what unknown words were taken for; how much of the question was known.

    `known` is in [0, 1], by weight: rare words count more. It is low for questions in a language of no passage.
    """

    numbers: NDArray[np.int64]
    values: NDArray[np.float64]
    corrections: Mapping[str, str]
    known: float

    def best(self, count: int) -> dict[int, float]:
        pairs = zip(self.numbers[:count].tolist(), self.values[:count].tolist(), strict=True)
        return dict(pairs)

    def of(self, numbers: Sequence[int]) -> dict[int, float]:
        """By number, of these passages those that hold a word."""
        places = np.flatnonzero(np.isin(self.numbers, numbers))
        return dict(zip(self.numbers[places].tolist(), self.values[places].tolist(), strict=True))


def collection() -> Collection:
    """Of the caller's scope."""
    [(chunks, held, total, languages, embedders)] = sql.rows(_SUMS, {})
    return Collection(chunks, held, total, tuple(languages), tuple(embedders))


def search(question: str, found: Collection, allowed: NDArray[np.int64] | None = None) -> Scores:
    """All passages that hold a word of the question, or only those with `allowed` numbers (ascending)."""
    asked = list(dict.fromkeys(token.word for token in words.tokens(question)))
    variants = {word: stems for word, stems in words.variants(asked, found.languages).items() if stems}
    common = max(int(_COMMON * found.chunks), _MANY)
    lists = postings({stem for stems in variants.values() for stem in stems}, common)
    unknown = [word for word, stems in variants.items() if not any(stem in lists for stem in stems)]
    foreign = len(variants) > _FEW and len(unknown) > len(variants) / 2
    corrections = Speller(found.languages).correct(unknown) if unknown and not foreign else {}
    lists |= postings({stem for meant in corrections.values() for stem in meant.stems}, common)
    if lists and not any(held.entries for held in lists.values()):  # then common words are all that there is to go by
        lists = postings(lists, _ALL)
    groups = [
        [lists[stem] for stem in (corrections[word].stems if word in corrections else stems) if stem in lists]
        for word, stems in variants.items()
    ]
    numbers, values = _bm25([group for held in groups if (group := _merged(held))], found, allowed)
    corrected = {word: one.stem for word, one in corrections.items() if one.stem}
    return Scores(numbers, values, corrected, _known([sum(one.count for one in held) for held in groups], found.chunks))


@dataclass(frozen=True, slots=True)
class Held:
    """How many passages hold a word, and which; those of common words are left out."""

    count: int
    entries: Entries | None


def postings(stems: Iterable[str], most: int) -> dict[str, Held]:
    """By word what passages hold it, of all segments; which ones only if they are at most `most`."""
    wanted = list(stems)
    if not wanted:
        return {}
    counts, parts = Counter[str](), defaultdict[str, list[Entries]](list)
    for word, count, data in sql.rows(_POSTINGS, {"words": wanted, "most": most}):
        counts[word] += count
        if data is not None:
            parts[word].append(entries.unpack(data))
    return {
        word: Held(count, entries.together(parts[word]) if word in parts else None) for word, count in counts.items()
    }


def _known(holding: Sequence[int], chunks: int) -> float:
    """The share of the words' weight that those have which some passage holds."""
    weights = [_idf(count, chunks) for count in holding]
    total = sum(weights)
    return sum(weight for weight, count in zip(weights, holding, strict=True) if count) / total if total else 0.0


def _idf(holding: int, chunks: int) -> float:
    return math.log1p((max(chunks - holding, 0) + 0.5) / (holding + 0.5))


def _merged(held: Sequence[Held]) -> Entries | None:
    """The passages that hold any of these, as if they were one word."""
    lists = [one.entries for one in held if one.entries is not None]
    if len(lists) <= 1:
        return lists[0] if lists else None
    every = entries.concatenated(lists)
    numbers, first, group = np.unique(every.numbers, return_index=True, return_inverse=True)
    times = np.bincount(group, weights=every.times)
    return entries.of(numbers, times, every.lengths[first])  # type: ignore[arg-type]


def _bm25(
    groups: Sequence[Entries], found: Collection, allowed: NDArray[np.int64] | None
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Numbers and scores, the best first."""
    if not groups:
        return np.empty(0, np.int64), np.empty(0)
    average = max(found.words / max(found.chunks, 1), 1.0)
    numbers = np.concatenate([group.numbers for group in groups])
    values = np.concatenate([_values(group, found.chunks, average) for group in groups])
    if allowed is not None:
        inside = np.isin(numbers, allowed, assume_unique=False)
        numbers, values = numbers[inside], values[inside]
    return _summed(numbers, values)


def _values(group: Entries, chunks: int, average: float) -> NDArray[np.float64]:
    """What one word adds to the score of each of its passages."""
    times = group.times.astype(np.float32)
    norm = _K1 * (1 - _B + _B * group.lengths.astype(np.float32) / average)
    return np.asarray(_idf(len(group), chunks) * times * (_K1 + 1) / (times + norm), np.float64)


def _summed(numbers: NDArray[np.int64], values: NDArray[np.float64]) -> tuple[Any, Any]:
    """By number the sum of its values, the largest first.

    Numbers are dense where a tenant has many passages: a sum by index is faster than sorting then.
    """
    if not len(numbers):
        return numbers, values
    low, high = int(numbers.min()), int(numbers.max())
    if high - low <= 8 * len(numbers) + 1_000_000:
        sums = np.bincount(numbers - low, weights=values)
        held = np.flatnonzero(sums)
        each, totals = held + low, sums[held]
    else:
        each, group = np.unique(numbers, return_inverse=True)
        totals = np.bincount(group, weights=values)
    order = _descending(totals)
    return each[order], totals[order]


_KEPT = 2_000  # scores that anybody may want


def _descending(totals: NDArray[Any]) -> NDArray[np.intp]:
    if len(totals) > _KEPT:
        top = np.argpartition(-totals, _KEPT)[:_KEPT]
        return np.asarray(top[np.lexsort((top, -totals[top]))], np.intp)
    return np.argsort(-totals, kind="stable")
