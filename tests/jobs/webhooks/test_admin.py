"""Webhooks in the admin."""

import pytest
from django.contrib.auth.models import Permission

from jobs.models import Status
from tests.admin.conftest import signed_in, told
from tests.admin.test_actions import confirmed
from tests.admin.test_lists import queries
from tests.jobs.webhooks.conftest import deliver, fresh, later, make_endpoint, ping

pytestmark = pytest.mark.usefixtures("broker")

ENDPOINTS, DELIVERIES = "jobs/webhookendpoint", "jobs/delivery"


@pytest.fixture
def admin(sam):
    return signed_in(sam)


@pytest.fixture
def dead(endpoint, receiver):
    receiver.moods = [500] * 3
    delivery = ping(endpoint)
    for _ in range(3):
        deliver()
        later(60)
    return fresh(delivery)


def page(client, where, row=None):
    response = client.get(f"/admin/{where}/" + (f"{row.pk}/change/" if row else ""))
    assert response.status_code == 200
    return response.content.decode()


def test_lists_and_pages_tell_all_but_secrets(admin, dead, endpoint):
    for where, row in [(ENDPOINTS, None), (ENDPOINTS, endpoint), (DELIVERIES, None), (DELIVERIES, dead)]:
        html = page(admin, where, row)
        assert endpoint.url.replace("&", "&amp;") in html
        assert endpoint.secret not in html
        assert endpoint.secret.removeprefix("whsec_") not in html
    assert "Failing since" in page(admin, ENDPOINTS)
    html = page(admin, DELIVERIES, dead)
    assert "webhook_status: It answered 500" in html
    assert "&quot;type&quot;: &quot;ping&quot;" in html
    assert "Not taken" in html
    assert str(dead.pk) in html


def test_deliveries_of_a_webhook_are_found(admin, dead, endpoint, receiver2, anna):
    ping(make_endpoint(anna, receiver2.url))
    found = admin.get(f"/admin/{DELIVERIES}/?q={endpoint.pk}").context["cl"]
    assert [one.pk for one in found.result_list] == [dead.pk]


def test_types_are_filtered(admin, dead):
    counts = [
        admin.get(f"/admin/{DELIVERIES}/?type={name}").context["cl"].result_count for name in ("ping", "job.done")
    ]
    assert counts == [1, 0]


def test_pages_have_their_actions_at_hand(admin, anna, dead, endpoint):
    assert 'value="replay_deliveries"' in page(admin, DELIVERIES, dead)
    assert 'value="cancel_deliveries"' in page(admin, DELIVERIES, ping(endpoint))
    assert 'value="switch_off"' in page(admin, ENDPOINTS, endpoint)
    back = confirmed(admin, ENDPOINTS, "switch_off", [endpoint], back=str(endpoint.pk))
    assert 'value="switch_on"' in back.content.decode()
    assert f'href="{endpoint.url}"' not in page(admin, ENDPOINTS, endpoint)
    anna.user.is_staff = True
    anna.user.save()
    anna.user.user_permissions.set(Permission.objects.filter(codename__in=["view_delivery", "view_webhookendpoint"]))
    looks = signed_in(anna)
    assert 'class="tool"' not in page(looks, DELIVERIES, dead) + page(looks, ENDPOINTS, endpoint)


def test_replay(admin, dead, receiver):
    response = confirmed(admin, DELIVERIES, "replay_deliveries", [dead])
    assert told(response) == ["1 delivery will be sent again."]
    assert deliver() == 1
    assert fresh(dead).status == Status.DONE
    assert set(receiver.ids) == {str(dead.pk)}


def test_cancel(admin, endpoint, receiver):
    delivery = ping(endpoint)
    response = confirmed(admin, DELIVERIES, "cancel_deliveries", [delivery])
    assert told(response) == ["1 delivery cancelled."]
    response = confirmed(admin, DELIVERIES, "cancel_deliveries", [delivery])
    assert "there is nothing to cancel" in told(response)[0]
    assert deliver() == 0
    assert fresh(delivery).status == Status.CANCELLED


def test_switch_off_and_on(admin, endpoint):
    waiting = ping(endpoint)
    assert told(confirmed(admin, ENDPOINTS, "switch_off", [endpoint])) == ["1 webhook endpoint switched off."]
    assert not fresh(endpoint).active
    assert fresh(waiting).status == Status.DEADLETTER
    assert "Switched off" in page(admin, ENDPOINTS)
    assert told(confirmed(admin, ENDPOINTS, "switch_on", [endpoint])) == ["1 webhook endpoint switched on."]
    assert fresh(endpoint).active


@pytest.mark.parametrize(
    ("where", "action"),
    [
        (ENDPOINTS, "switch_off"),
        (ENDPOINTS, "switch_on"),
        (DELIVERIES, "replay_deliveries"),
        (DELIVERIES, "cancel_deliveries"),
    ],
)
def test_an_action_asks_first(where, action, admin, endpoint, dead):
    row = endpoint if where == ENDPOINTS else dead
    sent = {"action": action, "_selected_action": [str(row.pk)]}
    assert 'name="confirmed"' in admin.post(f"/admin/{where}/", sent).content.decode()
    assert (fresh(endpoint).active, fresh(dead).status) == (True, "deadletter")


def test_nobody_adds_or_deletes_here(admin, endpoint, dead):
    for where, row in [(ENDPOINTS, endpoint), (DELIVERIES, dead)]:
        assert admin.get(f"/admin/{where}/add/").status_code == 403
        assert admin.post(f"/admin/{where}/{row.pk}/delete/", {"post": "yes"}).status_code == 403


def test_a_list_costs_the_same_however_many_rows_it_has(admin, endpoint, anna, receiver):
    def costs(rows):
        return [queries(admin, f"/admin/{where}/", "127.0.0.1", rows) for where in (ENDPOINTS, DELIVERIES)]

    for _ in range(2):
        make_endpoint(anna, receiver.url)
    for _ in range(3):
        ping(endpoint)
    few = costs(3)
    for _ in range(7):
        ping(make_endpoint(anna, receiver.url))
    assert costs(10) == few
