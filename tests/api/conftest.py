"""Clients that sign in as programs do, and an invoice of Anna's that was read."""

from dataclasses import dataclass
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from rest_framework.test import APIClient
from rest_framework_simplejwt.tokens import AccessToken

from analysis import checks, results
from analysis.findings import Extraction, Found, LineItem
from analysis.models import QueryLog, Result
from analysis.submission import submit_file
from documents import tenancy
from documents.models import Document, Page
from documents.pages import Box, PageReading, Word
from jobs.models import Delivery, Job, Status

SAMPLES = Path(__file__).resolve().parents[2] / "documents" / "samples"
PDF = (SAMPLES / "factur-x.pdf").read_bytes()


def client_of(person) -> APIClient:
    client = APIClient(raise_request_exception=False)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {AccessToken.for_user(person.user)}")
    return client


@pytest.fixture
def as_anna(anna):
    return client_of(anna)


@pytest.fixture
def as_mallory(mallory):
    return client_of(mallory)


@pytest.fixture
def anonymous(db):
    return APIClient(raise_request_exception=False)


@dataclass(frozen=True)
class Case:
    """A document, the job that read it, and what it found."""

    document: Document
    job: Job
    result: Result
    delivery: Delivery | None = None
    query: QueryLog | None = None


def extraction(**fields) -> Extraction:
    found = {
        "vendor": Found("Ink & Paper Ltd", "Ink & Paper Ltd", 1, Box(10, 10, 90, 20), 0.9),
        "subtotal": Found("100.00", "100.00", 1, Box(10, 40, 50, 50), 0.8),
        "tax": Found("19.00", "19.00", 1, Box(10, 55, 50, 65), 0.8),
        "total": Found("119.00", "119,00", 1, Box(10, 70, 50, 80), 0.8),
        "currency": Found("EUR", "€", 1, Box(55, 70, 60, 80), 0.8),
    }
    lines = [
        LineItem("Paper", "10", "box", "8.00", "80.00", "19", 1, Box(1, 2, 3, 4), 0.7),
        LineItem("Ink", "2", None, "10.00", "20.00", "19", 1, Box(1, 5, 3, 7), 0.7),
    ]
    return Extraction("invoice", found | fields, lines)


def analysed(person, data=PDF, filename="bill.pdf") -> Case:
    """What the stages leave behind, without the work."""
    with tenancy.as_user(person.user):
        sent = submit_file(ContentFile(data), filename=filename, workspace_id=person.workspace.id, user=person.user)
        job, document = sent.job, sent.document
        document.page_count, document.markdown, document.markdown_sha256 = 1, "# Bill\n", "ab" * 32
        document.save()
        Page.of(document, PageReading(1, 595, 842, source="text", words=(Word("Bill", 1, 2, 3, 4),))).save()
        result = results.store(job, extraction())
        results.set_validation(result, checks.validate(results.extraction_of(result)))
        job.status, job.progress, job.stage = Status.DONE, 100, "done"
        job.save()
        job.tasks.update(status=Status.DONE)
    return Case(document, job, result)


@pytest.fixture
def invoice(anna) -> Case:
    return analysed(anna)


def is_problem(response, status: int, code: str) -> bool:
    """Fails with what came instead."""
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    body = response.json()
    assert body["code"] == code, body
    assert (body["status"], body["type"]) == (status, "about:blank")
    assert body["detail"]
    assert body["request_id"] == response["X-Request-ID"]
    return True
