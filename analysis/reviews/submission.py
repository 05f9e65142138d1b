"""From a text or a file of reviews to a job."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.files import File

from analysis.models.reviews import ReviewBatch
from analysis.reviews import judging, store
from analysis.reviews.records import Record
from analysis.reviews.tables import Layout, Table, pack
from documents import intake
from documents.models import Document, User
from jobs import control
from jobs.models import Job, Priority, Status
from jobs.webhooks import addresses

KIND = "reviews"  # what a caller names them by, beside the types of documents
FILES, TEXTS = "reviews", "review"  # the pipelines
_FAILED = (Status.DEADLETTER, Status.CANCELLED)


def submit_text(text: str, *, workspace_id: UUID, user: User | None, callback_url: str = "") -> Job:
    """A job for a single text, ahead of all files. Raises InvalidInput `text_empty` or `text_too_long`."""
    if callback_url:
        addresses.check_url(callback_url)
    row = Record([judging.checked(text)])
    job = _submit(None, TEXTS, workspace_id, user, Priority.INTERACTIVE, callback_url, "")
    store.put_table(job.review_batch, Table(Layout(["text"]), 1, [pack([row])]))
    return job


def submit_file(
    upload: "File[Any]",
    *,
    filename: str,
    workspace_id: UUID,
    user: User | None,
    text_column: str = "",
    priority: Priority = Priority.BULK,
    callback_url: str = "",
    max_mb: int | None = None,
) -> tuple[Document, Job, bool]:
    """The document of a file, its job, and whether the workspace had these bytes before.

    The job is the one that judged them with the same column, unless that failed. Raises what intake raises.
    """
    if callback_url:
        addresses.check_url(callback_url)
    document, created = intake.receive_table(
        upload, filename=filename, workspace_id=workspace_id, user=user, max_mb=max_mb or settings.REVIEWS_MAX_MB
    )
    if not created and (job := _standing(document, text_column)):
        return document, job, True
    job = _submit(document, FILES, workspace_id, user, priority, callback_url, text_column)
    return document, job, not created


def _submit(
    document: Document | None,
    pipeline: str,
    workspace_id: UUID,
    user: User | None,
    priority: Priority,
    callback_url: str,
    text_column: str,
) -> Job:
    job = control.submit(
        workspace_id=workspace_id,
        document=document,
        pipeline_name=pipeline,
        kind=KIND,
        priority=priority,
        callback_url=callback_url,
        user=user,
    )
    ReviewBatch.objects.create(job=job, workspace_id=workspace_id, text_column=text_column)
    return job


def _standing(document: Document, text_column: str) -> Job | None:
    found = document.jobs.filter(pipeline=FILES, review_batch__text_column=text_column).exclude(status__in=_FAILED)
    return found.order_by("-created_at").first()
