"""Segments of the index of words, as they are written."""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from analysis.models import Segment
from analysis.search import entries
from analysis.search.entries import Entries
from documents import sql

ALL = ""  # the word that every passage holds
_BATCH = 5_000  # rows of one statement

_INSERT = (
    "insert into analysis_posting (workspace_id, segment_id, word, entries)"
    " select %(workspace)s, %(segment)s, * from unnest(%(words)s::text[], %(entries)s::bytea[]) returning 1"
)


def write(
    workspace_id: UUID,
    document_id: UUID | None,
    lists: Mapping[str, Entries],
    *,
    languages: Iterable[str],
    embedders: Iterable[str],
) -> Segment:
    """A segment of these posting lists, that of ALL among them."""
    segment = Segment.objects.create(
        workspace_id=workspace_id,
        document_id=document_id,
        chunks=len(lists[ALL]),
        words=int(lists[ALL].lengths.sum(dtype=int)),
        languages=sorted(languages),
        embedders=sorted(embedders),
    )
    insert(segment, [(word, entries.pack(found)) for word, found in lists.items()])
    return segment


def insert(segment: Segment, packed: Sequence[tuple[str, bytes]]) -> None:
    """Rows for these lists."""
    for start in range(0, len(packed), _BATCH):
        names, lists = zip(*packed[start : start + _BATCH], strict=True)
        values = {"words": list(names), "entries": list(lists)}
        sql.rows(_INSERT, {"workspace": segment.workspace_id, "segment": segment.pk} | values)
