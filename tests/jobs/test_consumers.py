"""WebSockets over a real server: each event once and in order, through lost connections, to nobody else, in bounds."""

import asyncio
import json
import time
from contextlib import ExitStack
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import OperationalError
from django.test import Client
from rest_framework_simplejwt.tokens import AccessToken
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from config.embedded import valkey
from documents import tenancy
from documents.models import Membership
from jobs import control, events, feeds
from jobs.listening import Bell
from jobs.models import Job
from tests.asgi import serving

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def server(broker):
    with serving() as running:
        yield running


@pytest.fixture
def job(submit):
    return submit()


@pytest.fixture
def tell(anna):
    """Events of a job, each in a transaction of its own."""

    def tell(job, *types):
        for type_ in types:
            with tenancy.as_workspace(anna.workspace.id):
                locked = Job.objects.select_for_update(of=("self",)).get(pk=job.pk)
                events.record(locked, type_)
                events.write(locked)

    return tell


def bearer(person, **claims) -> dict:
    token = AccessToken.for_user(person.user)
    token.payload |= claims
    return {"Authorization": f"Bearer {token}"}


def open_socket(server, path, person=None, **options):
    headers = bearer(person) if person else {}
    return connect(f"{server.sockets}{path}", additional_headers=headers | options.pop("headers", {}), **options)


def of_job(job, after=None):
    return f"/ws/jobs/{job.pk}/" + ("" if after is None else f"?after={after}")


def until(socket, wanted, seconds=15):
    """All messages but signs of life up to the first that is wanted, which is the last."""
    found, give_up = [], time.monotonic() + seconds
    while True:
        message = json.loads(socket.recv(timeout=max(0, give_up - time.monotonic())))
        if message["type"] != "alive":
            found.append(message)
        if wanted(message):
            return found


def is_event(type_):
    return lambda message: message["type"] == "event" and message["event"]["type"] == type_


def closed(socket) -> tuple[int, str]:
    """How the server ends it, whatever it says before."""
    with pytest.raises(ConnectionClosed) as caught:
        until(socket, lambda _: False)
    return caught.value.rcvd.code, caught.value.rcvd.reason


def test_a_job_tells_how_it_stands_and_each_event(server, job, tell, anna):
    with open_socket(server, of_job(job), anna) as socket:
        begun = until(socket, is_event("job.submitted"))
        tell(job, "toy.first", "toy.second")
        then = until(socket, is_event("toy.second"))
    assert begun[0]["type"] == "job"
    assert begun[0]["job"]["job_id"] == str(job.pk)
    assert begun[0]["job"]["status"] == "queued"
    assert [message["id"] for message in begun[1:] + then] == [1, 2, 3]
    assert then[-1]["job_id"] == str(job.pk)
    assert set(then[-1]["event"]) == {"seq", "type", "data", "correlation_id", "created_at"}
    assert then[-1]["job"]["job_id"] == str(job.pk)


def test_news_come_at_once(server, job, tell, anna):
    """Not only when the socket looks for itself."""
    with open_socket(server, of_job(job), anna) as socket:
        until(socket, is_event("job.submitted"))
        time.sleep(1)
        started = time.monotonic()
        tell(job, "toy.now")
        until(socket, is_event("toy.now"))
        assert time.monotonic() - started < feeds._LOOK_SECONDS / 2


def test_progress_without_an_event_is_told_too(server, job, anna):
    with open_socket(server, of_job(job), anna) as socket:
        until(socket, is_event("job.submitted"))
        with tenancy.as_workspace(anna.workspace.id):
            locked = Job.objects.select_for_update(of=("self",)).get(pk=job.pk)
            locked.progress = 33
            events.write(locked)
        [message] = until(socket, lambda message: message["type"] == "job")
    assert message["job"]["progress"] == 33


