"""Documents whose passages or pictures were not made by what makes them now: what cuts them out, and the embedders."""

from uuid import UUID

from django.conf import settings
from django.db.models import Exists, OuterRef, Q

from analysis import chunking, picture_finding
from analysis.engines import embedding
from analysis.engines.embedding import pictures
from analysis.models import Chunk, PictureSet
from analysis.reprocessing import Chosen, Filters, choose
from documents import tenancy
from documents.models import Document
from jobs.models import Job

STAGE = "chunk"  # where their jobs begin again


def stale(*, everything: bool = False) -> Chosen:
    """The latest jobs of such documents in all workspaces, or of all documents that were read.

    Searches find the old passages until those of each document are swapped for the new. Raises Unavailable without an
    embedder.
    """
    documents = [one for workspace_id in _workspaces() for one in _documents(workspace_id, everything)]
    return choose(Filters(documents=documents)) if documents else Chosen()


def _workspaces() -> list[UUID]:
    with tenancy.as_sweeper():
        return list(Job.objects.order_by().values_list("workspace", flat=True).distinct())


def _documents(workspace_id: UUID, everything: bool) -> list[UUID]:
    with tenancy.as_workspace(workspace_id):
        stale = Q() if everything else ~_has_passages()
        wanted = Document.objects.exclude(markdown="").filter(stale)
        if embedder := pictures.current():
            made = {"version": picture_finding.VERSION, "embedder": embedder.name}
            lacking = ~Q(markdown_sha256="") & ~Exists(PictureSet.objects.filter(document=OuterRef("pk"), **made))
            wanted = Document.objects.filter(Q(pk__in=wanted.order_by().values("pk")) | lacking)
        return list(wanted.order_by().values_list("pk", flat=True))


def _has_passages() -> Q:
    """That a document has some, all of them made as they would be now."""
    chunks = Chunk.objects.filter(document=OuterRef("pk")).order_by()
    made: dict[str, object] = {"embedder": embedding.current().name, "version": chunking.version()}
    if settings.EMBED_SENTENCES:
        made["sentences__isnull"] = False
    return Q(Exists(chunks.filter(**made)) & ~Exists(chunks.exclude(**made)))
