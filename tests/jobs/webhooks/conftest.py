"""Receivers that are real HTTP servers, each with its moods, and endpoints of Anna's that lead to them."""

import threading
import time
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network

import pytest
from django.db.models import F

from documents import tenancy
from jobs.models import Delivery, WebhookEndpoint, WebhookTarget
from jobs.webhooks import endpoints, sending

LOOPBACK = ip_network("127.0.0.0/8")


class Receiver(ThreadingHTTPServer):
    """Answers by its moods, one for each request, then 200. A mood is a status, or a function of the handler."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.moods, self.received, self.closing = [], [], threading.Event()
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/hook?of=anna"

    @property
    def ids(self):
        return [headers["webhook-id"] for headers, _ in self.received]

    def handle_error(self, request, client_address):
        """Clients that go away are what is tested here."""

    def stop(self):
        self.closing.set()
        self.shutdown()
        self.server_close()


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.received.append((dict(self.headers), body))
        mood = self.server.moods.pop(0) if self.server.moods else 200
        if callable(mood):
            mood(self)
        else:
            self.answer(mood)

    def answer(self, status, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *args):
        pass


def hang(handler):
    handler.server.closing.wait(20)


def drip(handler):
    """A byte of the status line each 50 ms, for ever."""
    handler.wfile.write(b"HTTP/1.1 200 ")
    while not handler.server.closing.wait(0.05):
        handler.wfile.write(b"O")


def drip_body(handler):
    """Taken, but the body doesn't end."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    while not handler.server.closing.wait(0.05):
        handler.wfile.write(b"x")


def flood(handler):
    """Taken, with more of a body than anybody wants."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n")
    sent = 0
    try:
        for _ in range(1_000):
            sent += handler.wfile.write(b"x" * 100_000)
    except OSError:
        handler.server.flooded = sent


def nonsense(handler):
    handler.wfile.write(b"220 mail.example.org ESMTP\r\n")


@pytest.fixture
def receiver():
    found = Receiver()
    yield found
    found.stop()


@pytest.fixture
def receiver2():
    found = Receiver()
    yield found
    found.stop()


@pytest.fixture(autouse=True)
def quick(settings):
    settings.WEBHOOKS_ALLOW_PRIVATE = [LOOPBACK]
    settings.WEBHOOKS_TIMEOUT_SECONDS = 0.5
    settings.WEBHOOKS_RETRY_SECONDS = [5, 30]


@pytest.fixture
def endpoint(anna, receiver):
    return make_endpoint(anna, receiver.url)


def make_endpoint(person, url, **values):
    with tenancy.as_user(person.user):
        return endpoints.create(workspace_id=person.workspace.id, url=url, user=person.user, **values)


def ping(endpoint):
    with tenancy.as_workspace(endpoint.workspace_id):
        return endpoints.ping(endpoint.pk)


def deliver():
    """Sends all that is due; returns how many attempts that were."""
    count = 0
    while sending.run():
        count += 1
    return count


def later(seconds=100_000):
    """As if so much time had passed."""
    span = timedelta(seconds=seconds)
    with tenancy.as_sweeper():
        Delivery.objects.update(
            due_at=F("due_at") - span,
            lease_expires_at=F("lease_expires_at") - span,
            created_at=F("created_at") - span,
            finished_at=F("finished_at") - span,
        )
        WebhookTarget.objects.update(waits_until=F("waits_until") - span, failing_since=F("failing_since") - span)


def fresh(row):
    with tenancy.as_sweeper():
        return type(row).objects.get(pk=row.pk)


def of(endpoint):
    """All deliveries to an endpoint, the earliest first."""
    with tenancy.as_sweeper():
        return list(Delivery.objects.filter(endpoint=endpoint).order_by("created_at"))


def target_of(endpoint: WebhookEndpoint) -> WebhookTarget:
    with tenancy.as_sweeper():
        return WebhookTarget.objects.get(pk=str(endpoint.pk))


def wait_until(condition, seconds=10):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)