def test_whoever_comes_back_misses_nothing_and_hears_nothing_twice(server, job, tell, anna):
    seen = []
    for round_ in range(4):
        with open_socket(server, of_job(job, after=seen[-1] if seen else 0), anna) as socket:
            tell(job, f"toy.during{round_}")
            seen += [one["id"] for one in until(socket, is_event(f"toy.during{round_}")) if one["type"] == "event"]
        tell(job, "toy.meanwhile")
    with open_socket(server, of_job(job), anna) as socket:
        socket.send(json.dumps({"after": seen[-1]}))  # the other way to say where one was
        tell(job, "toy.last")
        last = [one["id"] for one in until(socket, is_event("toy.last")) if one["type"] == "event"]
    assert seen == list(range(1, 9))
    assert last[-2:] == [9, 10]


def test_many_events_come_in_batches_without_a_gap(server, job, anna, monkeypatch):
    monkeypatch.setattr(feeds, "BATCH", 7)
    with tenancy.as_workspace(anna.workspace.id):
        locked = Job.objects.select_for_update(of=("self",)).get(pk=job.pk)
        for _ in range(30):
            events.record(locked, "toy.many")
        events.record(locked, "toy.end")
        events.write(locked)
    with open_socket(server, of_job(job, after=1), anna) as socket:
        found = until(socket, is_event("toy.end"))
    assert [one["id"] for one in found if one["type"] == "event"] == list(range(2, 33))


def test_a_job_that_is_over_stays_open_for_its_retry(server, job, anna):
    with open_socket(server, of_job(job), anna) as socket:
        with tenancy.as_workspace(anna.workspace.id):
            control.cancel(job.pk)
        ended = until(socket, is_event("job.cancelled"))[-1]
        with tenancy.as_workspace(anna.workspace.id):
            control.retry(job.pk)
        again = until(socket, is_event("job.retried"))[-1]
    assert ended["job"]["status"] == "cancelled"
    assert ended["job"]["eta_seconds"] == 0
    assert again["job"]["status"] == "queued"


def test_the_workspace_tells_of_each_of_its_jobs(server, submit, tell, anna):
    old = submit()
    with open_socket(server, "/ws/workspace/", anna) as socket:
        first = until(socket, lambda message: message["type"] == "job")
        new = submit()
        heard = until(socket, lambda message: message.get("job", {}).get("job_id") == str(new.pk))
        with tenancy.as_workspace(anna.workspace.id):
            control.cancel(old.pk)
        ended = until(socket, lambda message: message.get("job", {}).get("status") == "cancelled")
    assert first[0]["job"]["job_id"] == str(old.pk)
    assert len(heard) == 1
    assert [one["job"]["job_id"] for one in ended] == [str(old.pk)]
    cursor = ended[-1]["id"]
    with tenancy.as_workspace(anna.workspace.id):
        control.cancel(new.pk)
    with open_socket(server, f"/ws/workspace/?after={cursor}", anna) as socket:
        until(
            socket, lambda one: one.get("job", {}).get("job_id") == str(new.pk) and one["job"]["status"] == "cancelled"
        )


def test_a_new_member_hears_and_an_old_one_no_longer(server, submit, tell, anna, mallory, monkeypatch):
    monkeypatch.setattr(feeds, "_RECHECK_SECONDS", 0.5)
    monkeypatch.setattr(feeds, "_LOOK_SECONDS", 0.5)
    job = submit()
    with tenancy.as_workspace(anna.workspace.id):
        membership = Membership.objects.create(workspace=anna.workspace, user=mallory.user)
    with open_socket(server, of_job(job), mallory) as socket:
        until(socket, is_event("job.submitted"))
        with tenancy.as_workspace(anna.workspace.id):
            membership.delete()
        assert closed(socket)[0] == 4404


@pytest.mark.parametrize("path", ["job", "unknown"])
def test_what_is_another_tenants_is_not_there(server, job, mallory, path):
    path = of_job(job) if path == "job" else f"/ws/jobs/{uuid4()}/"
    with open_socket(server, path, mallory) as socket:
        assert closed(socket)[0] == 4404


