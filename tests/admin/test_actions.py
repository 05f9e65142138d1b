"""Actions: asked first, done row by row, told and logged."""

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.storage import default_storage

from analysis import submission
from documents.models import Document
from jobs.models import Job, Status
from tests.admin.conftest import as_staff, make_case, told


def act(client, where, action, rows, **more):
    sent = {"action": action, "_selected_action": [str(row.pk) for row in rows], **more}
    return client.post(f"/admin/{where}/", sent, follow=True)


def confirmed(client, where, action, rows, **more):
    return act(client, where, action, rows, confirmed="yes", **more)


def set_status(person, job, status):
    with as_staff(person):
        Job.objects.filter(pk=job.pk).update(status=status)
        job.tasks.update(status=status)


def statuses(person):
    with as_staff(person):
        return sorted(Job.objects.values_list("status", flat=True))


@pytest.mark.parametrize(
    ("where", "action", "what"),
    [
        ("jobs/job", "retry_jobs", "job"),
        ("jobs/job", "cancel_jobs", "job"),
        ("documents/document", "reprocess", "document"),
        ("documents/document", "remove_documents", "document"),
        ("analysis/result", "approve_results", "result"),
    ],
)
def test_an_action_asks_first(where, action, what, admin, sam, bill):
    row = getattr(bill, what)
    before = row.__class__._meta.get_field("id")
    html = act(admin, where, action, [row]).content.decode()
    assert 'name="confirmed"' in html
    assert str(row.pk) in html
    with as_staff(sam):
        assert statuses(sam) == ["done"]
        assert row.__class__.objects.filter(**{before.name: row.pk}).exists()
        assert not LogEntry.objects.exists()


def test_a_failed_job_starts_again(admin, sam, bill):
    set_status(sam, bill.job, Status.DEADLETTER)
    response = confirmed(admin, "jobs/job", "retry_jobs", [bill.job])
    assert told(response) == ["1 job started again."]
    assert statuses(sam) == ["queued"]
    with as_staff(sam):
        assert bill.job.events.get(type="job.retried").data["by"] == sam.name
    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_id) == (sam.user, str(bill.job.pk))
    assert entry.get_change_message() == "Started again."


def test_a_job_starts_again_from_a_stage(admin, sam, bill):
    page = act(admin, "jobs/job", "retry_jobs", [bill.job]).content.decode()
    assert '<option value="validate">' in page
    response = confirmed(admin, "jobs/job", "retry_jobs", [bill.job], stage="validate")
    assert told(response) == ["1 job started again from validate."]
    assert statuses(sam) == ["queued"]


def test_a_stage_that_is_none_is_asked_again(admin, sam, bill):
    response = confirmed(admin, "jobs/job", "retry_jobs", [bill.job], stage="nonsense")
    assert 'name="confirmed"' in response.content.decode()
    assert statuses(sam) == ["done"]


def test_one_refusal_does_not_hold_up_the_others(admin, sam, anna, bills):
    cases = bills(3)
    set_status(sam, cases[1].job, Status.QUEUED)
    response = confirmed(admin, "jobs/job", "cancel_jobs", [case.job for case in cases])
    messages = told(response)
    assert messages[0] == "1 job cancelled."
    assert len(messages) == 3
    assert all("only a queued or running job can be cancelled" in message for message in messages[1:])
    assert statuses(sam) == ["cancelled", "done", "done"]
    assert LogEntry.objects.count() == 1


def test_many_refusals_are_summed_up(admin, bills):
    response = confirmed(admin, "jobs/job", "cancel_jobs", [case.job for case in bills(7)])
    assert told(response)[-1] == "2 more were refused."


def test_a_failure_of_ours_is_that_rows_alone(admin, sam, bills):
    cases = bills(2)
    set_status(sam, cases[0].job, Status.DEADLETTER)
    set_status(sam, cases[1].job, Status.DEADLETTER)
    with as_staff(sam):
        Job.objects.filter(pk=cases[0].job.pk).update(stage="x" * 40, pipeline="gone")
    # The form offers the stages of pipelines that there are.
    response = confirmed(admin, "jobs/job", "retry_jobs", [case.job for case in cases])
    assert "1 job started again." in told(response)
    assert any("is in the log" in message for message in told(response))
    assert statuses(sam) == ["deadletter", "queued"]


