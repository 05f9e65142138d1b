"""The pages of jobs: the list, single rows, one job, the days; and what their forms do."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from documents import tenancy
from jobs import events, queues
from jobs.models import Job, Status, Task


@pytest.fixture
def make_job(anna, make_document):
    """A job of Anna's, with the tasks of the stages it came to: {stage: status}, and whatever else is given."""

    def make(filename="invoice.pdf", tasks=(), **given):
        document = make_document(filename, status=given.get("status", Status.DONE))
        with tenancy.as_user(anna.user):
            job = document.jobs.get()
            Job.objects.filter(pk=job.pk).update(**given)
            for stage, status in tasks:
                make_task(job, stage, status)
            job.refresh_from_db()
        return job

    return make


def make_task(job, stage, status=Status.DONE, *, part=0, queue="default", began=timedelta(), took=None, **given):
    now = job.created_at + began
    task = Task.objects.create(
        workspace_id=job.workspace_id,
        job=job,
        stage=stage,
        part=part,
        parts=given.pop("parts", 1),
        queue=queue,
        status=status,
        **{"due_at": now, "attempts": 1, "started_at": now, "finished_at": now + took if took else None} | given,
    )
    Task.objects.filter(pk=task.pk).update(created_at=job.created_at)
    return task


def names(page):
    return {row.document.filename for row in page.context["rows"]}


def told(response):
    return [str(message) for message in response.context["messages"]]


def status_of(anna, job):
    with tenancy.as_user(anna.user):
        return Job.objects.get(pk=job.pk).status


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", {"run.pdf", "wait.pdf", "again.pdf", "bad.pdf", "good.pdf", "stopped.pdf"}),
        ("?state=working", {"run.pdf"}),
        ("?state=waiting", {"wait.pdf"}),
        ("?state=retrying", {"again.pdf"}),
        ("?state=failed", {"bad.pdf"}),
        ("?state=done", {"good.pdf"}),
        ("?state=cancelled", {"stopped.pdf"}),
        ("?state=nonsense&stage=nonsense", {"run.pdf", "wait.pdf", "again.pdf", "bad.pdf", "good.pdf", "stopped.pdf"}),
        ("?stage=read", {"run.pdf", "bad.pdf"}),
        ("?stage=validate", {"wait.pdf", "again.pdf", "stopped.pdf", "good.pdf"}),
        ("?code=encrypted_pdf", {"bad.pdf"}),
        ("?q=OOD", {"good.pdf"}),
        ("?q=password", {"bad.pdf"}),
        ("?q=%00", {"run.pdf", "wait.pdf", "again.pdf", "bad.pdf", "good.pdf", "stopped.pdf"}),
        ("?q=nothing", set()),
    ],
)
def test_jobs_are_found(signed_in, make_job, query, found):
    make_job("run.pdf", status=Status.WORKING, stage="parsing")
    make_job("wait.pdf", status=Status.QUEUED)
    make_job("again.pdf", status=Status.RETRYABLE)
    make_job("bad.pdf", status=Status.DEADLETTER, stage="parsing")
    make_job("good.pdf")
    make_job("stopped.pdf", status=Status.CANCELLED)
    page = signed_in.get(f"/jobs{query}")
    assert names(page) == found
    assert "3 in work or waiting" in page.content.decode()


def test_a_job_is_found_by_its_id(signed_in, make_job):
    job, other = make_job("one.pdf"), make_job("two.pdf")
    assert names(signed_in.get(f"/jobs?q={job.pk}")) == {"one.pdf"}
    assert names(signed_in.get(f"/jobs?q={other.document_id}")) == {"two.pdf"}


def test_no_jobs_teaches(signed_in):
    page = signed_in.get("/jobs").content.decode()
    assert "No jobs here" in page
    assert "Nothing is waiting" in page
    assert "No job fits" in signed_in.get("/jobs?state=done").content.decode()


def test_the_board_counts_what_waits_and_says_what_is_paused(signed_in, make_job, sam):
    now = timezone.now()
    job = make_job("run.pdf", status=Status.WORKING, stage="parsing")
    with tenancy.as_workspace(job.workspace_id):
        make_task(job, "read", Status.WORKING, queue="ocr", parts=3)
        make_task(job, "read", Status.QUEUED, part=1, queue="ocr", parts=3, due_at=now - timedelta(minutes=2))
        make_task(job, "read", Status.RETRYABLE, part=2, queue="ocr", parts=3)
    queues.pause("ocr", user=sam.user, reason="a new model comes")
    board = {one.stage.name: one for one, _ in signed_in.get("/jobs").context["board"]}
    assert list(board) == ["validate", "read", "assemble", "extract", "check", "chunk", "embed", "index"]
    load = board["read"].load
    assert (load.waiting, load.working, load.backing_off, load.total) == (1, 1, 1, 3)
    assert timedelta(seconds=119) < load.oldest < timedelta(seconds=180)
    assert board["validate"].load.total == 0
    html = signed_in.get("/jobs/board").content.decode()
    assert "a new model comes" in html
    assert "data-live" in html


