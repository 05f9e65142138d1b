"""The page of jobs, and single rows."""

import pytest
from django.urls import reverse

from documents import tenancy
from jobs.models import Status


def job_of(anna, document):
    with tenancy.as_user(anna.user):
        return document.jobs.get()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", {"run.pdf", "wait.pdf", "bad.pdf", "good.pdf"}),
        ("?state=working", {"run.pdf"}),
        ("?state=waiting", {"wait.pdf"}),
        ("?state=failed", {"bad.pdf"}),
        ("?state=done", {"good.pdf"}),
    ],
)
def test_jobs_by_state(signed_in, make_document, query, found):
    make_document("run.pdf", status=Status.WORKING)
    make_document("wait.pdf", status=Status.QUEUED)
    make_document("bad.pdf", status=Status.DEADLETTER)
    make_document("good.pdf")
    page = signed_in.get(f"/jobs{query}")
    assert {row.document.filename for row in page.context["rows"]} == found
    assert "2 in work or waiting" in page.content.decode()


def test_no_jobs_teaches(signed_in):
    page = signed_in.get("/jobs").content.decode()
    assert "No jobs here" in page
    assert "Nothing is waiting" in page


def test_a_row_ends_in_the_result(signed_in, make_document, anna):
    answer = signed_in.get(reverse("job-row", args=[job_of(anna, make_document()).id]))
    row = answer.content.decode()
    assert row.lstrip().startswith("<li")
    assert "Lindenhof Papeterie GmbH" in row
    assert "LP-2025-0417" in row
    assert "Adds up" in row
    assert "data-watch" not in row


def test_a_row_of_others_is_not_there(client, mallory, anna, make_document):
    client.force_login(mallory.user)
    assert client.get(reverse("job-row", args=[job_of(anna, make_document()).id])).status_code == 404
