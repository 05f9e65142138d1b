"""What a job's story puts into the post, and when."""

import uuid

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from standardwebhooks import Webhook

from documents import tenancy
from jobs import control, events, runner, transitions
from jobs.models import Delivery, Status, WebhookTarget
from jobs.webhooks import payloads, queueing, signing
from tests.jobs import toys
from tests.jobs.webhooks.conftest import deliver, fresh, make_endpoint, of

pytestmark = pytest.mark.usefixtures("broker")


@pytest.fixture
def send(anna):
    """Submits a toy job for Anna, with a callback."""

    def send(callback_url=""):
        with tenancy.as_workspace(anna.workspace.id):
            return control.submit(
                workspace_id=anna.workspace.id, pipeline_name="toy", user=anna.user, callback_url=callback_url
            )

    return send


def finish():
    """Runs all that there is to run."""
    for queue in ("default", "extract") * 4:
        runner.run(queue)


def all_deliveries():
    with tenancy.as_sweeper():
        return list(Delivery.objects.order_by("created_at"))


def cancel(job):
    with tenancy.as_workspace(job.workspace_id):
        control.cancel(job.pk)


def test_a_job_that_is_done(send, endpoint, receiver):
    job = send()
    assert of(endpoint) == []
    finish()
    [delivery] = of(endpoint)
    told = delivery.payload
    assert (told["type"], delivery.type) == ("job.done", "job.done")
    job = fresh(job)
    assert job.status == Status.DONE
    assert told["data"] == {
        "job_id": str(job.pk),
        "document_id": None,
        "workspace_id": str(job.workspace_id),
        "kind": "",
        "status": "done",
        "partial": False,
        "error": None,
        "result_url": None,
        "attempts": 0,
        "seq": job.event_count,
        "created_at": told["data"]["created_at"],
        "finished_at": told["timestamp"],
    }
    assert told["timestamp"].endswith("Z")
    deliver()
    assert receiver.ids == [str(delivery.pk)]


def test_a_job_that_failed_names_the_cause(send, endpoint):
    toys.MOOD["split"] = toys.poisoned()
    send()
    finish()
    [delivery] = of(endpoint)
    data = delivery.payload["data"]
    assert (delivery.type, data["status"], data["error"]["code"]) == ("job.deadletter", "deadletter", "poisoned")


def test_a_job_that_was_cancelled(send, endpoint):
    cancel(send())
    [delivery] = of(endpoint)
    assert (delivery.type, delivery.payload["data"]["status"]) == ("job.cancelled", "cancelled")


def test_a_job_that_ends_twice_is_told_of_twice(send, endpoint):
    job = send()
    cancel(job)
    with tenancy.as_workspace(job.workspace_id):
        control.retry(job.pk)
    cancel(job)
    first, second = of(endpoint)
    assert first.pk != second.pk
    assert first.payload["data"]["seq"] < second.payload["data"]["seq"]


def test_the_id_is_made_of_endpoint_job_and_event(send, endpoint, anna):
    """So that what is queued a second time is there already."""
    job = send()
    cancel(job)
    with tenancy.as_workspace(anna.workspace.id):
        queueing.tell(fresh(job), job.events.get(type="job.cancelled"))
    assert len(of(endpoint)) == 1


def test_what_is_undone_is_not_told(send, endpoint):
    job = send()
    with tenancy.as_workspace(job.workspace_id):
        control.cancel(job.pk)
        transaction.set_rollback(True)
    assert of(endpoint) == []


def test_endpoints_choose_their_events(send, anna, mallory, receiver):
    chosen = make_endpoint(anna, receiver.url, events=["job.cancelled"])
    other = make_endpoint(anna, receiver.url, events=["job.done"])
    theirs = make_endpoint(mallory, receiver.url)
    off = make_endpoint(anna, receiver.url)
    with tenancy.as_sweeper():
        type(off).objects.filter(pk=off.pk).update(active=False)
    cancel(send())
    assert [len(of(one)) for one in (chosen, other, theirs, off)] == [1, 0, 0, 0]


def test_a_callback_is_signed_with_the_workspaces_own_secret(send, anna, mallory, receiver):
    job = send(callback_url=receiver.url)
    cancel(job)
    assert deliver() == 1
    [(headers, body)] = receiver.received
    told = Webhook(signing.callback_secret(anna.workspace.id)).verify(body, headers)
    assert told["data"]["job_id"] == str(job.pk)
    assert signing.callback_secret(anna.workspace.id) != signing.callback_secret(mallory.workspace.id)
    [delivery] = all_deliveries()
    assert delivery.target == f"{anna.workspace.id}/127.0.0.1:{receiver.server_port}"
    cancel(send(callback_url=receiver.url))
    assert deliver() == 1
    with tenancy.as_sweeper():
        assert WebhookTarget.objects.count() == 1


def test_endpoint_and_callback_are_told_apart(send, endpoint, receiver2):
    cancel(send(callback_url=receiver2.url))
    assert len({delivery.pk for delivery in all_deliveries()}) == 2
    assert deliver() == 2
    assert len(receiver2.received) == 1


def test_what_is_told_to_nobody_costs_one_query_at_the_end_of_a_job_and_else_none(send, anna):
    job = send()

    def cost(type_):
        with tenancy.as_workspace(anna.workspace.id):
            event = events.record(transitions.locked(job.pk), type_)
            event.created_at = job.created_at
            with CaptureQueriesContext(connection) as captured:
                queueing.tell(job, event)
        return len(captured)

    assert cost("stage.started") == 0
    assert cost("task.failed") == 0
    assert cost("job.done") == 1


def test_the_address_of_the_result_is_that_of_the_api(send, anna):
    job = send()
    job.document_id = uuid.uuid4()
    with tenancy.as_workspace(anna.workspace.id):
        event = job.events.first()
        event.type = "job.done"
    found = payloads.of_job(job, event)["data"]
    assert found["result_url"] == reverse("api-result", args=[job.pk])
    assert found["document_id"] == str(job.document_id)


def test_messages_go_out_on_commit(send, endpoint, broker, django_capture_on_commit_callbacks):
    job = send()
    with django_capture_on_commit_callbacks(execute=True):
        cancel(job)
        assert broker.queue_length("webhooks") == 0
    assert broker.queue_length("webhooks") == 1