def test_failures_are_counted_by_cause_with_what_to_do(signed_in, make_job):
    for number in range(3):
        make_job(f"{number}.pdf", status=Status.DEADLETTER, stage="validating", error_code="storage_failed")
    make_job("locked.pdf", status=Status.DEADLETTER, stage="validating", error_code="encrypted_pdf")
    page = signed_in.get("/jobs")
    assert [(cause.code, cause.count) for cause, _ in page.context["causes"]] == [
        ("storage_failed", 3),
        ("encrypted_pdf", 1),
    ]
    assert next(one for one, _ in page.context["board"] if one.stage.name == "validate").failed == 4
    html = page.content.decode()
    assert "Retry all 3" in html
    assert "Nothing is wrong with the document: try again." in html
    assert "mend the file" in html


def test_all_that_failed_for_one_cause_start_again(signed_in, anna, make_job):
    lost = [
        make_job(f"{n}.pdf", [("validate", "deadletter")], status="deadletter", error_code="storage_failed")
        for n in (1, 2)
    ]
    other = make_job("locked.pdf", status=Status.DEADLETTER, error_code="encrypted_pdf")
    answer = signed_in.post("/jobs/many", {"action": "retry", "code": "storage_failed"}, follow=True)
    assert told(answer) == ["2 jobs started again."]
    assert [status_of(anna, job) for job in lost] == ["queued", "queued"]
    assert status_of(anna, other) == "deadletter"


def test_more_than_fit_into_one_request_are_left(signed_in, anna, make_job, monkeypatch):
    monkeypatch.setattr("jobs.view_actions.MOST_AT_ONCE", 1)
    first, second = (make_job(f"{n}.pdf", status="deadletter", error_code="storage_failed") for n in (1, 2))
    answer = signed_in.post("/jobs/many", {"action": "retry", "code": "storage_failed"}, follow=True)
    assert told(answer) == ["1 job started again.", "1 are left; start those next."]
    assert (status_of(anna, first), status_of(anna, second)) == ("queued", "deadletter")


def test_marked_jobs_are_cancelled_and_refusals_are_told(signed_in, anna, make_job):
    waits, done = make_job("wait.pdf", status=Status.QUEUED), make_job("done.pdf")
    marked = {"action": "cancel", "job": [str(waits.pk), str(done.pk), "nonsense"], "next": "/jobs?state=done"}
    answer = signed_in.post("/jobs/many", marked, follow=True)
    assert answer.redirect_chain == [("/jobs?state=done", 302)]
    assert told(answer)[0] == "1 job cancelled."
    assert told(answer)[1].startswith("1 refused: The job is done")
    assert (status_of(anna, waits), status_of(anna, done)) == ("cancelled", "done")


def test_nothing_marked(signed_in):
    assert told(signed_in.post("/jobs/many", {"action": "retry"}, follow=True))[0].startswith("No job is chosen.")


def test_one_starts_again_from_a_stage(signed_in, anna, make_job):
    job = make_job("done.pdf", [("validate", "done"), ("assemble", "done")])
    page = signed_in.get("/jobs").content.decode()
    assert re.search(r'name="from_stage" value="assemble">Putting the text together<', page)
    assert 'value="read"' not in page[page.index("row-") :]
    answer = signed_in.post(f"/jobs/{job.pk}/retry", {"from_stage": "assemble", "next": f"/jobs/{job.pk}"}, follow=True)
    assert answer.redirect_chain == [(f"/jobs/{job.pk}", 302)]
    assert told(answer) == ["Started again."]
    with tenancy.as_user(anna.user):
        assert set(job.tasks.values_list("stage", "status")) == {("validate", "done"), ("assemble", "queued")}


def test_one_is_cancelled_once(signed_in, anna, make_job):
    job = make_job("wait.pdf", status=Status.QUEUED)
    assert "Retry it if that was a mistake" in told(signed_in.post(f"/jobs/{job.pk}/cancel", follow=True))[0]
    assert status_of(anna, job) == "cancelled"
    again = signed_in.post(f"/jobs/{job.pk}/cancel", {"next": "https://elsewhere.example/"}, follow=True)
    assert again.redirect_chain == [("/jobs", 302)]
    assert "only a queued or running job" in told(again)[0]


def test_a_row_ends_in_the_result(signed_in, make_job):
    row = signed_in.get(reverse("job-row", args=[make_job().pk])).content.decode()
    assert row.lstrip().startswith("<li")
    assert "Lindenhof Papeterie GmbH" in row
    assert "LP-2025-0417" in row
    assert "Adds up" in row
    assert "data-watch" not in row


