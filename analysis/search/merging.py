"""Fewer, larger segments: searches read one row for each word and segment.

Segments are of a tier by their size, and a tier with many of them is merged into one of a higher tier: each passage is
rewritten a few times however many come in. Passages whose chunks are gone are left out on the way.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import groupby
from math import log
from operator import itemgetter
from uuid import UUID

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from analysis.models import Chunk, Posting, Segment
from analysis.search import entries, segments
from analysis.search.entries import Entries
from analysis.search.segments import ALL
from documents import tenancy
from jobs.models import Job

FANOUT = 8  # segments of a tier that are merged, and what a tier is larger than the one below by
LARGEST = 200_000  # passages of a segment
_DEAD = 0.2  # the share of passages that may be gone before a segment is purged
_BATCH = 2_000  # words


def merge(workspace_id: UUID) -> int:
    """Merges what there is to merge, in transactions of its own; the number of segments that are no more."""
    gone = 0
    while True:
        with tenancy.as_workspace(workspace_id):
            chosen = _crowded(workspace_id)
            if not chosen:
                return gone
            _rewrite(workspace_id, chosen)
        gone += len(chosen)


def purge_all(dry_run: bool) -> int:
    """`purge` for each workspace that has jobs: a step of the daily maintenance, which counts nothing beforehand."""
    if dry_run:
        return 0
    with tenancy.as_sweeper():
        workspaces = list(Job.objects.order_by().values_list("workspace_id", flat=True).distinct())
    return sum(map(purge, workspaces))


def purge(workspace_id: UUID) -> int:
    """Rewrites segments many of whose passages are gone; the number of passages that were left out."""
    left_out = 0
    with tenancy.as_workspace(workspace_id):
        candidates = list(Segment.objects.filter(workspace=workspace_id, document=None).values_list("pk", flat=True))
    for pk in candidates:
        with tenancy.as_workspace(workspace_id):
            segment = Segment.objects.select_for_update(skip_locked=True, of=("self",)).filter(pk=pk).first()
            if segment is None:
                continue
            dead = segment.chunks - len(_alive([segment]))
            if dead > _DEAD * segment.chunks:
                _rewrite(workspace_id, [segment])
                left_out += dead
    return left_out


def _crowded(workspace_id: UUID) -> list[Segment]:
    """The segments of the lowest tier that has enough of them, locked; what another merges is passed over."""
    free = Segment.objects.filter(workspace=workspace_id, chunks__lt=LARGEST // FANOUT)
    tiers: dict[int, list[int]] = defaultdict(list)
    for pk, chunks in free.order_by("pk").values_list("pk", "chunks"):
        tiers[int(log(max(chunks, 1), FANOUT))].append(pk)
    crowded = next((tiers[tier] for tier in sorted(tiers) if len(tiers[tier]) >= FANOUT), [])
    if not crowded:
        return []
    locked = list(free.filter(pk__in=crowded).order_by("pk").select_for_update(skip_locked=True, of=("self",)))
    return locked if len(locked) >= FANOUT else []


def _rewrite(workspace_id: UUID, old: Sequence[Segment]) -> None:
    """One segment of what is alive in these, if anything is; they go."""
    alive = _alive(old)
    if len(alive):
        new = Segment(
            workspace_id=workspace_id,
            languages=sorted({one for segment in old for one in segment.languages}),
            embedders=sorted({one for segment in old for one in segment.embedders}),
        )
        new.chunks = new.words = 0
        new.save()
        for batch in _batches(old, alive):
            segments.insert(new, [(word, entries.pack(found)) for word, found in batch])
            if batch[0][0] == ALL:  # the first of all words
                new.chunks, new.words = len(batch[0][1]), int(batch[0][1].lengths.sum(dtype=int))
        new.save()
    pks = [segment.pk for segment in old]
    Posting.objects.filter(segment__in=pks).delete()
    Segment.objects.filter(pk__in=pks).delete()


def _alive(chosen: Sequence[Segment]) -> NDArray[np.int64]:
    """The numbers of passages in these segments that still have a chunk, ascending."""
    packed = Posting.objects.filter(segment__in=[one.pk for one in chosen], word=ALL)
    lists = [entries.unpack(data) for data in packed.values_list("entries", flat=True)]
    if not lists:
        return np.empty(0, np.int64)
    numbers = entries.together(lists).numbers
    there = Chunk.objects.filter(
        workspace=chosen[0].workspace_id, number__gte=int(numbers.min()), number__lte=int(numbers.max())
    )
    found = np.fromiter(there.order_by().values_list("number", flat=True).iterator(), np.int64)
    return np.intersect1d(numbers, found)


def _batches(old: Sequence[Segment], alive: NDArray[np.int64]) -> Iterator[list[tuple[str, Entries]]]:
    """The merged lists of words, some at a time, in the order of the words."""
    batch: list[tuple[str, Entries]] = []
    for word, rows in groupby(_rows(old), key=itemgetter(0)):
        merged = entries.together([entries.unpack(data) for _, data in rows])
        merged = merged.where(np.isin(merged.numbers, alive))
        if len(merged):
            batch.append((word, merged))
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _rows(old: Sequence[Segment]) -> Iterator[tuple[str, bytes]]:
    """(word, entries), by word; from a cursor of the server's, for large segments don't fit into memory."""
    query = (
        "select word, entries from analysis_posting"
        " where workspace_id = %s and segment_id = any(%s) order by word, segment_id"
    )
    with connection.chunked_cursor() as cursor:
        cursor.execute(query, [old[0].workspace_id, [one.pk for one in old]])
        while rows := cursor.fetchmany(_BATCH):
            yield from rows
