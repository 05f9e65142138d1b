"""Staff who are signed in to the admin, and documents of Anna's that were read."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from html import unescape

import pytest
from django.contrib.auth.models import Permission
from django.core.files.base import ContentFile
from django.test import Client

from analysis import checks, results
from analysis.findings import Extraction, Found, LineItem
from analysis.models import Result
from analysis.submission import submit_file
from documents import tenancy
from documents.models import Document, Page
from documents.pages import Box, PageReading
from documents.samples import FOLDER
from jobs.models import Job, Status
from tests.conftest import make_person

PDF = (FOLDER / "invoice.pdf").read_bytes()


@dataclass(frozen=True)
class Case:
    """A document, the job that read it, and what it found."""

    document: Document
    job: Job
    result: Result

    @property
    def url(self) -> str:
        return f"/admin/analysis/result/{self.result.pk}/change/"


def extraction() -> Extraction:
    fields = {
        "vendor": Found("Ink & Paper Ltd", "Ink & Paper Ltd", 1, Box(60, 60, 200, 80), 0.95),
        "date": Found("2025-03-01", "03/01/2025", 1, Box(400, 60, 480, 75), 0.4),
        "currency": Found("EUR", "€", 1, Box(500, 700, 510, 712), 0.95),
        "subtotal": Found("1100.00", "1.100,00", 1, Box(450, 660, 520, 672), 0.95),
        "tax": Found("209.00", "209,00", 1, Box(450, 680, 520, 692), 0.95),
        "total": Found("1390.00", "1.390,00", 1, Box(450, 700, 520, 712), 0.95),
        "taxes": Found([{"rate": "19", "base": "1100.00", "tax": "209.00"}], "19 %", 1, None, 0.95),
    }
    lines = [
        LineItem("Paper", "100", "box", "8.00", "800.00", "19", 1, Box(60, 300, 520, 315), 0.95),
        LineItem("Ink", "2", None, "150.00", "300.00", "19", 1, Box(60, 320, 520, 335), 0.95),
    ]
    return Extraction("invoice", fields, lines)


def make_case(person, number: int = 0, *, data: bytes = PDF, filename: str = "bill.pdf") -> Case:
    """What the stages leave behind, without the work. A number makes a file, and so a document, of its own."""
    data = data + (b"\n%" + str(number).encode() if number else b"")
    with tenancy.as_user(person.user):
        sent = submit_file(ContentFile(data), filename=filename, workspace_id=person.workspace.id, user=person.user)
        job, document = sent.job, sent.document
        document.page_count, document.markdown, document.markdown_sha256 = 1, "# Bill\n\n**Paper** <b>x</b>", "ab" * 32
        document.save()
        source = "text" if filename.endswith(".pdf") else "markup"
        size = (595, 842) if source == "text" else (0, 0)
        Page.of(document, PageReading(1, *size, source=source)).save()
        result = results.store(job, extraction())
        results.set_validation(result, checks.validate(results.extraction_of(result)))
        job.status, job.progress, job.stage = Status.DONE, 100, "done"
        job.save()
        job.tasks.update(status=Status.DONE)
    return Case(document, job, result)


@pytest.fixture
def bill(anna) -> Case:
    """Its total is a hundred too low … to be exact, 1390 where 1309 is right."""
    return make_case(anna)


@pytest.fixture
def bills(anna) -> Callable[[int], list[Case]]:
    return lambda count: [make_case(anna, number) for number in range(1, count + 1)]


def signed_in(person) -> Client:
    client = Client()
    client.force_login(person.user)
    return client


@pytest.fixture
def admin(sam) -> Client:
    return signed_in(sam)


@pytest.fixture
def clerk(db) -> Callable[..., Client]:
    """A member of staff with the named permissions alone, such as view_result."""

    def make(*codenames: str) -> Client:
        person = make_person("clerk")
        person.user.is_staff = True
        person.user.save()
        person.user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
        return signed_in(person)

    return make


def form_of(response) -> dict[str, str]:
    """The review form as a browser would send it."""
    html = response.content.decode()
    html = html[html.index('id="review-form"') : html.index("</form>", html.index('id="review-form"'))]
    html = re.sub(r"<template>.*?</template>", "", html, flags=re.DOTALL)
    fields = {}
    for tag in re.findall(r"<input[^>]*>", html):
        found = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        if found.get("type") != "checkbox" and "name" in found:
            fields[unescape(found["name"])] = unescape(found.get("value", ""))
    for name, text in re.findall(r'<textarea name="([^"]*)"[^>]*>\r?\n?(.*?)</textarea>', html, flags=re.DOTALL):
        fields[name] = unescape(text)
    return fields


def told(response) -> list[str]:
    """The messages on the page."""
    return [str(message) for message in response.context["messages"]]


def as_staff(person):
    """To look at the rows from a test."""
    return tenancy.as_staff(person.user)
