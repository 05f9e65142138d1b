"""Server-sent events over a real server, and what slow readers of streams cost."""

import json
import os
import socket as sockets
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from django.conf import settings as django_settings
from django.db import connection
from websockets.sync.client import connect

from config.embedded.processes import free_port
from documents import tenancy
from jobs import consumers, events, feeds, streaming
from jobs.models import Job
from tests.asgi import serving
from tests.jobs.test_consumers import bearer, is_event

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def server(broker):
    with serving() as running:
        yield running


@contextmanager
def stream(server, path, person, **headers):
    """The messages of a stream, one by one: (id, type, what it says); None for a sign of life."""
    headers = bearer(person) | {"Accept": "text/event-stream"} | headers
    with httpx.stream("GET", server.url + path, headers=headers, timeout=20) as response:
        yield response, messages(response)


def messages(response):
    fields = {}
    for line in response.iter_lines():
        if line.startswith(":"):
            yield None
        elif line:
            name, _, value = line.partition(": ")
            fields[name] = value
        elif "data" in fields:
            yield int(fields["id"]), fields["event"], json.loads(fields["data"])
            fields = {}


def until(told, wanted):
    found = []
    for one in told:
        if one is not None:
            found.append(one)
            if wanted(one[2]):
                return found
    pytest.fail("the stream ended")


def record(anna, job, *types):
    with tenancy.as_workspace(anna.workspace.id):
        locked = Job.objects.select_for_update(of=("self",)).get(pk=job.pk)
        for type_ in types:
            events.record(locked, type_)
        events.write(locked)


def path_of(job):
    return f"/api/v1/jobs/{job.pk}/events"


def test_a_job_is_streamed_and_resumed(server, submit, anna):
    job = submit()
    with stream(server, path_of(job), anna) as (response, told):
        assert response.headers["Content-Type"] == "text/event-stream"
        assert response.headers["X-Request-ID"]
        assert "Content-Length" not in response.headers
        first = until(told, is_event("job.submitted"))
        record(anna, job, "toy.live")
        live = until(told, is_event("toy.live"))
    record(anna, job, "toy.missed")
    with stream(server, path_of(job), anna, **{"Last-Event-ID": str(live[-1][0])}) as (_, told):
        record(anna, job, "toy.next")
        resumed = until(told, is_event("toy.next"))
    assert [kind for _, kind, _ in first] == ["job", "event"]
    assert [id_ for id_, kind, _ in first + live + resumed if kind == "event"] == [1, 2, 3, 4]
    assert all(body["id"] == id_ and body["type"] == kind for id_, kind, body in first + live + resumed)
    with stream(server, path_of(job) + "?after=3", anna) as (_, told):
        assert [id_ for id_, _, _ in until(told, is_event("toy.next"))] == [3, 4]


def test_all_jobs_are_streamed(server, submit, anna):
    with stream(server, "/api/v1/events", anna) as (_, told):
        job = submit()
        [(_, kind, body)] = until(told, lambda message: message["type"] == "job")
    assert kind == "job"
    assert body["job"]["job_id"] == str(job.pk)


def test_without_being_asked_for_it_stays_json(server, submit, anna):
    job = submit()
    answer = httpx.get(server.url + path_of(job), headers=bearer(anna))
    assert [event["type"] for event in answer.json()["events"]] == ["job.submitted"]


@pytest.mark.parametrize("path", ["job", "/api/v1/events"])
def test_errors_are_answers_and_no_streams(server, submit, anna, mallory, settings, path):
    path = path_of(submit()) if path == "job" else path
    wanted = {"Accept": "text/event-stream"}
    answers = [httpx.get(server.url + path, headers=wanted)]
    answers.append(httpx.get(server.url + path + "?after=x", headers=wanted | bearer(anna)))
    settings.STREAMS_PER_USER = 0
    answers.append(httpx.get(server.url + path, headers=wanted | bearer(anna)))
    assert [answer.status_code for answer in answers] == [401, 422, 429]
    assert answers[2].json()["code"] == "too_many_streams"
    assert answers[2].headers["Retry-After"] == "10"
    assert all(answer.headers["Content-Type"] == "application/problem+json" for answer in answers)


def test_another_tenants_job_is_not_there(server, submit, mallory):
    answer = httpx.get(server.url + path_of(submit()), headers=bearer(mallory) | {"Accept": "text/event-stream"})
    assert answer.status_code == 404


def test_head_asks_for_no_stream(server, submit, anna):
    answer = httpx.head(server.url + path_of(submit()), headers=bearer(anna) | {"Accept": "text/event-stream"})
    assert answer.status_code == 200


def test_without_the_asgi_application_it_ends_at_once_and_is_asked_again(submit, anna, client):
    answer = client.get(path_of(submit()), headers=bearer(anna) | {"Accept": "text/event-stream"})
    assert answer.content == b"retry: 3000\n\n"


def test_an_idle_stream_lives_and_ends_with_the_job(server, submit, anna, monkeypatch):
    monkeypatch.setattr(feeds, "_LOOK_SECONDS", 0.5)
    job = submit()
    with stream(server, path_of(job), anna) as (_, told):
        until(told, is_event("job.submitted"))
        assert next(told) is None
        with tenancy.as_workspace(anna.workspace.id):
            Job.objects.filter(pk=job.pk).delete()
        assert all(one is None for one in told)  # and it ends: the client comes again, and gets its 404


