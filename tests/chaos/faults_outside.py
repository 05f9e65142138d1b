"""Those who listen: webhook endpoints that are down, hang or redirect, and clients that don't read."""

import json
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

from standardwebhooks import Webhook
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from config.embedded import processes
from tests.chaos.harness import Clock, expect, fault, until
from tests.chaos.people import Person
from tests.chaos.proxy import HOST
from tests.chaos.receivers import Receiver, hangs, redirects_to, takes
from tests.chaos.stack import Stack, stack

WEBHOOKS = {
    "WEBHOOKS_ALLOW_PRIVATE": "127.0.0.0/8",
    "WEBHOOKS_RETRY_SECONDS": "1,1",
    "WEBHOOKS_TIMEOUT_SECONDS": "2",
}
TOLD = 3  # jobs whose ends are told
EVENTS = 20_000
MOST_GROWTH = 64 * 2**20  # bytes


@fault(12, "webhook endpoints that are down, hang, or redirect")
def bad_endpoints() -> str:
    with stack(**WEBHOOKS) as running:
        anna, good, down = running.person("anna"), Receiver(takes), processes.free_port()
        hanging, redirecting = Receiver(hangs), Receiver(redirects_to(good.url + "/elsewhere"))
        urls = {
            "good": good.url,
            "down": f"http://{HOST}:{down}/hook",
            "hanging": hanging.url,
            "redirecting": redirecting.url,
        }
        secrets = {name: _endpoint(anna, url) for name, url in urls.items()}
        jobs = [anna.submit() for _ in range(TOLD)]
        running.all_over(within=30)
        until(lambda: len(good.got) >= TOLD, within=15, what="the good endpoint is told, whatever the others do")
        late = max(when - _ended(running, body) for when, _, body in good.got)
        expect(late < 3, f"the good endpoint was told {late:.1f} s late")
        clock = Clock()
        until(lambda: _deliveries(running, "deadletter") == 3 * TOLD, within=120, what="the others' are dead letters")
        given_up = str(clock)
        _named(running)
        attempts = {name: len(one.got) for name, one in (("hanging", hanging), ("redirecting", redirecting))}
        expect(len(good.got) == TOLD, "a redirect was followed, or something was delivered twice")
        hanging.behave = redirecting.behave = takes
        late_comer = Receiver(takes, port=down)
        again = anna.http.post("/api/v1/deliveries/replay", json={"status": "deadletter"})
        expect(again.is_success, f"the replay was answered {again.status_code}: {again.text[:200]}")
        until(lambda: _deliveries(running, "done") == 4 * TOLD, within=60, what="what is replayed is taken")
        receivers = {"good": good, "down": late_comer, "hanging": hanging, "redirecting": redirecting}
        for name, receiver in receivers.items():
            _verify(receiver, secrets[name], set(jobs))
        for receiver in receivers.values():
            receiver.close()
        figures = f"good one told within {late:.1f} s; others {attempts} attempts, given up in {given_up}"
        return f"{figures}; all replayed under their ids, all signed"


def _endpoint(person: Person, url: str) -> str:
    """A new endpoint's secret."""
    answer = person.http.post("/api/v1/webhooks", json={"url": url, "events": ["job.done"]})
    expect(answer.status_code == 201, f"an endpoint was answered {answer.status_code}: {answer.text[:300]}")
    return str(answer.json()["secret"])


def _ended(running: Stack, body: bytes) -> float:
    job = json.loads(body)["data"]["job_id"]
    return float(running.one("select extract(epoch from finished_at) from jobs_job where id = %s", job))


def _deliveries(running: Stack, status: str) -> int:
    return int(running.one("select count(*) from jobs_delivery where status = %s", status))


def _named(running: Stack) -> None:
    unnamed = running.one("select count(*) from jobs_delivery where status = 'deadletter' and error_code = ''")
    expect(not unnamed, f"{unnamed} deliveries were given up without a cause")


def _verify(receiver: Receiver, secret: str, jobs: set[str]) -> None:
    """Each job's end came, every request is signed, and one id stands for one job's end."""
    for _, headers, body in receiver.got:
        Webhook(secret).verify(body, headers)
    told = {headers["webhook-id"]: json.loads(body)["data"]["job_id"] for _, headers, body in receiver.got}
    expect(set(told.values()) == jobs and len(told) == len(jobs), f"told of {len(told)} ends of {len(jobs)} jobs")


@fault(13, "WebSocket clients that don't read, and that come and go")
def slow_client() -> str:
    with stack() as running:
        anna = running.person("anna")
        job = anna.submit()
        running.done(job)
        with _socket(running, anna, job, slow=True) as sleeper, _socket(running, anna, job) as reader:
            first = _numbers(sleeper, 1)
            size = running.programs["web"].resident()
            count = _many_events(running, anna, job)
            clock = Clock()
            read = _numbers(reader, count)
            took = clock()
            growth = running.programs["web"].resident() - size
        expect(read == list(range(1, count + 1)), "a client that reads missed an event, or got one twice")
        expect(growth < MOST_GROWTH, f"the web server grew by {growth / 2**20:.0f} MB")
        came = first + _come_and_go(running, anna, job, first[-1], count)
        expect(came == list(range(1, count + 1)), "a client that came and went missed an event, or got one twice")
        return (
            f"{count} events: reader had all in {took:.1f} s, server grew by {growth / 2**20:.0f} MB, resume complete"
        )


@contextmanager
def _socket(
    running: Stack, person: Person, job: str, *, after: int = 0, slow: bool = False
) -> Iterator[ClientConnection]:
    """A connection to the job's stream; a slow one has hardly any room for what it doesn't read."""
    raw = socket.socket()
    if slow:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    raw.connect((HOST, running.port))
    url = f"ws://{HOST}:{running.port}/ws/jobs/{job}/?after={after}"
    header = {"Authorization": person.http.headers["Authorization"]}
    with connect(url, sock=raw, additional_headers=header, max_queue=2, close_timeout=1, max_size=None) as opened:
        yield opened


def _numbers(opened: ClientConnection, last: int) -> list[int]:
    """The numbers of the events that come, until the one given."""
    numbers: list[int] = []
    clock = Clock()
    while (not numbers or numbers[-1] < last) and clock() < 120:
        try:
            message = json.loads(opened.recv(timeout=30))
        except (TimeoutError, ConnectionClosed) as error:
            expect(False, f"the stream ended after {numbers[-1:]} of {last}: {error!r}")
        if message["type"] == "event":
            numbers.append(message["id"])
    return numbers


def _many_events(running: Stack, anna: Person, job: str) -> int:
    """Writes events numbered under the job's lock, and has the engine announce the job. Returns the last number."""
    running.sql(
        "with job as (update jobs_job set event_count = event_count + %s where id = %s returning *)"
        " insert into jobs_event (workspace_id, job_id, seq, type, data, correlation_id, created_at)"
        " select workspace_id, id, event_count - %s + n, 'task.failed', '{}', '', now()"
        " from job, generate_series(1, %s) n",
        EVENTS,
        job,
        EVENTS,
        EVENTS,
    )
    anna.http.post(f"/api/v1/jobs/{job}/retry", json={}).raise_for_status()
    running.done(job)
    return int(running.one("select event_count from jobs_job where id = %s", job))


def _come_and_go(running: Stack, anna: Person, job: str, after: int, last: int) -> list[int]:
    """Reads some, drops the connection, goes on from there; until the last event."""
    came: list[int] = []
    while after < last:
        with _socket(running, anna, job, after=after) as opened:
            some = _numbers(opened, min(after + 1777, last))
        time.sleep(0.01)
        came += some
        after = some[-1]
    return came