def test_another_tenants_workspace_is_silent(server, job, tell, mallory, monkeypatch):
    monkeypatch.setattr(feeds, "_LOOK_SECONDS", 0.5)
    with open_socket(server, "/ws/workspace/", mallory) as socket:
        tell(job, "toy.secret")
        give_up = time.monotonic() + 1.5
        while time.monotonic() < give_up:
            assert json.loads(socket.recv(timeout=15))["type"] == "alive"


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, 4403),  # no page of ours, and no token
        ({"Origin": "own"}, 4401),
        ({"Authorization": "Bearer made.up.token"}, 4401),
        ({"Authorization": "Bearer made.up.token", "Host": "elsewhere.example"}, 4403),
    ],
)
def test_a_stranger_is_told_why(server, job, headers, code):
    if headers.get("Origin"):
        headers = {"Origin": server.url}
    with open_socket(server, of_job(job), headers=headers) as socket:
        assert closed(socket)[0] == code


def session_cookie(person) -> dict:
    client = Client()
    client.force_login(person.user)
    return {"Cookie": f"sessionid={client.cookies['sessionid'].value}"}


def test_a_session_counts_for_our_own_pages_alone(server, job, anna, settings):
    settings.CSRF_TRUSTED_ORIGINS = ["https://*.vouch.example"]
    cookie = session_cookie(anna)
    for origin in (server.url, "https://team.vouch.example"):
        with open_socket(server, of_job(job), headers=cookie, origin=origin) as socket:
            until(socket, is_event("job.submitted"))
    for origin in ("https://evil.example", "http://team.vouch.example", "https://vouch.example.evil.example", None):
        with open_socket(server, of_job(job), headers=cookie, origin=origin) as socket:
            assert closed(socket)[0] == 4403


def test_browsers_send_the_token_as_a_subprotocol(server, job, anna):
    token = bearer(anna)["Authorization"].removeprefix("Bearer ")
    with open_socket(server, of_job(job), subprotocols=["vouch", f"bearer.{token}"]) as socket:
        assert socket.subprotocol == "vouch"
        until(socket, is_event("job.submitted"))
    with open_socket(server, of_job(job), subprotocols=[f"bearer.{token}"]) as socket:
        until(socket, is_event("job.submitted"))


@pytest.mark.parametrize("how", ["token", "password", "session"])
def test_it_ends_with_the_right_to_see_it(server, job, anna, how, monkeypatch):
    monkeypatch.setattr(feeds, "_RECHECK_SECONDS", 0.5)
    monkeypatch.setattr(feeds, "_LOOK_SECONDS", 0.5)
    headers = session_cookie(anna) | {"Origin": server.url} if how == "session" else bearer(anna)
    if how == "token":
        token = AccessToken.for_user(anna.user)
        token.set_exp(lifetime=timedelta(seconds=3))
        headers = {"Authorization": f"Bearer {token}"}
    with open_socket(server, of_job(job), headers=headers) as socket:
        until(socket, is_event("job.submitted"))
        if how != "token":
            anna.user.set_password("another")
            anna.user.save()
        assert closed(socket)[0] == 4401


@pytest.mark.parametrize("given", ["nonsense", "[]", '{"before": 1}', '{"after": -1}', '{"after": "x"}'])
def test_nonsense_is_refused(server, job, anna, given):
    with open_socket(server, of_job(job), anna) as socket:
        socket.send(given)
        code, reason = closed(socket)
    assert code == 4400
    assert "after" in reason


def test_a_made_up_cursor_and_path_are_refused(server, job, anna):
    for path, code in ((of_job(job, after="x"), 4400), (of_job(job, after=2**60), 4400), ("/ws/elsewhere/", 4404)):
        with open_socket(server, path, anna) as socket:
            assert closed(socket)[0] == code


def test_a_user_has_so_many_streams(server, job, anna, settings):
    settings.STREAMS_PER_USER = 2
    with open_socket(server, of_job(job), anna) as first, open_socket(server, "/ws/workspace/", anna) as second:
        until(first, is_event("job.submitted"))
        until(second, lambda message: True)
        with open_socket(server, of_job(job), anna) as third:
            assert closed(third)[0] == 4429
    time.sleep(0.5)
    with open_socket(server, of_job(job), anna) as again:
        until(again, is_event("job.submitted"))


