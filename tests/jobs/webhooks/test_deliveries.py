"""Replay, cancel, sweep and clear away."""

import threading

import dramatiq
import pytest
from django.db import connection

from documents import tenancy
from documents.errors import Conflict
from jobs.models import Delivery, Status, WebhookTarget
from jobs.webhooks import claims, deliveries, endpoints, waking
from tests.jobs.webhooks.conftest import deliver, fresh, later, make_endpoint, of, ping

pytestmark = pytest.mark.usefixtures("broker")


def dead(endpoint, receiver):
    receiver.moods = [500] * 3
    delivery = ping(endpoint)
    for _ in range(3):
        deliver()
        later(60)
    assert fresh(delivery).status == Status.DEADLETTER
    return delivery


def test_a_dead_letter_is_replayed_under_its_id(endpoint, receiver, anna):
    delivery = dead(endpoint, receiver)
    with tenancy.as_user(anna.user):
        again = deliveries.replay(delivery.pk)
    assert (again.status, again.attempts, again.error_code, again.finished_at) == ("queued", 0, "", None)
    assert deliver() == 1
    assert fresh(delivery).status == Status.DONE
    assert set(receiver.ids) == {str(delivery.pk)}
    assert len(receiver.ids) == 4


def test_what_was_taken_can_be_replayed(endpoint, receiver, anna):
    delivery = ping(endpoint)
    deliver()
    with tenancy.as_user(anna.user):
        deliveries.replay(delivery.pk)
    deliver()
    assert receiver.ids == [str(delivery.pk)] * 2


def test_a_replay_does_not_wait_for_the_rest_of_its_target(endpoint, receiver, anna):
    delivery = dead(endpoint, receiver)
    receiver.moods = [500]
    ping(endpoint)
    deliver()
    assert claims.take() is None
    with tenancy.as_user(anna.user):
        deliveries.replay(delivery.pk)
    assert deliver() > 0
    assert fresh(delivery).status == Status.DONE


def test_nor_does_it_disturb_what_is_on_its_way(endpoint, receiver, anna):
    delivery = dead(endpoint, receiver)
    ping(endpoint)
    assert claims.take() is not None
    with tenancy.as_user(anna.user):
        deliveries.replay(delivery.pk)
    assert claims.take() is None


def test_what_waits_is_not_replayed(endpoint, anna):
    delivery = ping(endpoint)
    with tenancy.as_user(anna.user), pytest.raises(Conflict, match="delivery_open"):
        deliveries.replay(delivery.pk)


def test_dead_letters_of_an_endpoint_that_is_off(endpoint, anna, receiver):
    delivery = ping(endpoint)
    with tenancy.as_user(anna.user):
        endpoints.change(endpoint.pk, active=False)
        assert (fresh(delivery).status, fresh(delivery).error_code) == ("deadletter", "webhook_inactive")
        with pytest.raises(Conflict, match="webhook_inactive"):
            deliveries.replay(delivery.pk)
        with pytest.raises(Conflict, match="webhook_inactive"):
            endpoints.ping(endpoint.pk)
        assert deliveries.replay_all(Delivery.objects.all()) == 0
        endpoints.change(endpoint.pk, active=True)
        assert deliveries.replay_all(Delivery.objects.all()) == 1
    assert deliver() == 1


def test_cancel(endpoint, receiver, anna):
    waiting, on_its_way = ping(endpoint), None
    on_its_way = claims.take()
    assert on_its_way.delivery == waiting
    with tenancy.as_user(anna.user):
        assert deliveries.cancel(waiting.pk).status == Status.CANCELLED
        with pytest.raises(Conflict, match="delivery_not_open"):
            deliveries.cancel(waiting.pk)
    assert not claims.settle(on_its_way, claims.Answer(200), "x")
    assert fresh(waiting).status == Status.CANCELLED


def test_another_address_is_tried_at_once(endpoint, receiver, receiver2, anna):
    receiver.moods = [500]
    delivery = ping(endpoint)
    other = ping(endpoint)
    deliver()
    with tenancy.as_user(anna.user):
        endpoints.change(endpoint.pk, url=receiver2.url, description="moved")
    assert deliver() == 1
    later(10)
    assert deliver() == 1
    assert sorted(receiver2.ids) == sorted([str(delivery.pk), str(other.pk)])
    assert {one.url for one in of(endpoint)} == {receiver2.url}


def test_too_many_endpoints(anna, receiver):
    for _ in range(endpoints.MOST):
        make_endpoint(anna, receiver.url)
    with pytest.raises(Conflict, match="too_many_webhooks"):
        make_endpoint(anna, receiver.url)


def test_the_sweeper_sends_what_the_broker_lost(endpoint, anna, receiver, broker):
    for _ in range(5):
        ping(endpoint)
    broker.flush_all()
    assert deliveries.sweep() == {"deliveries_taken_back": 0, "deliveries_sent": 1}
    assert deliveries.sweep()["deliveries_sent"] == 0
    assert deliver() == 5
    broker.flush_all()
    assert deliveries.sweep()["deliveries_sent"] == 0


def test_a_broker_that_is_away_is_no_error(endpoint, monkeypatch):
    ping(endpoint)

    def fail(*_, **__):
        raise ConnectionError

    monkeypatch.setattr(dramatiq.get_broker(), "queue_length", fail)
    assert deliveries.sweep()["deliveries_sent"] == 0
    monkeypatch.setattr(dramatiq.get_broker(), "enqueue", fail)
    assert waking.wake(3) == 0
    assert deliver() == 1


def test_targets_of_callbacks_are_forgotten_when_nothing_waits_for_them(endpoint, anna):
    idle, wanted, recent = (f"{anna.workspace.id}/{name}.example" for name in ("idle", "wanted", "recent"))
    with tenancy.as_sweeper():
        for name in (idle, wanted):
            WebhookTarget.objects.create(id=name, workspace_id=anna.workspace.id)
    waiting = ping(endpoint)
    with tenancy.as_sweeper():
        Delivery.objects.filter(pk=waiting.pk).update(target=wanted)
    assert deliveries.forget_targets() == 0
    later(90_000)
    with tenancy.as_sweeper():
        WebhookTarget.objects.create(id=recent, workspace_id=anna.workspace.id)
    assert deliveries.forget_targets() == 1
    with tenancy.as_sweeper():
        assert {target.pk for target in WebhookTarget.objects.all()} == {wanted, recent, str(endpoint.pk)}


def test_a_replay_makes_its_target_anew(endpoint, receiver, anna):
    delivery = ping(endpoint)
    deliver()
    with tenancy.as_sweeper():
        WebhookTarget.objects.all().delete()
    with tenancy.as_user(anna.user):
        deliveries.replay(delivery.pk)
    assert deliver() == 1


@pytest.mark.django_db(transaction=True)
def test_forgetting_waits_for_whoever_queues(anna, endpoint):
    """A delivery whose target is forgotten while it is written would never be sent."""
    target, forgot = f"{anna.workspace.id}/a.example", []
    with tenancy.as_sweeper():
        WebhookTarget.objects.create(id=target, workspace_id=anna.workspace.id)
    later(90_000)

    def forget():
        forgot.append(deliveries.forget_targets())
        connection.close()

    with tenancy.as_user(anna.user):
        WebhookTarget.objects.bulk_create(
            [WebhookTarget(id=target, workspace_id=anna.workspace.id)], ignore_conflicts=True
        )
        thread = threading.Thread(target=forget)
        thread.start()
        thread.join(0.3)
        assert thread.is_alive()
        Delivery.objects.filter(pk=ping(endpoint).pk).update(target=target)
    thread.join()
    assert forgot == [0]
