"""Which delivery is next, how long what failed waits, and who may tell the end."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from documents import tenancy
from jobs.models import Delivery, Status
from jobs.webhooks import claims, deliveries, endpoints
from jobs.webhooks.answers import Answer
from tests.jobs.webhooks.conftest import deliver, fresh, later, make_endpoint, of, ping, target_of

pytestmark = pytest.mark.usefixtures("broker")

FAILED = Answer(500, "webhook_status", "It answered 500.")
TAKEN = Answer(200)


def attempt(answer):
    claim = claims.take()
    assert claim is not None
    assert claims.settle(claim, answer, claim.delivery.url)
    return claim.delivery


def test_one_in_flight_per_target(endpoint, anna, receiver2):
    ping(endpoint), ping(endpoint)
    other = make_endpoint(anna, receiver2.url)
    ping(other)
    assert [claims.take().delivery.endpoint, claims.take().delivery.endpoint] == [endpoint, other]
    assert claims.take() is None


def test_targets_take_turns(endpoint, anna, receiver2):
    other = make_endpoint(anna, receiver2.url)
    for _ in range(3):
        ping(endpoint)
    for _ in range(3):
        ping(other)
    assert [attempt(TAKEN).endpoint for _ in range(6)] in ([endpoint, other] * 3, [other, endpoint] * 3)


def test_first_in_first_out(endpoint):
    sent = [ping(endpoint) for _ in range(4)]
    assert [attempt(TAKEN) for _ in range(4)] == sent


def test_a_workspace_does_not_take_up_all_threads(anna, mallory):
    for number in range(6):
        ping(make_endpoint(anna, f"https://{number}.example"))
    theirs = ping(make_endpoint(mallory, "https://9.example"))
    taken = [claims.take() for _ in range(6)]
    assert sum(one is not None for one in taken) == 5
    assert theirs in [one.delivery for one in taken if one]


def test_a_target_that_failed_rests_as_a_whole(endpoint):
    first, _ = ping(endpoint), ping(endpoint)
    assert attempt(FAILED) == first
    assert claims.take() is None
    assert target_of(endpoint).failing_since
    later(8)
    assert claims.take() is not None


def test_a_rest_grows_with_failures_of_any_delivery_but_not_for_ever(endpoint, settings):
    settings.WEBHOOKS_RETRY_SECONDS = [5, 30, 86_400]
    rests = []
    for _ in range(4):
        ping(endpoint)
    for _ in range(4):
        delivery = attempt(FAILED)
        rests.append((target_of(endpoint).waits_until - fresh(delivery).last_attempt_at).total_seconds())
        later(2000)
    assert rests[0] == pytest.approx(5, rel=0.3)
    assert rests[1] == pytest.approx(30, rel=0.3)
    assert rests[2] == pytest.approx(600, rel=0.01)
    attempt(TAKEN)
    assert (target_of(endpoint).failures, target_of(endpoint).failing_since) == (0, None)


def test_back_off_then_dead_letter(endpoint):
    delivery = ping(endpoint)
    waits = []
    for _ in range(2):
        attempt(FAILED)
        row = fresh(delivery)
        assert row.status == Status.RETRYABLE
        waits.append((row.due_at - row.last_attempt_at).total_seconds())
        later(60)
    assert waits[0] == pytest.approx(5, rel=0.3)
    assert waits[1] == pytest.approx(30, rel=0.3)
    attempt(FAILED)
    dead = fresh(delivery)
    assert (dead.status, dead.attempts, dead.error_code, dead.response_status) == (
        "deadletter",
        3,
        "webhook_status",
        500,
    )
    assert dead.finished_at
    later()
    assert claims.take() is None


def test_no_retries_at_all(endpoint, settings):
    settings.WEBHOOKS_RETRY_SECONDS = []
    delivery = ping(endpoint)
    attempt(FAILED)
    assert fresh(delivery).status == Status.DEADLETTER


def test_retry_after_lengthens_the_wait_and_never_shortens_it(endpoint):
    delivery = ping(endpoint)
    attempt(Answer(503, "webhook_status", "busy", retry_after=2000))
    row = fresh(delivery)
    assert (row.due_at - row.last_attempt_at).total_seconds() == pytest.approx(2000, abs=2)
    assert (target_of(endpoint).waits_until - row.last_attempt_at).total_seconds() == pytest.approx(2000, abs=2)
    later(2001)
    attempt(Answer(503, "webhook_status", "busy", retry_after=1))
    row = fresh(delivery)
    assert (row.due_at - row.last_attempt_at).total_seconds() > 20


def test_what_waited_long_for_a_dead_target_is_given_up_untried(endpoint):
    old = [ping(endpoint) for _ in range(3)]
    attempt(FAILED)
    later(40)  # the whole schedule is 35 s
    new = ping(endpoint)
    assert attempt(FAILED) == old[1]
    assert [fresh(one).status for one in [*old, new]] == ["deadletter", "retryable", "deadletter", "queued"]
    assert {one.error_code for one in of(endpoint) if one.status == Status.DEADLETTER} == {"webhook_status"}


def test_a_late_worker_changes_nothing(endpoint, receiver):
    delivery = ping(endpoint)
    late = claims.take()
    later(20)
    assert deliveries.sweep()["deliveries_taken_back"] == 1
    again = claims.take()
    before = target_of(endpoint).waits_until
    assert not claims.settle(late, TAKEN, "x")
    assert fresh(delivery).status == Status.WORKING
    assert target_of(endpoint).waits_until == before
    assert claims.settle(again, TAKEN, delivery.url)
    assert fresh(delivery).attempts == 2


def test_an_expired_lease_without_attempts_left_is_a_dead_letter(endpoint):
    delivery = ping(endpoint)
    for _ in range(3):
        assert claims.take() is not None
        later(20)
        deliveries.sweep()
    assert (fresh(delivery).status, fresh(delivery).error_code) == ("deadletter", "worker_lost")


def test_a_lease_that_holds_is_left_alone(endpoint):
    ping(endpoint)
    claims.take()
    assert deliveries.sweep()["deliveries_taken_back"] == 0


def test_an_endpoint_deleted_in_mid_delivery(endpoint, anna):
    ping(endpoint)
    claim = claims.take()
    with tenancy.as_user(anna.user):
        endpoints.delete(endpoint.pk)
    assert not claims.settle(claim, TAKEN, "x")
    with tenancy.as_sweeper():
        assert not Delivery.objects.exists()


def test_a_claim_costs_the_same_however_much_was_delivered(endpoint):
    def cost():
        ping(endpoint)
        with CaptureQueriesContext(connection) as captured:
            attempt(TAKEN)
        return len(captured)

    few = cost()
    for _ in range(20):
        ping(endpoint)
    assert cost() == few


def test_deliveries_are_counted(endpoint, receiver):
    def count(outcome):
        return claims.DELIVERIES.labels(outcome=outcome)._value.get()

    before = count("done"), count("retryable")
    receiver.moods = [500]
    ping(endpoint)
    deliver()
    later(60)
    deliver()
    assert (count("done"), count("retryable")) == (before[0] + 1, before[1] + 1)
