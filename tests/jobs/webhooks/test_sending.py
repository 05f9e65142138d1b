"""One delivery against servers that take it, fail, hang, drip, redirect and vanish."""

import json
import socket
import time

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from documents import tenancy
from jobs.models import Status
from jobs.webhooks import endpoints, sending, signing
from tests.jobs.webhooks.conftest import (
    deliver,
    drip,
    drip_body,
    flood,
    fresh,
    hang,
    later,
    make_endpoint,
    nonsense,
    of,
    ping,
    target_of,
)

pytestmark = pytest.mark.usefixtures("broker")


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def test_a_ping_arrives_signed(endpoint, receiver):
    delivery = ping(endpoint)
    assert deliver() == 1
    [(headers, body)] = receiver.received
    told = Webhook(endpoint.secret).verify(body, headers)
    assert told["type"] == "ping"
    assert told["data"]["webhook_id"] == str(endpoint.pk)
    assert headers["webhook-id"] == str(delivery.pk)
    assert headers["Content-Type"] == "application/json"
    assert "Cookie" not in headers
    delivery = fresh(delivery)
    assert (delivery.status, delivery.attempts, delivery.response_status) == ("done", 1, 200)
    assert delivery.finished_at
    assert (delivery.error_code, delivery.lease) == ("", None)
    with pytest.raises(WebhookVerificationError):
        Webhook(signing.new_secret()).verify(body, headers)


def test_both_secrets_sign_for_a_day_after_a_rotation(endpoint, receiver, anna):
    old = endpoint.secret
    with tenancy.as_user(anna.user):
        new = endpoints.rotate_secret(endpoint.pk).secret
    ping(endpoint)
    deliver()
    [(headers, body)] = receiver.received
    assert Webhook(old).verify(body, headers) == Webhook(new).verify(body, headers)
    with tenancy.as_sweeper():
        row = fresh(endpoint)
        row.previous_secret_until = row.created_at
        row.save()
    ping(endpoint)
    deliver()
    headers, body = receiver.received[-1]
    Webhook(new).verify(body, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(old).verify(body, headers)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_2xx_is_taken(status, endpoint, receiver):
    receiver.moods = [status]
    delivery = ping(endpoint)
    deliver()
    assert fresh(delivery).status == Status.DONE


@pytest.mark.parametrize(
    ("mood", "code"),
    [
        (500, "webhook_status"),
        (404, "webhook_status"),
        (100_000, "webhook_unreachable"),
        (hang, "webhook_timeout"),
        (drip, "webhook_timeout"),
        (nonsense, "webhook_unreachable"),
        (lambda handler: handler.connection.close(), "webhook_unreachable"),
        (lambda handler: handler.answer(302, Location="/elsewhere"), "webhook_redirected"),
    ],
)  # fmt: skip
def test_all_else_is_tried_again_under_the_same_id(mood, code, endpoint, receiver):
    receiver.moods = [mood]
    delivery = ping(endpoint)
    began = time.monotonic()
    assert deliver() == 1
    assert time.monotonic() - began < 1.1
    failed = fresh(delivery)
    assert (failed.status, failed.error_code, failed.finished_at) == ("retryable", code, None)
    assert failed.error_detail
    assert 3.7 < (failed.due_at - failed.last_attempt_at).total_seconds() < 8
    later(8)
    assert deliver() == 1
    taken = fresh(delivery)
    assert (taken.status, taken.attempts, taken.error_code) == ("done", 2, "")
    assert receiver.ids == [str(delivery.pk)] * 2
    assert receiver.received[0][1] == receiver.received[1][1]
    assert target_of(endpoint).failures == 0


def test_redirects_are_not_followed(endpoint, receiver, receiver2):
    receiver.moods = [lambda handler: handler.answer(307, Location=receiver2.url)] * 2
    delivery = ping(endpoint)
    deliver()
    later(10)
    deliver()
    assert receiver2.received == []
    assert fresh(delivery).error_code == "webhook_redirected"


def test_taken_is_taken_whatever_the_body(endpoint, receiver):
    receiver.moods = [drip_body, flood]
    for _ in range(2):
        delivery = ping(endpoint)
        began = time.monotonic()
        deliver()
        assert time.monotonic() - began < 1.1
        assert fresh(delivery).status == Status.DONE
    assert receiver.flooded < 20_000_000  # what fits into buffers between the two


def test_nobody_listens(anna):
    endpoint = make_endpoint(anna, f"http://127.0.0.1:{free_port()}/")
    delivery = ping(endpoint)
    deliver()
    failed = fresh(delivery)
    assert (failed.status, failed.error_code, failed.response_status) == ("retryable", "webhook_unreachable", None)


def test_a_private_address_ends_at_once(endpoint, receiver, settings):
    delivery = ping(endpoint)
    settings.WEBHOOKS_ALLOW_PRIVATE = []
    deliver()
    failed = fresh(delivery)
    assert (failed.status, failed.error_code, failed.attempts) == ("deadletter", "webhook_url_refused", 1)
    assert receiver.received == []


def test_tls_is_verified(anna, receiver):
    """The receiver speaks no TLS: nothing of the message goes out in the clear."""
    endpoint = make_endpoint(anna, receiver.url.replace("http:", "https:"))
    delivery = ping(endpoint)
    deliver()
    assert fresh(delivery).error_code == "webhook_unreachable"
    assert receiver.received == []


def test_proxies_of_the_environment_are_not_used(endpoint, receiver, receiver2, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{receiver2.server_port}")
    ping(endpoint)
    deliver()
    assert (len(receiver.received), receiver2.received) == (1, [])


def test_gone_switches_the_endpoint_off(endpoint, receiver):
    receiver.moods = [410]
    first, second = ping(endpoint), ping(endpoint)
    assert deliver() == 1
    assert not fresh(endpoint).active
    assert {(one.status, one.error_code) for one in of(endpoint)} == {("deadletter", "webhook_gone")}
    assert {fresh(first).attempts, fresh(second).attempts} == {0, 1}


def test_a_delivery_that_slipped_in_as_its_endpoint_was_switched_off(endpoint, receiver):
    delivery = ping(endpoint)
    with tenancy.as_sweeper():
        type(endpoint).objects.filter(pk=endpoint.pk).update(active=False)
    deliver()
    assert (fresh(delivery).status, fresh(delivery).error_code) == ("deadletter", "webhook_inactive")
    assert receiver.received == []


def test_a_fault_of_ours_is_tried_again(endpoint, monkeypatch):
    monkeypatch.setattr(sending.signing, "headers", lambda *_: 1 / 0)
    delivery = ping(endpoint)
    deliver()
    assert (fresh(delivery).status, fresh(delivery).error_code) == ("retryable", "internal_error")


def test_the_body_is_what_was_queued(endpoint, receiver):
    delivery = ping(endpoint)
    deliver()
    assert json.loads(receiver.received[0][1]) == delivery.payload
