"""Queues, redrive and the filters of the list of jobs over HTTP."""

import uuid
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone

from documents import tenancy
from jobs import control
from jobs.models import Job, QueuePause, Status, Task
from tests.api.conftest import client_of, is_problem


@pytest.fixture
def as_sam(sam):
    return client_of(sam)


@pytest.fixture
def failed(anna):
    """Makes a job of Anna's that failed at its first stage."""

    def make(error_code="storage_failed", owner=anna, **given) -> Job:
        with tenancy.as_user(owner.user):
            job = control.submit(workspace_id=owner.workspace.id, pipeline_name="document", user=None)
            job.tasks.update(status=Status.DEADLETTER, attempts=4)
            values = {"status": Status.DEADLETTER, "error_code": error_code, "finished_at": timezone.now(), **given}
            Job.objects.filter(pk=job.pk).update(**values)
        return job

    return make


def status_of(person, job):
    with tenancy.as_user(person.user):
        return Job.objects.get(pk=job.pk).status


def redrive(client, **body):
    return client.post("/api/v1/jobs/redrive", body, format="json")


def test_the_dead_letters_of_one_cause_start_again(as_anna, anna, failed):
    lost, locked = [failed(), failed()], failed("encrypted_pdf")
    body = redrive(as_anna, error_code="storage_failed").json()
    assert body == {"matched": 2, "started": 2, "refused": 0, "refusals": [], "left": 0}
    assert [status_of(anna, job) for job in lost] == ["queued", "queued"]
    assert status_of(anna, locked) == "deadletter"
    with tenancy.as_user(anna.user):
        assert lost[0].events.get(type="job.retried").data["by"] == "anna"


def test_a_rehearsal_starts_nothing(as_anna, anna, failed):
    job = failed()
    assert redrive(as_anna, dry_run=True).json() == {
        "matched": 1,
        "started": 0,
        "refused": 0,
        "refusals": [],
        "left": 1,
    }
    assert status_of(anna, job) == "deadletter"


def test_by_ids_and_by_kind(as_anna, anna, failed):
    first, second, receipt = failed(), failed(), failed(kind="receipt")
    assert redrive(as_anna, kind="receipt").json()["started"] == 1
    assert redrive(as_anna, job_ids=[str(first.pk), str(receipt.pk), str(uuid.uuid4())]).json()["matched"] == 1
    assert [status_of(anna, job) for job in (first, second, receipt)] == ["queued", "deadletter", "queued"]


def test_refusals_are_counted_with_their_reason(as_anna, failed):
    job = failed()
    body = redrive(as_anna, from_stage="read").json()
    assert (body["started"], body["refused"], body["left"]) == (0, 1, 0)
    assert body["refusals"][0]["job_id"] == str(job.pk)
    assert "never came to 'read'" in body["refusals"][0]["detail"]


def test_a_request_takes_so_many(as_anna, failed, monkeypatch):
    monkeypatch.setattr("jobs.queue_api.MOST_AT_ONCE", 2)
    for _ in range(3):
        failed()
    assert (redrive(as_anna).json()["left"], redrive(as_anna).json()["left"]) == (1, 0)


def test_only_ones_own_start_again(as_mallory, anna, failed):
    job = failed()
    assert redrive(as_mallory).json()["matched"] == 0
    assert redrive(as_mallory, job_ids=[str(job.pk)]).json()["matched"] == 0
    assert status_of(anna, job) == "deadletter"


@pytest.mark.parametrize("body", [{"job_ids": ["x"]}, {"job_ids": []}, {"dry_run": "maybe"}])
def test_nonsense_is_refused(as_anna, body):
    assert is_problem(redrive(as_anna, **body), 422, "invalid_input")


def test_queues_of_all_workspaces(as_sam, anna, mallory):
    for person in (anna, mallory):
        with tenancy.as_workspace(person.workspace.id):
            job = control.submit(workspace_id=person.workspace.id, pipeline_name="document")
            job.tasks.update(due_at=timezone.now() - timedelta(seconds=90))
            Task.objects.create(
                workspace_id=person.workspace.id,
                job=job,
                stage="read",
                queue="ocr",
                status="working",
                due_at=timezone.now(),
            )
    found = {queue["name"]: queue for queue in as_sam.get("/api/v1/queues").json()["queues"]}
    assert set(found) == {"default", "extract", "ocr", "embed"}
    assert (found["default"]["waiting"], found["default"]["working"], found["default"]["retrying"]) == (2, 0, 0)
    assert 89 < found["default"]["oldest_seconds"] < 120
    assert (found["ocr"]["waiting"], found["ocr"]["working"], found["ocr"]["oldest_seconds"]) == (0, 2, None)
    assert (found["ocr"]["paused"], found["ocr"]["paused_since"], found["ocr"]["reason"]) == (False, None, "")


def test_a_queue_is_paused_and_resumed(as_sam, sam):
    body = as_sam.post("/api/v1/queues/ocr/pause", {"reason": "a new model"}, format="json").json()
    paused = next(queue for queue in body["queues"] if queue["name"] == "ocr")
    assert (paused["paused"], paused["reason"]) == (True, "a new model")
    assert paused["paused_since"]
    assert QueuePause.objects.get().by == sam.user
    as_sam.post("/api/v1/queues/ocr/resume")
    assert not QueuePause.objects.exists()
    assert is_problem(as_sam.post("/api/v1/queues/nowhere/pause"), 422, "unknown_queue")
    assert is_problem(as_sam.post("/api/v1/queues/nowhere/resume"), 422, "unknown_queue")


def test_queues_are_for_operators(as_anna, anna, anonymous):
    for method, path in (("get", "queues"), ("post", "queues/ocr/pause"), ("post", "queues/ocr/resume")):
        assert is_problem(getattr(as_anna, method)(f"/api/v1/{path}"), 403, "permission_denied")
        assert getattr(anonymous, method)(f"/api/v1/{path}").status_code == 401
    anna.user.is_staff = True
    anna.user.save()
    anna.user.user_permissions.set(Permission.objects.filter(codename="view_job"))
    clerk = client_of(anna)
    assert clerk.get("/api/v1/queues").status_code == 200
    assert is_problem(clerk.post("/api/v1/queues/ocr/pause"), 403, "permission_denied")
    assert not QueuePause.objects.exists()


def test_jobs_by_stage_cause_and_time(as_anna, anna, failed):
    old, new = failed("encrypted_pdf", stage="parsing"), failed(stage="validating")
    moment = timezone.now() - timedelta(hours=1)
    with tenancy.as_user(anna.user):
        Job.objects.filter(pk=old.pk).update(created_at=moment)

    def ids(**query):
        return {job["job_id"] for job in as_anna.get("/api/v1/jobs", query).json()["results"]}

    assert ids(stage="parsing") == {str(old.pk)}
    assert ids(error_code="storage_failed") == {str(new.pk)}
    assert ids(created_after=moment.isoformat()) == {str(old.pk), str(new.pk)}
    assert ids(created_after=(moment + timedelta(seconds=1)).isoformat()) == {str(new.pk)}
    assert ids(created_before=moment.isoformat()) == set()
    assert ids(created_before=timezone.now().isoformat(), status="deadletter", stage="parsing") == {str(old.pk)}
    assert is_problem(as_anna.get("/api/v1/jobs?created_after=yesterday"), 422, "invalid_input")