def test_a_row_of_the_jobs_page_has_what_one_can_do(signed_in, make_job):
    job = make_job("wait.pdf", status=Status.QUEUED, held=True)
    row = signed_in.get(f"/jobs/{job.pk}/row?on=jobs").content.decode()
    assert f'action="/jobs/{job.pk}/cancel"' in row
    assert "when another of your jobs has ended" in row
    assert "data-watch" in row


def test_a_failed_job_shows_its_time_its_story_and_the_way_on(signed_in, make_job, anna):
    job = make_job("bad.pdf", status=Status.DEADLETTER, stage="parsing", correlation_id="request-7")
    with tenancy.as_user(anna.user):
        make_task(job, "validate", took=timedelta(seconds=2))
        make_task(
            job, "read", Status.DEADLETTER, queue="ocr", began=timedelta(seconds=9), took=timedelta(seconds=1),
            attempts=4, error_code="encrypted_pdf", error_detail="It has a password.",
        )  # fmt: skip
        events.record(job, "job.deadletter", code="encrypted_pdf", detail="It has a password.")
        events.write(job)
        Job.objects.filter(pk=job.pk).update(finished_at=job.created_at + timedelta(seconds=10))
    page = signed_in.get(f"/jobs/{job.pk}")
    html = page.content.decode()
    first, second = page.context["chart"].stages
    assert (first.words, first.ran, first.attempts) == ("Opening the file", timedelta(seconds=2), 0)
    assert [bar.kind for bar in second.lanes[0].bars] == ["tried", "waited", "ran"]
    assert "3 retries" in html
    assert "Given up (encrypted_pdf)" in html
    assert "request-7" in html
    assert "mend the file" in html
    assert 'href="/"' in html


@pytest.mark.parametrize("status", Status.values)
def test_a_job_in_any_state_has_its_page(signed_in, make_job, status):
    job = make_job("any.pdf", [("validate", status)], status=status)
    html = signed_in.get(f"/jobs/{job.pk}").content.decode()
    assert ("data-live-job" in html) == (status in ("queued", "working", "retryable"))


def test_a_job_of_a_pipeline_that_is_gone_is_still_shown(signed_in, make_job):
    job = make_job("old.pdf", [("rinse", "done")], pipeline="laundry", stage="rinsing")
    assert names(signed_in.get("/jobs")) == {"old.pdf"}
    assert "Rinse" in signed_in.get(f"/jobs/{job.pk}").content.decode()


def test_the_days_have_counts_and_times(signed_in, make_job):
    now = timezone.now()
    for number, seconds in enumerate((10, 20, 30)):
        job = make_job(f"{number}.pdf")
        with tenancy.as_workspace(job.workspace_id):
            Job.objects.filter(pk=job.pk).update(created_at=now - timedelta(seconds=seconds), finished_at=now)
    make_job("bad.pdf", status=Status.DEADLETTER)
    page = signed_in.get("/jobs/history")
    today = next(day for day in page.context["days"] if day.total)
    assert (today.done, today.failed, today.cancelled) == (3, 1, 0)
    assert today.median == timedelta(seconds=20)
    assert timedelta(seconds=28) < today.slow < timedelta(seconds=30)
    assert len(page.context["days"]) == 14
    assert 'class="part-failed"' in page.content.decode()


def test_days_without_jobs_teach(signed_in):
    assert "Nothing ended in the last two weeks" in signed_in.get("/jobs/history").content.decode()


def test_the_list_costs_the_same_however_long_it_is(signed_in, make_job):
    def queries():
        with CaptureQueriesContext(connection) as seen:
            assert signed_in.get("/jobs").status_code == 200
        return len(seen)

    make_job("first.pdf", [("validate", "done")])
    make_job("open.pdf", status=Status.QUEUED)
    make_job("bad.pdf", status=Status.DEADLETTER)
    one = queries()
    for number in range(8):
        make_job(f"{number}.pdf", [("validate", "done"), ("read", "done")])
    assert queries() == one
    assert one < 25


@pytest.mark.parametrize("path", ["", "/row"])
def test_the_job_of_others_is_not_there(client, mallory, make_job, path):
    job = make_job()
    client.force_login(mallory.user)
    assert client.get(f"/jobs/{job.pk}{path}").status_code == 404
    assert client.get("/jobs").context["rows"] == []


def test_nobody_acts_on_the_jobs_of_others(client, mallory, anna, make_job):
    job = make_job(status=Status.DEADLETTER, error_code="storage_failed")
    client.force_login(mallory.user)
    assert client.post(f"/jobs/{job.pk}/retry").status_code == 404
    assert client.post(f"/jobs/{job.pk}/cancel").status_code == 404
    client.post("/jobs/many", {"action": "retry", "code": "storage_failed", "job": [str(job.pk)]})
    client.post("/jobs/many", {"action": "retry", "job": [str(job.pk)]})
    assert status_of(anna, job) == "deadletter"
