"""Passages go into the index of words: a document's with the swap that makes them visible."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from functools import partial
from uuid import UUID

from django.db import transaction

from analysis.models import Chunk, Segment
from analysis.search import entries, merging, segments, words
from analysis.search.entries import Entries


def replace(document_id: UUID, workspace_id: UUID, chunks: Sequence[Chunk]) -> None:
    """Makes these the document's passages in the index of words; in the transaction that swaps them in.

    They must be saved: they go by the numbers that the database gives them. What is left of the document's former
    passages in merged segments is passed over by searches, since their chunks are gone, and purged by the next merge.
    """
    Segment.objects.filter(document=document_id).delete()
    if chunks:
        add(workspace_id, document_id, chunks)
        transaction.on_commit(partial(merging.merge, workspace_id), robust=True)


def add(workspace_id: UUID, document_id: UUID | None, chunks: Sequence[Chunk]) -> Segment:
    """A segment of these passages."""
    lists, languages = _inverted(chunks)
    embedders = {chunk.embedder for chunk in chunks} - {""}
    return segments.write(workspace_id, document_id, lists, languages=languages, embedders=embedders)


def _inverted(chunks: Sequence[Chunk]) -> tuple[dict[str, Entries], set[str]]:
    """The posting lists of passages by word, and the languages that they are in."""
    numbers = dict(Chunk.objects.filter(pk__in=[chunk.pk for chunk in chunks]).values_list("pk", "number"))
    spoken = [words.language_of(chunk.text) for chunk in chunks]
    counts = [Counter(token.word for token in words.tokens(searched(chunk))) for chunk in chunks]
    stems = {language: _stems(language, spoken, counts) for language in set(spoken)}
    columns: dict[str, list[tuple[int, int, int]]] = defaultdict(list)
    for chunk, language, count in zip(chunks, spoken, counts, strict=True):
        times = Counter[str]()
        for word, number in count.items():
            times[stems[language][word]] += number
        times.pop("", None)
        length = times.total()
        columns[segments.ALL].append((numbers[chunk.pk], 1, length))
        for stem, number in times.items():
            columns[stem].append((numbers[chunk.pk], number, length))
    return {word: entries.of(*zip(*rows, strict=True)) for word, rows in columns.items()}, set(spoken)


def _stems(language: str, spoken: Sequence[str], counts: Sequence[Counter[str]]) -> dict[str, str]:
    own = (count for said, count in zip(spoken, counts, strict=True) if said == language)
    return words.stems((word for count in own for word in count), language)


def searched(chunk: Chunk) -> str:
    """What a passage is found by: its text and the headings above it."""
    return f"{chunk.section}\n{chunk.text}" if chunk.section else chunk.text
