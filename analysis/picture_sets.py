"""The pictures of a document while they are being made: buffered with their vectors, and swapped in all at once.

As with passages, a crash repeats only the part that it hit. A picture whose vector can't be made now is kept without:
it lacks nothing but that, and `manage.py reembed` makes it later.
"""

from collections.abc import Sequence
from uuid import UUID

import structlog
from django.db import connection
from numpy import float32
from numpy.typing import NDArray
from pgvector import HalfVector
from prometheus_client import Counter

from analysis.engines.embedding import pictures
from analysis.models import Picture, PictureDraft, PictureSet
from analysis.picture_finding import VERSION, FoundPicture
from documents import intake
from documents.errors import Unavailable
from documents.models import Document
from jobs import events
from jobs.models import Job

log = structlog.get_logger(__name__)

EMBEDDED = Counter("vouch_pictures_total", "Pictures of documents, by what became of their vectors", ["outcome"])

_ROWS = 50  # that one statement writes, some 50 kB each
_COPIED = ("workspace_id", "ordinal", "page", "box", "caption", "sha256", "embedder", "vector")
# The same picture keeps its vector, wherever in the document it stands now.
_KEEP_VECTORS = """
update analysis_picturedraft as draft set vector = kept.vector, embedder = kept.embedder
from analysis_picture as kept
where draft.run = %(run)s and draft.embedder <> %(embedder)s and kept.document_id = draft.document_id
    and kept.sha256 = draft.sha256 and kept.embedder = %(embedder)s and kept.vector is not null
"""
_PUT_VECTORS = """
update analysis_picturedraft as draft set vector = made.vector::halfvec, embedder = %s
from unnest(%s::int[], %s::text[]) as made (ordinal, vector) where draft.run = %s and draft.ordinal = made.ordinal
"""

Vectors = NDArray[float32]


def put(document: Document, run: UUID, found: Sequence[FoundPicture]) -> None:
    """Buffers a set, in the place of what an earlier attempt left of it; vectors that the document has are kept."""
    PictureDraft.objects.filter(run=run).delete()
    drafts = [
        PictureDraft(
            workspace_id=document.workspace_id,
            document=document,
            run=run,
            ordinal=ordinal,
            page=one.page,
            box=[round(side, 2) for side in one.box],
            caption=one.caption.replace("\x00", ""),
            sha256=one.sha256,
            jpeg=one.jpeg,
        )
        for ordinal, one in enumerate(found)
    ]
    PictureDraft.objects.bulk_create(drafts, batch_size=_ROWS)
    if embedder := pictures.current():
        with connection.cursor() as cursor:
            cursor.execute(_KEEP_VECTORS, {"run": run, "embedder": embedder.name})
            EMBEDDED.labels(outcome="kept").inc(cursor.rowcount)
    about = {"workspace_id": document.workspace_id, "version": VERSION, "embedder": "", "run": run}
    PictureSet.objects.update_or_create(document=document, defaults=about)


def forget(document: Document) -> None:
    """Pictures aren't wanted: those that the document had may stand elsewhere now."""
    if PictureSet.objects.filter(document=document).exists():
        Picture.objects.filter(document=document).delete()
        PictureSet.objects.filter(document=document).delete()


def buffered(run: UUID) -> int:
    """How many pictures the run has; none after they were swapped in."""
    return PictureDraft.objects.filter(run=run).count()


def lacking(run: UUID, first: int, last: int, embedder: str) -> list[tuple[int, bytes]]:
    """Ordinals and JPEGs of the pictures `first` to `last` that have no vector of this embedder."""
    drafts = PictureDraft.objects.filter(run=run, ordinal__range=(first, last)).exclude(embedder=embedder)
    return [(ordinal, bytes(jpeg)) for ordinal, jpeg in drafts.order_by("ordinal").values_list("ordinal", "jpeg")]


def embed(jpegs: Sequence[bytes]) -> Vectors | str:
    """Their vectors, or the code of why there are none now: no document fails because of that."""
    embedder = pictures.current()
    if embedder is None:
        return "embedding_not_configured"
    try:
        return embedder.pictures(jpegs)
    except Unavailable as error:
        log.warning("pictures_not_embedded", pictures=len(jpegs), code=error.code, detail=error.detail)
        return error.code


def put_vectors(job: Job, ordinals: Sequence[int], made: Vectors | str, embedder: str) -> None:
    """Buffers vectors; where there are none, the job's story says so."""
    if isinstance(made, str):
        EMBEDDED.labels(outcome="lacking").inc(len(ordinals))
        events.record(job, "pictures.lacking", pictures=len(ordinals), code=made)
        return
    EMBEDDED.labels(outcome="embedded").inc(len(ordinals))
    with connection.cursor() as cursor:
        texts = [HalfVector(row).to_text() for row in made]
        cursor.execute(_PUT_VECTORS, [embedder, list(ordinals), texts, job.id])


def swap(document: Document, run: UUID) -> bool:
    """Puts the buffered set in the place of the document's, in the caller's transaction; False if none is buffered."""
    about = PictureSet.objects.filter(document=document, run=run)
    if not about.exists():
        return False
    intake.lock(document.id)
    Picture.objects.filter(document=document).delete()
    drafts = list(PictureDraft.objects.filter(run=run).defer("jpeg").order_by("ordinal"))
    Picture.objects.bulk_create(_picture(document, draft) for draft in drafts)
    embedder = pictures.current()
    complete = embedder is not None and all(draft.embedder == embedder.name for draft in drafts)
    about.update(run=None, embedder=embedder.name if embedder and complete else "")
    PictureDraft.objects.filter(run=run).delete()
    return True


def _picture(document: Document, draft: PictureDraft) -> Picture:
    return Picture(
        id=Picture.id_for(document.id, draft.ordinal, draft.sha256),
        document=document,
        **{name: getattr(draft, name) for name in _COPIED},
    )
