"""Parts: the invoices that one file held, as documents of their own; and back to one document where that was wrong."""

from collections.abc import Sequence
from pathlib import PurePosixPath
from uuid import UUID

from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import Q, QuerySet

from analysis import submission
from analysis.models import Result
from documents import intake
from documents.errors import Conflict
from documents.models import Document, User
from documents.parting import Part
from documents.removal import remove
from jobs import control
from jobs.models import Job, Priority

_STEM = 100  # characters of the parent's name in the name of a part


def store(job: Job, parts: Sequence[Part]) -> None:
    """Takes the parts of the job's document in and submits them, with its user, kind and priority.

    A part that is there already, by its pages, stays as it is, and so do those whose pages are not found any more.
    In the transaction of the parent's result; the caller holds the job's lock.
    """
    parent = job.document
    assert parent is not None
    intake.lock(parent.id)  # another job may read the same document
    there = set(parent.parts.values_list("first_page", "last_page"))
    for number, part in enumerate(parts, start=1):
        if (part.first, part.last) not in there:
            _take_in(job, parent, part, _name(parent.filename, number, len(parts)))


def _name(filename: str, number: int, count: int) -> str:
    """`scan (1 of 3).pdf`."""
    path = PurePosixPath(filename)
    return f"{path.stem[:_STEM]} ({number} of {count}){path.suffix}"


def _take_in(job: Job, parent: Document, part: Part, name: str) -> None:
    file, user = ContentFile(part.data, name), parent.uploaded_by
    document, created = intake.receive(file, filename=name, workspace_id=parent.workspace_id, user=user)
    lost_its_parent = document.is_part and document.parent_id is None
    if not created and not lost_its_parent:
        return  # the workspace had this very file: it has its own story
    document.parent, document.first_page, document.last_page = parent, part.first, part.last
    document.save(update_fields=["parent", "first_page", "last_page"])
    if created:
        submission.submit(
            document,
            user=job.created_by,
            kind=job.kind,
            alphabet=submission.alphabet_of(job),
            priority=Priority(job.priority),
        )


def join(document_id: UUID, *, user: User, confirmed: bool = False) -> Job:
    """A person says that the document is one: its parts are deleted for good, and its values read again, as one.

    Raises Document.DoesNotExist, and Conflict: `no_parts`; `parts_reviewed` if people have corrected or approved some
    and that isn't `confirmed`; what a retry of the document's latest job raises.
    """
    with transaction.atomic():
        document = Document.objects.defer("markdown").get(pk=document_id)
        parts = list(document.parts.defer("markdown"))
        if not parts:
            raise Conflict("no_parts", "The document has no parts that could be joined.")
        if not confirmed and (count := reviewed(document).count()):
            raise Conflict(
                "parts_reviewed",
                f"People have corrected or approved parts of this document ({count}). Confirm that this may be lost.",
            )
        latest = document.jobs.filter(pipeline=submission.PIPELINE).latest("created_at")
        job = control.retry(latest.pk, from_stage="extract", user=user)
        for part in parts:
            control.cancel_open(part.jobs.all(), user=user)
            remove(part)
        document.joined = True
        document.save(update_fields=["joined"])
    return job


def reviewed(document: Document) -> QuerySet[Document]:
    """The document's parts that people have worked on."""
    approved = Q(review_status=Result.ReviewStatus.APPROVED, automatic=False)
    touched = Result.objects.filter(approved | Q(corrections__isnull=False), document__parent=document)
    return document.parts.filter(pk__in=touched.values("document"))
