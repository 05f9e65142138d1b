"""From a file to a job: taken in once, worked on once."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.files import File

from analysis import document_types
from analysis.reviews import submission as reviews
from documents import intake
from documents.errors import InvalidInput
from documents.models import Document, User
from jobs import control, events
from jobs.models import Job, Priority, Status
from jobs.webhooks import addresses

PIPELINE = "document"
_FAILED = (Status.DEADLETTER, Status.CANCELLED)


@dataclass(frozen=True, slots=True)
class Submission:
    """`duplicate`: the workspace had these bytes already. `job` is then the one that read them, unless that failed or
    another kind or alphabet is asked for now."""

    document: Document
    job: Job
    duplicate: bool


def submit_file(
    upload: "File[Any]",
    *,
    filename: str,
    workspace_id: UUID,
    user: User | None,
    kind: str = "",
    alphabet: str = "",
    priority: Priority = Priority.INTERACTIVE,
    callback_url: str = "",
) -> Submission:
    """Takes a file in and starts its job, in the caller's transaction and scope. Raises what intake raises,
    and InvalidInput for a kind or callback that can't be.

    `alphabet`, of documents.alphabets, is what scans are written in; blank: the installation's.

    `callback_url` is told of the end of the job that this starts; of one that is there already, nobody is.
    """
    if kind == reviews.KIND:
        given: dict[str, Any] = {"workspace_id": workspace_id, "user": user, "priority": priority}
        return Submission(*reviews.submit_file(upload, filename=filename, callback_url=callback_url, **given))
    if kind and kind not in document_types.names():
        names = ", ".join([*document_types.names(), reviews.KIND])
        raise InvalidInput("unknown_kind", f"There is no kind {kind!r}; use one of {names}.")
    if callback_url:
        addresses.check_url(callback_url)
    document, created = intake.receive(upload, filename=filename, workspace_id=workspace_id, user=user)
    if not created and (job := _standing(document, kind, alphabet)):
        return Submission(document, job, duplicate=True)
    job = submit(document, user=user, kind=kind, alphabet=alphabet, priority=priority, callback_url=callback_url)
    return Submission(document, job, duplicate=not created)


def submit(
    document: Document,
    *,
    user: User | None,
    kind: str = "",
    alphabet: str = "",
    priority: Priority = Priority.INTERACTIVE,
    callback_url: str = "",
) -> Job:
    """A new job over a document that we have. Without an `alphabet`, in the one that was asked for last."""
    asked = {"alphabet": alphabet} if alphabet else {}
    return control.submit(
        workspace_id=document.workspace_id,
        document=document,
        pipeline_name=PIPELINE,
        kind=kind,
        priority=priority,
        callback_url=callback_url,
        user=user,
        **asked,
    )


def alphabet_of(job: Job) -> str:
    """What the job's document is to be read as: as was asked now, or else last; blank: the installation's."""
    assert job.document is not None
    return events.asked(job, "alphabet") or job.document.alphabet


def _standing(document: Document, kind: str, alphabet: str) -> Job | None:
    latest = document.jobs.filter(pipeline=PIPELINE).order_by("-created_at").first()
    if latest is None or latest.status in _FAILED or (kind and latest.kind != kind):
        return None
    if alphabet and (alphabet_of(latest) or settings.OCR_ALPHABET) != alphabet:
        return None
    return latest
