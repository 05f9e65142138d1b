"""The queues in the admin, and what staff do to many jobs there."""

import pytest
from django.contrib.admin.models import LogEntry
from django.utils import timezone

from jobs import control, queues
from jobs.models import Job, Priority, QueuePause, Status, Task
from tests.admin.conftest import as_staff, make_case, told

QUEUES = "/admin/jobs/queuepause/"


def test_queues_show_their_depth_and_who_holds_what(admin, sam, bill):
    queues.pause("extract", user=sam.user, reason="a new model comes")
    with as_staff(sam):
        bill.job.tasks.update(status=Status.QUEUED)
        for part, seconds in enumerate((60, -60)):
            Task.objects.create(
                workspace=bill.job.workspace, job=bill.job, stage="read", part=part, parts=2, queue="ocr", attempts=2,
                status=Status.WORKING, due_at=timezone.now(), started_at=timezone.now(),
                lease_expires_at=timezone.now() + timezone.timedelta(seconds=seconds),
            )  # fmt: skip
    page = admin.get(QUEUES)
    loads = {queue.name: queue.load for queue in page.context["queues"]}
    assert (loads["default"].waiting, loads["ocr"].working, loads["embed"].total) == (1, 2, 0)
    assert [task.part for task in page.context["leases"]] == [1, 0]
    html = page.content.decode()
    assert "a new model comes" in html
    assert "bill.pdf" in html
    assert "read 2/2" in html
    assert "expired: it is taken back at once" in html


def test_a_queue_is_paused_after_a_question_and_resumed(admin, sam):
    question = admin.get(f"{QUEUES}ocr/pause/").content.decode()
    assert "Pause the queue ocr?" in question
    assert not QueuePause.objects.exists()
    response = admin.post(f"{QUEUES}ocr/pause/", {"confirmed": "yes", "reason": "a new model"}, follow=True)
    assert told(response) == ["The queue ocr is paused."]
    pause = QueuePause.objects.get()
    assert (pause.queue, pause.by, pause.reason) == ("ocr", sam.user, "a new model")
    assert "Resume the queue ocr?" in admin.get(f"{QUEUES}ocr/resume/").content.decode()
    response = admin.post(f"{QUEUES}ocr/resume/", {"confirmed": "yes"}, follow=True)
    assert told(response) == ["The queue ocr goes on."]
    assert not QueuePause.objects.exists()
    said = LogEntry.objects.order_by("pk").values_list("object_id", "change_message")
    assert list(said) == [("ocr", "Paused. a new model"), ("ocr", "Resumed.")]


def test_a_queue_that_is_none(admin):
    assert admin.get(f"{QUEUES}nowhere/pause/").status_code == 404
    assert admin.post(f"{QUEUES}nowhere/resume/", {"confirmed": "yes"}).status_code == 404


def test_who_may_only_look_can_not_pause(clerk, anna, client):
    looks = clerk("view_job")
    assert "Pause…" not in looks.get(QUEUES).content.decode()
    assert looks.post(f"{QUEUES}ocr/pause/", {"confirmed": "yes"}).status_code == 403
    assert looks.get(f"{QUEUES}ocr/resume/").status_code == 403
    assert not QueuePause.objects.exists()
    client.force_login(anna.user)
    assert client.get(QUEUES).url.startswith("/admin/login/")


def test_others_have_no_queues(clerk):
    reviewer = clerk("view_result")
    assert reviewer.get(QUEUES).status_code == 403
    assert QUEUES not in reviewer.get("/admin/").content.decode()


def test_the_overview_leads_to_queues_and_dead_letters(admin, sam, bill):
    queues.pause("ocr", user=sam.user)
    with as_staff(sam):
        Job.objects.filter(pk=bill.job.pk).update(status=Status.DEADLETTER, error_code="storage_failed")
    html = admin.get("/admin/").content.decode()
    assert f'href="{QUEUES}"' in html
    assert "Paused" in html
    assert "1 dead letter in all" in html


def act(client, rows, **more):
    sent = {"action": "prioritise_jobs", "_selected_action": [str(row.pk) for row in rows], **more}
    return client.post("/admin/jobs/job/", sent, follow=True)


def test_jobs_are_made_bulk(admin, sam, anna):
    open_, over = make_case(anna, 1).job, make_case(anna, 2).job
    with as_staff(sam):
        control.retry(open_.pk)
    assert "How urgent are these jobs?" in act(admin, [open_]).content.decode()
    response = act(admin, [open_, over], confirmed="yes", priority="10")
    assert told(response)[0] == "1 job made bulk."
    assert "its order doesn't matter any more" in told(response)[1]
    with as_staff(sam):
        open_.refresh_from_db()
        assert open_.priority == Priority.BULK
        assert set(open_.tasks.values_list("priority", flat=True)) == {Priority.BULK}
        assert open_.events.get(type="job.prioritised").data["by"] == sam.name
    assert "Made bulk." in LogEntry.objects.get(object_id=str(open_.pk)).change_message
    assert 'name="confirmed"' in act(admin, [open_], confirmed="yes", priority="7").content.decode()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("at=read", 1),
        ("at=check", 0),
        ("at=nonsense", 2),
        ("queue=ocr", 1),
        ("queue=embed", 0),
        ("queue=nonsense", 2),
        ("error_code__exact=storage_failed", 1),
        ("error_code__exact=other", 0),
        ("workspace={workspace}", 1),
        ("workspace={nobody}", 0),
        ("workspace=nonsense", 2),
        ("held__exact=1", 0),
    ],
)
def test_jobs_are_found(query, found, admin, sam, anna, mallory, bill):
    other = make_case(mallory)
    with as_staff(sam):
        Job.objects.filter(pk=other.job.pk).update(status="deadletter", error_code="storage_failed", stage="parsing")
        Task.objects.create(
            workspace=bill.job.workspace, job=bill.job, stage="read", queue="ocr", due_at=timezone.now()
        )
    query = query.format(workspace=mallory.workspace.pk, nobody=sam.workspace.pk)
    page = admin.get(f"/admin/jobs/job/?{query}")
    assert page.context["cl"].result_count == found
    assert "storage_failed (1)" in page.content.decode()