def test_an_idle_stream_holds_no_connection_and_no_place_after_it_left(server, submit, anna):
    job = submit()
    with tenancy.as_workspace(anna.workspace.id), connection.cursor() as cursor:
        cursor.execute("select count(*) from pg_stat_activity where usename = current_user")
        before = cursor.fetchone()[0]
        with stream(server, path_of(job), anna) as (_, told):
            until(told, is_event("job.submitted"))
            time.sleep(1)
            cursor.execute("select count(*) from pg_stat_activity where usename = current_user")
            assert cursor.fetchone()[0] <= before
            assert feeds.seats._taken[anna.user.pk] == 1
    until_true(lambda: not feeds.seats._taken[anna.user.pk])


@contextmanager
def own_process(tmp_path):
    """The web server as operators run it, in a process of its own."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "config.asgi:application", "--port", str(port), "--lifespan", "off"]
    # Its memory is measured: a model that loads meanwhile would count, too.
    own = {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "LOG_LEVEL": "WARNING",
        "EMBEDDER": "tests.toy_embedder.Letters",
    }
    environment = os.environ | own
    options = ["--no-access-log", "--log-level", "warning", "--ws-per-message-deflate", "false"]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            [*command, *options], env=environment, cwd=django_settings.BASE_DIR, stdout=log, stderr=log
        )
        try:
            give_up = time.monotonic() + 60
            while True:
                try:
                    httpx.get(f"http://127.0.0.1:{port}/healthz")
                    break
                except httpx.TransportError:
                    assert time.monotonic() < give_up
                    time.sleep(0.1)
            yield process, port
        finally:
            process.kill()
            process.wait()


def settled(process) -> float:
    """MiB, once what warms up beside the first requests is loaded."""
    give_up, taken, since = time.monotonic() + 60, resident(process), time.monotonic()
    while time.monotonic() < since + 2:
        time.sleep(0.1)
        if abs(resident(process) - taken) > 2:
            taken, since = resident(process), time.monotonic()
        assert time.monotonic() < give_up
    return taken


def resident(process) -> float:
    """MiB."""
    text = Path(f"/proc/{process.pid}/status").read_text()
    return int(text.split("VmRSS:")[1].split()[0]) / 1024


def deaf(port, path, person, kind) -> sockets.socket:
    """A client that asks for a stream and never reads a byte of it."""
    raw = sockets.socket()
    raw.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4096)
    raw.connect(("127.0.0.1", port))
    lines = [f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", f"Authorization: {bearer(person)['Authorization']}"]
    if kind == "socket":
        lines += ["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13"]
        lines += ["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="]
    else:
        lines += ["Accept: text/event-stream"]
    raw.sendall("\r\n".join([*lines, "", ""]).encode())
    return raw


def test_those_who_do_not_read_cost_no_memory_and_delay_nobody(submit, anna, broker, tmp_path):
    """Ten deaf clients of five thousand large events: over a hundred megabytes, if somebody kept them."""
    job = submit()
    with own_process(tmp_path) as (process, port):
        address = f"ws://127.0.0.1:{port}/ws/jobs/{job.pk}/"
        with connect(address, additional_headers=bearer(anna), max_size=None) as reader:
            reader.recv(timeout=20)
            before = settled(process)
            deafs = [deaf(port, f"/ws/jobs/{job.pk}/", anna, "socket") for _ in range(5)]
            deafs += [deaf(port, path_of(job), anna, "stream") for _ in range(5)]
            write_many(anna, job)
            seen = [1]
            while seen[-1] < 5001:
                message = json.loads(reader.recv(timeout=30))
                if message["type"] == "event" and message["id"] > 1:
                    seen.append(message["id"])
            record(anna, job, "toy.now")
            started = time.monotonic()
            while not is_event("toy.now")(message):
                message = json.loads(reader.recv(timeout=30))
            late = time.monotonic() - started
            grown = resident(process) - before
            for one in deafs:
                one.close()
    assert seen == list(range(1, 5002))
    assert late < 3
    assert grown < 50, f"{grown:.0f} MiB"
    assert b"Traceback" not in (tmp_path / "log").read_bytes()


@pytest.mark.parametrize("kind", ["socket", "stream"])
def test_whoever_does_not_read_is_dropped(server, submit, anna, monkeypatch, kind):
    for module in (consumers, streaming):
        monkeypatch.setattr(module, "SLOW_SECONDS", 0.5)
    job = submit()
    write_many(anna, job, transactions=8, size=20_000)  # more than the kernel's buffers hold
    path = f"/ws/jobs/{job.pk}/" if kind == "socket" else path_of(job)
    with deaf(int(server.url.rpartition(":")[2]), path, anna, kind):
        until_true(lambda: feeds.seats._taken[anna.user.pk] == 1)
        until_true(lambda: feeds.seats._taken[anna.user.pk] == 0)


def until_true(condition, seconds=15):
    give_up = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up
        time.sleep(0.02)


def write_many(anna, job, transactions=50, size=2_000):
    for _ in range(transactions):
        with tenancy.as_workspace(anna.workspace.id):
            locked = Job.objects.select_for_update(of=("self",)).get(pk=job.pk)
            for _ in range(100):
                events.record(locked, "toy.large", text="x" * size)
            events.write(locked)