def test_from_the_jobs_page_one_comes_back_to_it(admin, sam, bill):
    set_status(sam, bill.job, Status.QUEUED)
    response = confirmed(admin, "jobs/job", "cancel_jobs", [bill.job], back=str(bill.job.pk))
    assert response.redirect_chain[-1][0] == f"/admin/jobs/job/{bill.job.pk}/change/"


def test_all_rows_of_a_filtered_list(admin, sam, bills):
    cases = bills(3)
    set_status(sam, cases[0].job, Status.DEADLETTER)
    sent = {
        "action": "retry_jobs",
        "_selected_action": [str(cases[0].job.pk)],
        "select_across": "1",
        "confirmed": "yes",
    }
    response = admin.post("/admin/jobs/job/?status__exact=deadletter", sent, follow=True)
    assert told(response) == ["1 job started again."]
    assert statuses(sam) == ["done", "done", "queued"]


def test_too_many_at_once_are_refused(admin, bills, monkeypatch):
    monkeypatch.setattr("documents.admin_parts.MOST_AT_ONCE", 2)
    response = confirmed(admin, "jobs/job", "retry_jobs", [case.job for case in bills(3)])
    assert told(response) == ["3 are too many at once. Narrow the list to 2 and try again."]


def test_a_document_is_read_again(admin, sam, bill):
    response = confirmed(admin, "documents/document", "reprocess", [bill.document])
    assert told(response) == ["1 document sent to be read again."]
    assert statuses(sam) == ["done", "queued"]
    response = confirmed(admin, "documents/document", "reprocess", [bill.document])
    assert told(response) == ["bill.pdf: It is being read already. Wait for that, or cancel the job."]
    assert statuses(sam) == ["done", "queued"]


def test_a_document_is_read_again_in_the_alphabet_that_it_was_or_another(admin, sam, bill):
    for given, expected in ({"alphabet": "all"}, "all"), ({}, "all"), ({"alphabet": "latin"}, "latin"):
        confirmed(admin, "documents/document", "reprocess", [bill.document], **given)
        with as_staff(sam):
            job = bill.document.jobs.select_related("document").order_by("-created_at").first()
            assert submission.alphabet_of(job) == expected
            set_status(sam, job, Status.DONE)


def test_a_document_is_deleted_with_its_bytes(admin, sam, bill, django_capture_on_commit_callbacks):
    set_status(sam, bill.job, Status.QUEUED)
    with django_capture_on_commit_callbacks(execute=True):
        response = confirmed(admin, "documents/document", "remove_documents", [bill.document])
    assert told(response) == ["1 document deleted for good."]
    with as_staff(sam):
        assert not Document.objects.exists()
    assert not default_storage.exists(bill.document.storage_key)
    assert LogEntry.objects.get().object_repr == "bill.pdf"


def test_results_are_approved(admin, sam, anna):
    cases = [make_case(anna, 1), make_case(anna, 2)]
    response = confirmed(admin, "analysis/result", "approve_results", [case.result for case in cases])
    assert told(response) == ["2 results approved."]
    with as_staff(sam):
        cases[0].result.refresh_from_db()
        assert (cases[0].result.review_status, cases[0].result.approved_by) == ("approved", sam.user)


@pytest.mark.parametrize(
    ("where", "action", "permission", "what"),
    [
        ("jobs/job", "cancel_jobs", "view_job", "job"),
        ("documents/document", "reprocess", "view_document", "document"),
        ("documents/document", "remove_documents", "change_document", "document"),
        ("analysis/result", "approve_results", "view_result", "result"),
    ],
)
def test_who_may_only_look_can_not_act(where, action, permission, what, clerk, sam, bill):
    set_status(sam, bill.job, Status.QUEUED)
    client = clerk(permission)
    html = client.get(f"/admin/{where}/").content.decode()
    assert action not in html
    confirmed(client, where, action, [getattr(bill, what)])
    assert statuses(sam) == ["queued"]
    with as_staff(sam):
        bill.result.refresh_from_db()
        assert bill.result.review_status == "pending"
