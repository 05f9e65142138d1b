"""Files sent over HTTP."""

import io
import threading
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from rest_framework.test import APIClient

from documents import tenancy
from documents.models import Document, Membership, Workspace
from jobs.models import Job
from tests.api.conftest import PDF, client_of, is_problem

TEXT = b"Minutes of the meeting: nothing was decided, as usual."


def send(client, data=TEXT, name="minutes.txt", **fields):
    return client.post("/api/v1/analyze", {"file": SimpleUploadedFile(name, data), **fields})


def rows(person):
    with tenancy.as_user(person.user):
        return Document.objects.count(), Job.objects.count()


def test_a_file_is_accepted_and_can_be_watched(as_anna, anna):
    response = send(as_anna, priority="bulk")
    assert response.status_code == 202
    body = response.json()
    assert (body["status"], body["duplicate"]) == ("queued", False)
    assert response["Location"] == body["poll_url"] == f"/api/v1/jobs/{body['job_id']}"
    assert as_anna.get(body["poll_url"]).json()["document_id"] == body["document_id"]
    assert as_anna.get(body["result_url"]).status_code == 404
    with tenancy.as_user(anna.user):
        job = Job.objects.get()
        assert (job.priority, job.created_by, job.correlation_id) == (10, anna.user, response["X-Request-ID"])


def test_the_same_bytes_are_answered_with_what_there_is(as_anna, anna):
    first = send(as_anna)
    again = send(as_anna, name="copy.txt")
    assert again.status_code == 200
    assert again.json() == first.json() | {"duplicate": True}
    assert rows(anna) == (1, 1)


def test_the_kind_can_be_given(as_anna, anna):
    assert send(as_anna, kind="receipt").status_code == 202
    with tenancy.as_user(anna.user):
        assert Job.objects.get().kind == "receipt"
    assert is_problem(send(as_anna, data=b"Something else that is text", kind="novel"), 422, "unknown_kind")


def test_somebody_can_be_told_of_the_end(as_anna, anna):
    assert send(as_anna, callback_url="https://example.org/done").status_code == 202
    with tenancy.as_user(anna.user):
        assert Job.objects.get().callback_url == "https://example.org/done"
    for refused in ("nonsense", "ftp://example.org/", "http://127.0.0.1/", "http://169.254.169.254/latest"):
        answer = send(as_anna, data=b"Something else that is text", callback_url=refused)
        assert is_problem(answer, 422, "webhook_url_refused")
    assert rows(anna) == (1, 1)


def test_more_than_may_be_active_are_taken_in_and_wait(as_anna, anna, settings):
    settings.JOBS_ACTIVE_PER_USER = 1
    answers = [send(as_anna, data=f"Text number {number}.".encode()) for number in range(3)]
    assert [(one.status_code, one.json()["status"]) for one in answers] == [(202, "queued")] * 3
    with tenancy.as_user(anna.user):
        assert Job.objects.filter(held=True).count() == 2


def test_a_file_can_go_to_a_workspace_that_one_belongs_to(as_anna, anna, as_mallory, mallory):
    with tenancy.as_workspace(shared := Workspace.personal_id(anna.user)):
        Membership.objects.create(workspace_id=shared, user=mallory.user)
    response = send(as_mallory, workspace=str(shared))
    assert response.status_code == 202
    assert as_anna.get(f"/api/v1/documents/{response.json()['document_id']}").json()["workspace_id"] == str(shared)


def test_a_file_can_not_go_to_somebody_elses_workspace(as_mallory, anna, mallory):
    assert is_problem(send(as_mallory, workspace=str(anna.workspace.id)), 422, "unknown_workspace")
    assert is_problem(send(as_mallory, workspace="nonsense"), 422, "invalid_input")
    assert rows(anna) == rows(mallory) == (0, 0)


def bomb() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x", b"0" * 1000)
    return packed.getvalue()


@pytest.mark.parametrize(
    ("data", "name", "status"),
    [
        (b"", "empty.pdf", 422),
        (bytes(range(256)) * 8, "noise.bin", 415),
        (bomb(), "archive.zip", 415),
        (b"MZ\x90\x00" + bytes(200), "setup.exe", 415),
        (b"<html><script>alert(1)</script></html>", "page.html", 415),
        (PDF, "photo.png", 415),
        (b"not a PDF at all, though it says so", "bill.pdf", 415),
    ],
)
def test_what_can_not_be_read_is_refused_and_leaves_nothing(as_anna, anna, data, name, status):
    response = send(as_anna, data=data, name=name)
    assert response.status_code == status, response.content
    assert is_problem(response, status, response.json()["code"])
    assert rows(anna) == (0, 0)


def test_a_file_over_the_limit_is_refused(as_anna, anna, settings):
    settings.MAX_UPLOAD_MB = 1
    assert is_problem(send(as_anna, data=b"x" * (2**20 + 1)), 413, "file_too_large")
    assert rows(anna) == (0, 0)
    assert send(as_anna, data=b"x" * 2**20).status_code == 202


def test_a_request_without_a_file_or_of_another_form_is_refused(as_anna):
    assert is_problem(as_anna.post("/api/v1/analyze", {}), 422, "invalid_input")
    assert is_problem(as_anna.post("/api/v1/analyze", {"file": "text"}), 422, "invalid_input")
    assert is_problem(as_anna.post("/api/v1/analyze", {"file": "x"}, format="json"), 415, "unsupported_media_type")
    broken = as_anna.post("/api/v1/analyze", b"nonsense", content_type="multipart/form-data; boundary=x")
    assert is_problem(broken, 422, "invalid_input")
    without = as_anna.post("/api/v1/analyze", b"nonsense", content_type="multipart/form-data")
    assert is_problem(without, 400, "parse_error")


@pytest.mark.parametrize(
    "name", ["../../etc/passwd.txt", "a\x00b.txt", "x" * 2_000 + ".txt", "пять €.txt", 'q"uo\\te.txt']
)
def test_no_name_does_harm(as_anna, name):
    response = send(as_anna, name=name)
    assert response.status_code in (202, 422)
    if response.status_code == 202:
        shown = as_anna.get(f"/api/v1/documents/{response.json()['document_id']}").json()["filename"]
        assert "/" not in shown
        assert len(shown) <= 255


def test_a_browser_needs_its_csrf_token(anna):
    client = APIClient(enforce_csrf_checks=True, raise_request_exception=False)
    client.force_login(anna.user)
    assert is_problem(send(client), 403, "permission_denied")
    client.get("/admin/login/")  # sets the cookie
    token = client.cookies["csrftoken"].value
    file = SimpleUploadedFile("minutes.txt", TEXT)
    assert client.post("/api/v1/analyze", {"file": file}, headers={"X-CSRFToken": token}).status_code == 202


@pytest.mark.django_db(transaction=True)
def test_the_same_file_eight_times_at_once_is_one_document_and_one_job(anna, broker):
    start = threading.Barrier(8)
    answers = []

    def upload():
        client = client_of(anna)
        start.wait()
        response = send(client, data=PDF, name="bill.pdf")
        answers.append((response.status_code, response.json()))
        connection.close()

    threads = [threading.Thread(target=upload) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(status for status, _ in answers) == [200] * 7 + [202]
    assert len({body["job_id"] for _, body in answers}) == len({body["document_id"] for _, body in answers}) == 1
    assert rows(anna) == (1, 1)
