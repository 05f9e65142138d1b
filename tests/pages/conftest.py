"""Documents with results, made by hand: the pages only read rows."""

import hashlib
from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone

from analysis import results
from analysis.findings import Extraction, Found, Issue, LineItem, Validation
from analysis.models import Result
from documents import tenancy
from documents.models import Document, Page
from documents.pages import Box
from jobs import events
from jobs.models import Job, Status
from tests.conftest import Person

FIELDS = {
    "vendor": Found("Lindenhof Papeterie GmbH", page=1, box=Box(50, 40, 250, 60), confidence=0.95),
    "invoice_number": Found("LP-2025-0417", page=1, box=Box(400, 100, 480, 112), confidence=0.93),
    "date": Found("2025-03-14", raw="14.03.2025", page=1, box=Box(400, 120, 480, 132), confidence=0.7),
    "currency": Found("EUR", confidence=0.9),
    "total": Found("559.15", raw="559,15", page=1, box=Box(500, 700, 550, 712), confidence=0.4),
}
LINES = [LineItem("Skizzenbuch A4", "12", "H87", "14.50", "174.00", "19", 1, Box(50, 400, 550, 412), 0.9)]


@pytest.fixture
def signed_in(client: Client, anna: Person) -> Client:
    client.force_login(anna.user)
    return client


@pytest.fixture
def make_document(anna: Person) -> Callable[..., Document]:
    """A document of anna's with a page and a job and, unless it has not come so far, a result."""

    def make(
        filename: str = "invoice.pdf",
        *,
        status: Status = Status.DONE,
        fields: dict[str, Found] | None = None,
        issues: tuple[Issue, ...] = (),
        math_ok: bool | None = True,
        **given: object,
    ) -> Document:
        with tenancy.as_user(anna.user):
            document = _document(anna, filename, **given)
            job = _job(document, status)
            if status == Status.DONE:
                Page.objects.create(
                    workspace_id=document.workspace_id,
                    document=document,
                    number=1,
                    width=600,
                    height=800,
                    source="text",
                )
                found = Extraction("invoice", FIELDS if fields is None else fields, LINES)
                result = results.store(job, found)
                errors = any(issue.severity == "error" for issue in issues)
                results.set_validation(result, Validation(not errors, math_ok, list(issues)))
        return document

    return make


def _document(anna: Person, filename: str, **given: object) -> Document:
    sha256 = hashlib.sha256(filename.encode()).hexdigest()
    values = {
        "media_type": "application/pdf",
        "page_count": 1,
        "markdown": "# Rechnung\n\nVielen Dank.",
        "size": 5_000,
        **given,
    }
    return Document.objects.create(
        id=Document.id_for(anna.workspace.id, sha256),
        workspace=anna.workspace,
        sha256=sha256,
        filename=filename,
        storage_key="none",
        **values,
    )


def _job(document: Document, status: Status) -> Job:
    job = Job.objects.create(
        workspace_id=document.workspace_id,
        document=document,
        pipeline="document",
        status=status,
        stage="parsing" if status == Status.WORKING else "queued",
        progress=20,
        finished_at=None if status in (Status.QUEUED, Status.WORKING) else timezone.now(),
    )
    if status == Status.DEADLETTER:
        job.error_code, job.error_detail = "encrypted_pdf", "The PDF has a password. Save it without one and try again."
    events.record(job, "job.submitted", pipeline="document")
    job.save()
    return job


@pytest.fixture
def result_of(anna: Person) -> Callable[[Document], Result]:
    def find(document: Document) -> Result:
        with tenancy.as_user(anna.user):
            return document.results.select_related("approved_by").get()

    return find