def test_an_idle_socket_shows_that_it_lives(server, job, anna, monkeypatch):
    monkeypatch.setattr(feeds, "_LOOK_SECONDS", 0.5)
    with open_socket(server, of_job(job), anna) as socket:
        message = {"type": ""}
        while message["type"] != "alive":
            message = json.loads(socket.recv(timeout=10))
    assert message["id"] == 1


@pytest.fixture
def own_redis(tmp_path, settings):
    """A Redis that may die: what stops it, and what starts it again."""
    running = ExitStack()

    def start():
        return running.enter_context(valkey.server(tmp_path, durable=False))

    layer = settings.CHANNEL_LAYERS["default"]
    host = layer["CONFIG"]["hosts"][0] | {"address": start().url()}
    settings.CHANNEL_LAYERS = {"default": layer | {"CONFIG": layer["CONFIG"] | {"hosts": [host]}}}
    yield running.close, start
    running.close()


def test_events_come_while_redis_is_restarted(own_redis, server, job, tell, anna, monkeypatch):
    stop, start = own_redis
    monkeypatch.setattr(feeds, "_LOOK_SECONDS", 2.0)
    with open_socket(server, of_job(job), anna) as socket:
        until(socket, is_event("job.submitted"))
        stop()
        tell(job, "toy.away")
        until(socket, is_event("toy.away"))
        with open_socket(server, of_job(job), anna) as other:  # opened meanwhile
            until(other, is_event("toy.away"))
            start()
            tell(job, "toy.back")
            until(socket, is_event("toy.back"))
            until(other, is_event("toy.back"))
            time.sleep(6)  # both have subscribed anew
            monkeypatch.setattr(feeds, "_LOOK_SECONDS", 60.0)
            time.sleep(2.5)
            tell(job, "toy.news")
            until(socket, is_event("toy.news"), seconds=5)
            until(other, is_event("toy.news"), seconds=5)


def test_without_redis_it_looks_for_itself(own_redis, server, job, tell, anna, monkeypatch):
    stop, _ = own_redis
    monkeypatch.setattr(feeds, "_LOOK_SECONDS", 1.0)
    stop()
    with open_socket(server, of_job(job), anna) as socket:
        until(socket, is_event("job.submitted"))
        tell(job, "toy.unheard")
        until(socket, is_event("toy.unheard"))


def test_events_come_while_redis_forgets_and_drops_everybody(server, job, tell, anna, broker):
    with open_socket(server, of_job(job), anna) as socket:
        until(socket, is_event("job.submitted"))
        broker.client.flushall()
        broker.client.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
        tell(job, "toy.after")
        until(socket, is_event("toy.after"), seconds=feeds._LOOK_SECONDS + 5)
        time.sleep(1.5)  # it has subscribed anew
        started = time.monotonic()
        tell(job, "toy.later")
        until(socket, is_event("toy.later"))
        assert time.monotonic() - started < feeds._LOOK_SECONDS / 2


def test_it_waits_while_the_database_is_away(server, job, tell, anna, monkeypatch):
    monkeypatch.setattr(feeds, "_AWAY_SECONDS", 0.3)
    read, away = feeds._read, []

    def failing(*given):
        if len(away) < 3:
            away.append(1)
            raise OperationalError
        return read(*given)

    monkeypatch.setattr(feeds, "_read", failing)
    with open_socket(server, of_job(job), anna) as socket:
        assert json.loads(socket.recv(timeout=15))["type"] == "alive"
        until(socket, is_event("job.submitted"))
    assert len(away) == 3


def test_a_bell_keeps_no_more_than_it_can():
    async def heard(count):
        bell = Bell()
        for number in range(count):
            bell.ring([str(number)])
        return await bell.wait(1)

    assert len(asyncio.run(heard(500))) == 500
    assert asyncio.run(heard(501)) is None
