"""Webhooks over HTTP."""

import json
import uuid

import pytest
from standardwebhooks import Webhook

from jobs.models import Status
from tests.api.conftest import client_of, is_problem
from tests.jobs.webhooks.conftest import deliver, fresh, later, make_endpoint, of, ping

pytestmark = pytest.mark.usefixtures("broker")

ROOT = "/api/v1"


@pytest.fixture
def api(anna):
    return client_of(anna)


def post(client, path, **body):
    return client.post(f"{ROOT}/{path}", body, format="json")


def test_from_making_one_to_a_ping(api, anna, receiver):
    made = post(api, "webhooks", url=receiver.url, events=["job.done"], description="ERP")
    assert made.status_code == 201
    body = made.json()
    assert made["Location"] == f"{ROOT}/webhooks/{body['webhook_id']}"
    secret = body.pop("secret")
    assert secret.startswith("whsec_")
    assert api.get(made["Location"]).json() == body
    assert (body["events"], body["active"], body["workspace_id"]) == (["job.done"], True, str(anna.workspace.id))
    sent = api.post(made["Location"] + "/test")
    assert sent.status_code == 202
    assert (sent.json()["type"], sent.json()["status"], sent.json()["attempts"]) == ("ping", "queued", 0)
    assert sent.json()["next_attempt_at"]
    deliver()
    [(headers, received)] = receiver.received
    assert Webhook(secret).verify(received, headers) == sent.json()["payload"]
    found = api.get(sent["Location"]).json()
    assert (found["status"], found["response_status"], found["error"]) == ("done", 200, None)
    assert found["next_attempt_at"] is None


def test_the_secret_is_told_once(api, endpoint):
    for path in ("webhooks", f"webhooks/{endpoint.pk}", "deliveries"):
        text = api.get(f"{ROOT}/{path}").content.decode()
        assert endpoint.secret not in text
        assert "secret" not in text
    rotated = post(api, f"webhooks/{endpoint.pk}/rotate-secret")
    assert rotated.status_code == 200
    assert rotated.json()["secret"] not in ("", endpoint.secret)
    assert fresh(endpoint).secret == rotated.json()["secret"]
    assert fresh(endpoint).previous_secret == endpoint.secret


def test_secrets_are_in_no_log(api, endpoint, receiver, caplog, capfd):
    secret = post(api, f"webhooks/{endpoint.pk}/rotate-secret").json()["secret"]
    receiver.moods = [500]
    ping(endpoint)
    deliver()
    out, err = capfd.readouterr()
    for text in (out, err, caplog.text):
        assert secret not in text
        assert endpoint.secret not in text


def test_change_and_delete(api, endpoint):
    path = f"{ROOT}/webhooks/{endpoint.pk}"
    changed = api.patch(path, {"events": ["job.cancelled"], "description": "x"}, format="json").json()
    assert (changed["events"], changed["description"], changed["url"]) == (["job.cancelled"], "x", endpoint.url)
    assert api.patch(path, {"active": False}, format="json").json()["active"] is False
    assert is_problem(api.post(path + "/test"), 409, "webhook_inactive")
    assert api.patch(path, {}, format="json").status_code == 200
    assert api.delete(path).status_code == 204
    assert is_problem(api.get(path), 404, "not_found")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 422, "invalid_input"),
        ({"url": "http://10.0.0.1/"}, 422, "webhook_url_refused"),
        ({"url": "ftp://example.org/"}, 422, "webhook_url_refused"),
        ({"url": "https://example.org/" + "a" * 500}, 422, "invalid_input"),
        ({"url": "https://example.org/", "events": ["job.exploded"]}, 422, "invalid_input"),
        ({"url": "https://example.org/", "events": "job.done"}, 422, "invalid_input"),
        ({"url": "https://example.org/", "workspace": str(uuid.uuid4())}, 422, "unknown_workspace"),
        ([], 422, "invalid_input"),
    ],
)
def test_what_is_refused(api, body, status, code):
    assert is_problem(api.post(f"{ROOT}/webhooks", body, format="json"), status, code)


def test_a_change_to_an_address_that_is_refused(api, endpoint):
    answer = api.patch(f"{ROOT}/webhooks/{endpoint.pk}", {"url": "http://[fd00::1]/"}, format="json")
    assert is_problem(answer, 422, "webhook_url_refused")
    assert fresh(endpoint).url == endpoint.url


def test_a_webhook_of_a_shared_workspace(api, anna, mallory, receiver):
    made = post(api, "webhooks", url=receiver.url, workspace=str(anna.workspace.id))
    assert made.json()["workspace_id"] == str(anna.workspace.id)
    assert is_problem(
        post(api, "webhooks", url=receiver.url, workspace=str(mallory.workspace.id)), 422, "unknown_workspace"
    )


