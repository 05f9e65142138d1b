"""Documents whose passages were not made by what makes them now: how the texts are cut, and the embedder."""

from uuid import UUID

from django.conf import settings
from django.db.models import Exists, OuterRef

from analysis import chunking
from analysis.engines import embedding
from analysis.models import Chunk
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
        read = Document.objects.exclude(markdown="").order_by()
        if not everything:
            chunks = Chunk.objects.filter(document=OuterRef("pk")).order_by()
            made: dict[str, object] = {"embedder": embedding.current().name, "version": chunking.version()}
            if settings.EMBED_SENTENCES:
                made["sentences__isnull"] = False
            read = read.exclude(Exists(chunks.filter(**made)) & ~Exists(chunks.exclude(**made)))
        return list(read.values_list("pk", flat=True))
