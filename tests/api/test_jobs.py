"""Jobs over HTTP."""

import uuid

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from analysis.submission import submit_file
from documents import tenancy
from jobs.models import Job, Status
from tests.api.conftest import is_problem


@pytest.fixture
def queued(anna) -> Job:
    with tenancy.as_user(anna.user):
        file = ContentFile(b"A note of ten words or so, which is text.")
        return submit_file(file, filename="note.txt", workspace_id=anna.workspace.id, user=anna.user).job


def test_a_job_says_where_it_stands_and_where_its_result_is(as_anna, invoice):
    body = as_anna.get(f"/api/v1/jobs/{invoice.job.id}").json()
    assert body["job_id"] == str(invoice.job.id)
    assert body["document_id"] == str(invoice.document.id)
    assert (body["status"], body["stage"], body["progress"], body["error"]) == ("done", "done", 100, None)
    assert body["result_id"] == str(invoice.result.id)
    assert as_anna.get(body["result_url"]).json()["job_id"] == body["job_id"]


def test_a_queued_job_has_no_result_yet(as_anna, queued):
    body = as_anna.get(f"/api/v1/jobs/{queued.id}").json()
    assert (body["status"], body["progress"], body["result_id"], body["result_url"]) == ("queued", 0, None, None)
    assert body["eta_seconds"] is None


def test_jobs_are_filtered(as_anna, invoice, queued):
    def ids(query):
        return {job["job_id"] for job in as_anna.get(f"/api/v1/jobs{query}").json()["results"]}

    assert ids("") == {str(invoice.job.id), str(queued.id)}
    assert ids("?status=queued") == {str(queued.id)}
    assert ids(f"?document={invoice.document.id}") == {str(invoice.job.id)}
    assert ids("?kind=receipt") == set()


@pytest.mark.parametrize(
    ("query", "field"),
    [("status=nonsense", "status"), ("document=42", "document"), ("kind=%00", "kind"), ("document=%00", "document")],
)
def test_nonsense_in_a_filter_is_named(as_anna, query, field):
    response = as_anna.get(f"/api/v1/jobs?{query}")
    assert is_problem(response, 422, "invalid_input")
    assert [error["field"] for error in response.json()["errors"]] == [field]


def test_pages_of_the_list_follow_each_other(as_anna, anna):
    with tenancy.as_user(anna.user):
        jobs = [Job.objects.create(workspace=anna.workspace, pipeline="document") for _ in range(5)]
    first = as_anna.get("/api/v1/jobs?page_size=2").json()
    second = as_anna.get(first["next"]).json()
    third = as_anna.get(second["next"]).json()
    seen = [job["job_id"] for page in (first, second, third) for job in page["results"]]
    assert seen == [str(job.id) for job in reversed(jobs)]
    assert third["next"] is None


@pytest.mark.parametrize("cursor", ["nonsense", "cD0lMDA=", "cD1ub3doZXJl", "cD0yMDI1LTEzLTQw"])
def test_a_cursor_that_somebody_made_up_is_not_found(as_anna, cursor):
    assert is_problem(as_anna.get(f"/api/v1/jobs?cursor={cursor}"), 404, "not_found")


@pytest.mark.parametrize("page_size", ["0", "-1", "99999999999999999999", "x"])
def test_any_page_size_is_survived(as_anna, page_size):
    assert as_anna.get(f"/api/v1/jobs?page_size={page_size}").status_code == 200


def test_a_list_costs_the_same_queries_however_long_it_is(as_anna, anna):
    def queries():
        with CaptureQueriesContext(connection) as seen:
            assert as_anna.get("/api/v1/jobs").status_code == 200
        return len(seen)

    with tenancy.as_user(anna.user):
        Job.objects.create(workspace=anna.workspace, pipeline="document")
        queries()  # what the stages' pace is, is remembered
        one = queries()
        for _ in range(20):
            Job.objects.create(workspace=anna.workspace, pipeline="document")
    assert queries() == one
    assert one <= 10  # the user, the scope and its memberships, the jobs


def test_a_queued_job_can_be_cancelled_once(as_anna, queued, anna):
    response = as_anna.post(f"/api/v1/jobs/{queued.id}/cancel")
    assert response.status_code == 200
    assert response.json()["status"] == "cancelled"
    assert is_problem(as_anna.post(f"/api/v1/jobs/{queued.id}/cancel"), 409, "job_not_open")
    with tenancy.as_user(anna.user):
        assert queued.tasks.get().status == Status.CANCELLED


def test_a_job_that_is_over_can_be_run_again(as_anna, invoice):
    response = as_anna.post(f"/api/v1/jobs/{invoice.job.id}/retry", {}, format="json")
    assert response.status_code == 200
    assert response.json()["status"] == "queued"
    assert is_problem(as_anna.post(f"/api/v1/jobs/{invoice.job.id}/retry"), 409, "job_open")


def test_a_job_is_not_run_from_a_stage_that_it_has_not(as_anna, invoice):
    response = as_anna.post(f"/api/v1/jobs/{invoice.job.id}/retry", {"from_stage": "nowhere"}, format="json")
    assert is_problem(response, 409, "unknown_stage")


def test_events_tell_the_story_and_go_on_where_one_left_off(as_anna, queued):
    as_anna.post(f"/api/v1/jobs/{queued.id}/cancel", headers={"X-Request-ID": "my-request"})
    body = as_anna.get(f"/api/v1/jobs/{queued.id}/events").json()
    assert [event["type"] for event in body["events"]] == ["job.submitted", "job.cancelled"]
    assert [event["seq"] for event in body["events"]] == [1, 2]
    assert body["next"] == 2
    rest = as_anna.get(f"/api/v1/jobs/{queued.id}/events?after=1").json()
    assert [event["seq"] for event in rest["events"]] == [2]
    assert as_anna.get(f"/api/v1/jobs/{queued.id}/events?after=2").json() == {"events": [], "next": 2}
    assert is_problem(as_anna.get(f"/api/v1/jobs/{queued.id}/events?after=99999999999"), 422, "invalid_input")


def test_processing_status_is_that_of_the_latest_job(as_anna, invoice, anna):
    with tenancy.as_user(anna.user):
        latest = Job.objects.create(workspace=anna.workspace, document=invoice.document, pipeline="document")
    body = as_anna.get(f"/api/v1/processing/status/{invoice.document.id}").json()
    assert (body["job_id"], body["status"]) == (str(latest.id), "queued")
    assert is_problem(as_anna.get(f"/api/v1/processing/status/{uuid.uuid4()}"), 404, "not_found")


def test_the_cause_of_death_is_told(as_anna, queued, anna):
    with tenancy.as_user(anna.user):
        Job.objects.filter(pk=queued.id).update(
            status=Status.DEADLETTER, error_code="encrypted_pdf", error_detail="Save it without a password."
        )
    body = as_anna.get(f"/api/v1/jobs/{queued.id}").json()
    assert body["error"] == {"code": "encrypted_pdf", "detail": "Save it without a password."}