def test_the_same_request_again_makes_one(api, receiver):
    def make():
        body = {"url": receiver.url}
        return api.post(f"{ROOT}/webhooks", body, format="json", headers={"Idempotency-Key": "one"}).json()

    assert make() == make()
    assert len(api.get(f"{ROOT}/webhooks").json()["results"]) == 1


def test_the_secret_of_callbacks(api, anna, mallory):
    found = api.get(f"{ROOT}/webhooks/callback-secret")
    assert found["Cache-Control"] == "no-store"
    assert found.json()["workspace_id"] == str(anna.workspace.id)
    assert found.json() == api.get(f"{ROOT}/webhooks/callback-secret?workspace={anna.workspace.id}").json()
    theirs = api.get(f"{ROOT}/webhooks/callback-secret?workspace={mallory.workspace.id}")
    assert is_problem(theirs, 422, "unknown_workspace")
    assert found.json()["secret"] != client_of(mallory).get(f"{ROOT}/webhooks/callback-secret").json()["secret"]


def test_deliveries_are_filtered_and_come_in_pages(api, anna, endpoint, receiver, receiver2):
    other = make_endpoint(anna, receiver2.url)
    ping(other)
    for _ in range(3):
        ping(endpoint)
    receiver.moods = [500]
    deliver()

    def count(query):
        return len(api.get(f"{ROOT}/deliveries?{query}").json()["results"])

    assert (count(""), count("status=done"), count("status=retryable")) == (4, 1, 1)
    assert (count(f"endpoint={endpoint.pk}"), count(f"endpoint={other.pk}&status=queued")) == (3, 0)
    assert count(f"job={uuid.uuid4()}") == 0
    assert is_problem(api.get(f"{ROOT}/deliveries?status=lost"), 422, "invalid_input")
    page = api.get(f"{ROOT}/deliveries?page_size=3").json()
    assert (len(page["results"]), len(api.get(page["next"]).json()["results"])) == (3, 1)


def test_replay_one_and_all(api, anna, endpoint, receiver, receiver2):
    receiver.moods = [410]
    delivery, other = ping(endpoint), ping(endpoint)
    elsewhere = make_endpoint(anna, receiver2.url)
    receiver2.moods = [410]
    ping(elsewhere)
    deliver()
    assert is_problem(post(api, f"deliveries/{delivery.pk}/replay"), 409, "webhook_inactive")
    assert post(api, "deliveries/replay", status="deadletter").json() == {"replayed": 0}
    for one in (endpoint, elsewhere):
        api.patch(f"{ROOT}/webhooks/{one.pk}", {"active": True}, format="json")
    one = post(api, f"deliveries/{delivery.pk}/replay")
    assert (one.status_code, one.json()["status"], one.json()["delivery_id"]) == (202, "queued", str(delivery.pk))
    assert is_problem(post(api, f"deliveries/{delivery.pk}/replay"), 409, "delivery_open")
    rest = post(api, "deliveries/replay", status="deadletter", endpoint=str(endpoint.pk))
    assert (rest.status_code, rest.json()) == (202, {"replayed": 1})
    assert post(api, "deliveries/replay", status="deadletter").json() == {"replayed": 1}
    assert is_problem(post(api, "deliveries/replay", status="done"), 422, "invalid_input")
    later(10)
    deliver()
    assert {fresh(delivery).status, fresh(other).status} == {Status.DONE}
    assert len(receiver2.received) == 2


def test_others_webhooks_are_not_there(mallory, endpoint):
    delivery = ping(endpoint)
    theirs = client_of(mallory)
    for method, path in [
        ("get", f"webhooks/{endpoint.pk}"),
        ("patch", f"webhooks/{endpoint.pk}"),
        ("delete", f"webhooks/{endpoint.pk}"),
        ("post", f"webhooks/{endpoint.pk}/rotate-secret"),
        ("post", f"webhooks/{endpoint.pk}/test"),
        ("get", f"deliveries/{delivery.pk}"),
        ("post", f"deliveries/{delivery.pk}/replay"),
    ]:
        assert is_problem(getattr(theirs, method)(f"{ROOT}/{path}"), 404, "not_found")
    assert theirs.get(f"{ROOT}/deliveries").json()["results"] == []
    assert theirs.get(f"{ROOT}/webhooks").json()["results"] == []
    assert post(theirs, "deliveries/replay", status="deadletter").json() == {"replayed": 0}
    assert (len(of(endpoint)), json.dumps(fresh(endpoint).events)) == (1, "[]")
