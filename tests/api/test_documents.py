"""Documents over HTTP: listed, downloaded, shown, deleted."""

import hashlib
import io
import uuid

import pytest
from django.core.files.storage import default_storage
from django.db import connection
from django.test.utils import CaptureQueriesContext
from PIL import Image

from analysis.models import Field
from documents import tenancy
from documents.models import Document, Page
from jobs.models import Job
from tests.api.conftest import PDF, analysed, is_problem
from tests.api.test_analyze import send


@pytest.fixture
def url(invoice):
    return f"/api/v1/documents/{invoice.document.id}"


def test_a_document_leads_to_its_job_and_result(as_anna, invoice, url):
    body = as_anna.get(url).json()
    assert body["document_id"] == str(invoice.document.id)
    assert body["sha256"] == hashlib.sha256(PDF).hexdigest()
    assert (body["filename"], body["media_type"], body["size"], body["page_count"]) == (
        "bill.pdf",
        "application/pdf",
        len(PDF),
        1,
    )
    assert (body["job_id"], body["status"], body["result_id"]) == (
        str(invoice.job.id),
        "done",
        str(invoice.result.id),
    )
    assert as_anna.get(body["file_url"]).status_code == as_anna.get(body["markdown_url"]).status_code == 200


def test_a_document_that_was_not_read_has_no_text_yet(as_anna):
    body = send(as_anna).json()
    shown = as_anna.get(f"/api/v1/documents/{body['document_id']}").json()
    assert (shown["status"], shown["result_id"], shown["markdown_url"]) == ("queued", None, None)
    assert is_problem(as_anna.get(f"/api/v1/documents/{body['document_id']}/markdown"), 409, "not_read_yet")


def test_a_list_costs_the_same_queries_however_long_it_is(as_anna, anna):
    def queries():
        with CaptureQueriesContext(connection) as seen:
            body = as_anna.get("/api/v1/documents").json()
        return len(seen), len(body["results"])

    analysed(anna, b"The first of several texts.", "1.txt")
    one, _ = queries()
    for number in range(2, 7):
        analysed(anna, b"This is text number %d of several." % number, f"{number}.txt")
    assert queries() == (one, 6)
    assert one <= 10


def test_the_file_comes_back_byte_for_byte_as_a_download(as_anna, url):
    response = as_anna.get(f"{url}/file", headers={"Accept": "text/html"})
    assert b"".join(response.streaming_content) == PDF
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Length"] == str(len(PDF))
    assert response["Content-Disposition"] == 'attachment; filename="bill.pdf"'
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cache-Control"] == "private, no-cache"
    again = as_anna.get(f"{url}/file", headers={"If-None-Match": response["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("name", ["пять €.txt", 'say "hi".txt', "semi;colon.txt", "new\nline.txt"])
def test_a_name_stays_within_its_header(as_anna, name):
    document = send(as_anna, name=name).json()["document_id"]
    header = as_anna.get(f"/api/v1/documents/{document}/file")["Content-Disposition"]
    assert header.startswith("attachment; filename")
    assert "\n" not in header


def test_a_file_that_the_storage_lost_is_a_matter_for_the_operator(as_anna, invoice, url):
    default_storage.delete(invoice.document.storage_key)
    assert is_problem(as_anna.get(f"{url}/file"), 503, "storage_failed")
    assert is_problem(as_anna.get(f"{url}/pages/1.png"), 503, "storage_failed")


def test_the_text_comes_as_markdown(as_anna, url):
    response = as_anna.get(f"{url}/markdown")
    assert (response["Content-Type"], response.content) == ("text/markdown; charset=utf-8", b"# Bill\n")
    assert as_anna.get(f"{url}/markdown", headers={"If-None-Match": response["ETag"]}).status_code == 304


def test_a_page_is_drawn_in_the_width_asked_for(as_anna, url):
    response = as_anna.get(f"{url}/pages/1.png?width=300", headers={"Accept": "image/png"})
    image = Image.open(io.BytesIO(response.content))
    assert (image.format, image.width) == ("PNG", 300)
    assert response["Cache-Control"].startswith("private, max-age=")
    again = as_anna.get(f"{url}/pages/1.png?width=300", headers={"If-None-Match": response["ETag"]})
    assert again.status_code == 304
    other = as_anna.get(f"{url}/pages/1.png?width=400", headers={"If-None-Match": response["ETag"]})
    assert other.status_code == 200


def test_a_page_is_turned_as_it_was_read_and_not_kept_before(as_anna, anna, invoice, url):
    with tenancy.as_user(anna.user):
        Page.objects.update(rotation=90)
    image = Image.open(io.BytesIO(as_anna.get(f"{url}/pages/1.png").content))
    assert image.width == 1000 > image.height
    with tenancy.as_user(anna.user):
        Page.objects.all().delete()
    assert as_anna.get(f"{url}/pages/1.png")["Cache-Control"] == "private, no-cache"


@pytest.mark.parametrize("page", ["0", "2", "99999999999", "9" * 5_000])
def test_a_page_that_is_not_there_is_not_found(as_anna, url, page):
    assert is_problem(as_anna.get(f"{url}/pages/{page}.png"), 404, "not_found")


@pytest.mark.parametrize("width", ["1", "100000", "wide", "99999999999999999999"])
def test_a_width_has_bounds(as_anna, url, width):
    assert is_problem(as_anna.get(f"{url}/pages/1.png?width={width}"), 422, "invalid_input")


def test_text_has_no_page_images(as_anna):
    document = send(as_anna).json()["document_id"]
    assert is_problem(as_anna.get(f"/api/v1/documents/{document}/pages/1.png"), 422, "no_page_image")


def test_a_deleted_document_is_gone_with_its_bytes(as_anna, anna, invoice, url, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        assert as_anna.delete(url).status_code == 204
    assert not default_storage.exists(invoice.document.storage_key)
    assert is_problem(as_anna.get(url), 404, "not_found")
    assert is_problem(as_anna.delete(url), 404, "not_found")
    with tenancy.as_user(anna.user):
        assert not any(model.objects.exists() for model in (Document, Page, Job, Field))


def test_deleting_cancels_the_work_on_it(as_anna, django_capture_on_commit_callbacks):
    body = send(as_anna).json()
    with django_capture_on_commit_callbacks(execute=True):
        assert as_anna.delete(f"/api/v1/documents/{body['document_id']}").status_code == 204
    assert is_problem(as_anna.get(body["poll_url"]), 404, "not_found")
    assert send(as_anna).status_code == 202


def test_bytes_that_came_in_again_meanwhile_stay(as_anna, django_capture_on_commit_callbacks):
    body = send(as_anna).json()
    with django_capture_on_commit_callbacks() as after_commit:
        as_anna.delete(f"/api/v1/documents/{body['document_id']}")
    again = send(as_anna).json()
    for callback in after_commit:
        callback()
    assert again["document_id"] == body["document_id"]
    response = as_anna.get(f"/api/v1/documents/{again['document_id']}/file")
    assert b"".join(response.streaming_content).startswith(b"Minutes")


@pytest.mark.parametrize("document", [str(uuid.UUID(int=0)), "42", "%00", "../jobs"])
@pytest.mark.parametrize("tail", ["", "/file", "/markdown", "/pages/1.png"])
def test_unknown_documents_are_not_found(as_anna, document, tail):
    assert is_problem(as_anna.get(f"/api/v1/documents/{document}{tail}"), 404, "not_found")
