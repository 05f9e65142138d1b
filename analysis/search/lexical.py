"""Passages by their words: BM25 over the postings of a workspace."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.search import bm25, entries, words
from analysis.search.bm25 import Sums
from analysis.search.entries import Entries
from analysis.search.spelling import Speller
from documents import sql

_COMMON = 0.5  # words that more of many passages hold say next to nothing, where others say something
_MANY = 10_000  # passages
_FEW = 3  # words; of more than these, more than half that no passage holds are of another language, not misspelt

_COUNT = f"(octet_length(entries) - {entries.HEAD}) / {entries.EACH}"

# The tenant's rows by a condition that an index can serve; the policy holds it all the same.
MINE = "workspace_id = any(string_to_array(nullif(current_setting('vouch.workspaces', true), ''), ',')::uuid[])"

# All at once, since each statement takes a way to the database and back. The lists of common words are long: they stay
# where they are unless there are no others to go by.
_POSTINGS = (
    f"with mine as (select * from analysis_segment where {MINE}), collection as (select"
    " coalesce(sum(chunks), 0)::bigint chunks, coalesce(sum(words), 0)::bigint,"
    " (select greatest(reltuples, 1)::bigint from pg_class where oid = 'analysis_chunk'::regclass),"
    " coalesce((select array_agg(distinct one) from mine, unnest(languages) one), '{}'),"
    " coalesce((select array_agg(distinct one) from mine, unnest(embedders) one), '{}') from mine),"
    f" held as (select segment_id, word, entries, {_COUNT} count, sum({_COUNT}) over (partition by word)"
    " > greatest(%(many)s::bigint, %(common)s::float * (select chunks from collection)) common"
    f" from analysis_posting where {MINE} and word = any(%(words)s::text[]))"
    " select collection.*, word, count, common, case when not common or bool_and(common) over () then entries end"
    " from collection left join held on true order by segment_id"
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
    """BM25 by passage; what unknown words were taken for; how much of the question was known.

    `known` is in [0, 1], by weight: rare words count more. It is low for questions in a language of no passage.
    """

    sums: Sums
    corrections: Mapping[str, str]
    known: float


@dataclass(frozen=True, slots=True)
class Held:
    """How many passages hold a word, and which, unless it is left out as common."""

    count: int
    common: bool
    entries: Entries | None


@dataclass(frozen=True, slots=True)
class Asked:
    """By word of a question its stems in the collection's languages, and by stem what passages hold it."""

    collection: Collection
    stems: Mapping[str, set[str]]
    lists: Mapping[str, Held]


_likely: tuple[str, ...] = ("en",)  # languages of the passages that this process searched last


def ask(question: str) -> Asked:
    """What the index of the caller's scope has of a question.

    Which stems there may be is known only with the languages of its passages. The last ones are taken to be it again,
    and as a rule they are: then one statement asks for everything.
    """
    global _likely
    asked = list(dict.fromkeys(token.word for token in words.tokens(question)))
    taken = _likely
    collection, lists = postings(_wanted(_stems(asked, taken)))
    stems = _stems(asked, collection.languages)
    if not set(taken).issuperset(collection.languages):
        _likely = collection.languages
        _, lists = postings(_wanted(stems))
    wanted = _wanted(stems)
    return Asked(collection, stems, {stem: held for stem, held in lists.items() if stem in wanted})


def search(asked: Asked, allowed: NDArray[np.int64] | None = None) -> Scores:
    """All passages that hold a word of the question, or only those with `allowed` numbers (ascending)."""
    found, lists = asked.collection, dict(asked.lists)
    unknown = [word for word, stems in asked.stems.items() if not any(stem in lists for stem in stems)]
    foreign = len(asked.stems) > _FEW and len(unknown) > len(asked.stems) / 2
    corrections = Speller(found.languages).correct(unknown) if unknown and not foreign else {}
    if corrections:
        lists |= postings({stem for meant in corrections.values() for stem in meant.stems})[1]
    only_common = all(held.common for held in lists.values())
    if only_common and not all(held.entries for held in lists.values()):  # there were others of another language
        lists = postings(lists)[1]
    groups = [
        [lists[stem] for stem in (corrections[word].stems if word in corrections else stems) if stem in lists]
        for word, stems in asked.stems.items()
    ]
    told_by = [[one for one in held if only_common or not one.common] for held in groups]
    scored = _scored([group for held in told_by if (group := _merged(held))], found, allowed)
    corrected = {word: one.stem for word, one in corrections.items() if one.stem}
    return Scores(scored, corrected, _known([sum(one.count for one in held) for held in groups], found.chunks))


def _stems(asked: Sequence[str], languages: Iterable[str]) -> dict[str, set[str]]:
    """By word, but stop words."""
    return {word: stems for word, stems in words.variants(asked, languages).items() if stems}


def _wanted(stems: Mapping[str, set[str]]) -> set[str]:
    return {stem for held in stems.values() for stem in held}


def postings(stems: Iterable[str]) -> tuple[Collection, dict[str, Held]]:
    """What the scope has in the index, and by word what passages hold it, of all segments."""
    rows = sql.rows(_POSTINGS, {"words": list(stems), "many": _MANY, "common": _COMMON})
    counts, common, parts = Counter[str](), dict[str, bool](), defaultdict[str, list[Entries]](list)
    for *_, word, count, is_common, data in rows:
        if word is not None:
            counts[word] += count
            common[word] = is_common
        if data is not None:
            parts[word].append(entries.unpack(data))
    lists = {
        word: Held(count, common[word], entries.together(parts[word]) if word in parts else None)
        for word, count in counts.items()
    }
    chunks, held, total, languages, embedders = rows[0][:5]
    return Collection(chunks, held, total, tuple(languages), tuple(embedders)), lists


def _known(holding: Sequence[int], chunks: int) -> float:
    """The share of the words' weight that those have which some passage holds."""
    weights = [bm25.idf(count, chunks) for count in holding]
    total = sum(weights)
    return sum(weight for weight, count in zip(weights, holding, strict=True) if count) / total if total else 0.0


def _merged(held: Sequence[Held]) -> Entries | None:
    """The passages that hold any of these, as if they were one word."""
    lists = [one.entries for one in held if one.entries is not None]
    if len(lists) <= 1:
        return lists[0] if lists else None
    every = entries.concatenated(lists)
    numbers, first, group = np.unique(every.numbers, return_index=True, return_inverse=True)
    times = np.bincount(group, weights=every.times)
    return entries.of(numbers, times, every.lengths[first])  # type: ignore[arg-type]


def _scored(groups: Sequence[Entries], found: Collection, allowed: NDArray[np.int64] | None) -> Sums:
    """Rarity is that among all passages, whichever are allowed."""
    scored = bm25.sums(groups, found.chunks, max(found.words / max(found.chunks, 1), 1.0))
    if allowed is None:
        return scored
    inside = np.isin(scored.numbers, allowed)
    return Sums(scored.numbers[inside], scored.values[inside])
