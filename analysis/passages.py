"""Passages that are being made: buffered with their vectors, and put in the place of the old ones all at once.

A crash repeats only the part that it hit, and readers find the passages of one set: the old one's or the new one's.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection
from pgvector import HalfVector

from analysis import chunking
from analysis.chunking import Passage
from analysis.models import Chunk, ChunkDraft
from analysis.search import index, vectors
from analysis.search.vectors import Text, Vectors
from documents import intake
from documents.models import Document
from jobs.errors import TransientFailure

_ROWS = 500  # that one statement writes
_SECTION = 300  # characters of the headings, from the innermost on, that are embedded with a text
_COLUMNS = [
    str(column.column) for column in ChunkDraft._meta.concrete_fields if column.name != "run" and not column.primary_key
]
_NAMES = ", ".join(_COLUMNS)
_MAY_CHANGE = [name for name in _COLUMNS if name not in ("workspace_id", "document_id", "ordinal", "text", "version")]
_BUFFER_OWN = (
    f"insert into analysis_chunkdraft ({_NAMES}, run) select {_NAMES}, %s from analysis_chunk where document_id = %s"  # noqa: S608 - the names are our own
)
_SAME = """
    chunk.document_id = draft.document_id and chunk.text = draft.text and chunk.section = draft.section
    and chunk.embedder = %(embedder)s and chunk.vector is not null
    and (chunk.sentences is not null or not %(sentences)s)
"""
_UNMADE = "(draft.embedder <> %(embedder)s or (%(sentences)s and draft.sentences is null))"
_LACKING = f"""
select ordinal, section, text, type from analysis_chunkdraft as draft
where run = %(run)s and ordinal between %(first)s and %(last)s and {_UNMADE}
    and not exists (select from analysis_chunk as chunk where {_SAME})
order by ordinal
"""  # noqa: S608
_KEEP_VECTORS = f"""
update analysis_chunkdraft as draft
set vector = chunk.vector, sentences = chunk.sentences, embedder = chunk.embedder from analysis_chunk as chunk
where draft.run = %(run)s and draft.ordinal between %(first)s and %(last)s and {_UNMADE}
    and {_SAME}
"""  # noqa: S608
_PUT_VECTORS = """
update analysis_chunkdraft as draft set vector = made.vector::halfvec, sentences = made.sentences, embedder = %s
from unnest(%s::int[], %s::text[], %s::bytea[]) as made (ordinal, vector, sentences)
where draft.run = %s and draft.ordinal = made.ordinal
"""
# Rows that stay as they are are not written again: an index of vectors is dear.
_INSERT = f"""
insert into analysis_chunk (id, created_at, {_NAMES})
select named.id, statement_timestamp(), {", ".join(f"draft.{name}" for name in _COLUMNS)}
from analysis_chunkdraft as draft join unnest(%s::uuid[], %s::int[]) as named (id, ordinal) using (ordinal)
where draft.run = %s
on conflict (id) do update set {", ".join(f"{name} = excluded.{name}" for name in _MAY_CHANGE)}
where ({", ".join(f"analysis_chunk.{name}" for name in _MAY_CHANGE if name != "vector")})
    is distinct from ({", ".join(f"excluded.{name}" for name in _MAY_CHANGE if name != "vector")})
"""  # noqa: S608


def put(document: Document, run: UUID, passages: Sequence[Passage]) -> None:
    """Buffers a set, in the place of what an earlier attempt left of it. A set of none is swapped in at once."""
    clear(run)
    version = chunking.version()
    rows = (
        ChunkDraft(
            workspace_id=document.workspace_id,
            document=document,
            run=run,
            ordinal=ordinal,
            version=version,
            **{name: getattr(passage, name) for name in Passage.__slots__},
        )
        for ordinal, passage in enumerate(passages)
    )
    ChunkDraft.objects.bulk_create(rows, batch_size=_ROWS)
    if not passages:
        intake.lock(document.id)
        document.chunks.all().delete()
        index.replace(document.id, document.workspace_id, [])


def buffered(document: Document, run: UUID) -> int:
    """How many passages the run has to embed. One whose set was swapped in before begins with the document's own."""
    found = ChunkDraft.objects.filter(run=run).count()
    if found:
        return found
    with connection.cursor() as cursor:
        cursor.execute(_BUFFER_OWN, [run, document.id])
        return int(cursor.rowcount)


def lacking(run: UUID, first: int, last: int, embedder: str) -> list[tuple[int, Text]]:
    """Ordinals and texts of the passages `first` to `last` that have no vectors of this embedder.

    They don't lack them if the document has them already, for the same text. Below which headings a text stands is a
    part of what is embedded.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LACKING, _part(run, first, last, embedder))
        return [
            (ordinal, vectors.text_of(embedded(section, text), text, kind))
            for ordinal, section, text, kind in cursor.fetchall()
        ]


def embedded(section: str, text: str) -> str:
    """A passage as the embedder reads it."""
    title = section.rpartition(" › ")[2]
    return text if not section or text.startswith(title) else f"{section[-_SECTION:]}\n\n{text}"


def _part(run: UUID, first: int, last: int, embedder: str) -> dict[str, Any]:
    wanted = settings.EMBED_SENTENCES
    return {"run": run, "first": first, "last": last, "embedder": embedder, "sentences": wanted}


def put_vectors(run: UUID, first: int, last: int, made: Sequence[tuple[int, Vectors]], embedder: str) -> None:
    """Buffers the vectors of a part: those that were made, and those that the document has already.

    Raises TransientFailure if one of these is gone, because the document got other passages meanwhile.
    """
    ordinals = [ordinal for ordinal, _ in made]
    wholes = [HalfVector(one.whole).to_text() for _, one in made]
    with connection.cursor() as cursor:
        cursor.execute(_PUT_VECTORS, [embedder, ordinals, wholes, [one.sentences for _, one in made], run])
        cursor.execute(_KEEP_VECTORS, _part(run, first, last, embedder))
    drafts = ChunkDraft.objects.filter(run=run, ordinal__range=(first, last))
    if drafts.exclude(embedder=embedder).exists():
        raise TransientFailure("passages_changed", "The document got other passages meanwhile. They are embedded anew.")


def swap(document: Document, run: UUID) -> bool:
    """Puts the buffered set in the place of the document's, in the caller's transaction; False if none is buffered.

    Under an advisory lock on the document, as pages are. Raises TransientFailure unless all vectors are there, made by
    one embedder.
    """
    intake.lock(document.id)
    drafts = ChunkDraft.objects.filter(run=run)
    if not drafts.exists():
        return False
    if len(set(drafts.values_list("embedder", flat=True))) > 1 or drafts.filter(vector=None).exists():
        raise TransientFailure(
            "vectors_missing", "Not all passages have a vector of the same model. Retry the job from the stage `embed`."
        )
    if _replaced(document, run):
        chunks = document.chunks.defer("vector", "sentences", "spans").order_by("ordinal")
        index.replace(document.id, document.workspace_id, list(chunks))
    clear(run)
    return True


def clear(run: UUID) -> None:
    """Forgets what a run has buffered."""
    ChunkDraft.objects.filter(run=run).delete()


def _replaced(document: Document, run: UUID) -> bool:
    """Whether a passage came, went, or is another."""
    rows = ChunkDraft.objects.filter(run=run).values_list("version", "ordinal", "text")
    ids = {Chunk.id_for(document.id, *row): row[1] for row in rows}
    gone, _ = document.chunks.exclude(pk__in=ids).delete()
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, [list(ids), list(ids.values()), run])
        return bool(gone or cursor.rowcount)
