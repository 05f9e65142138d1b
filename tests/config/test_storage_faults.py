"""An S3 that fails, hangs, breaks off or lies: nobody waits for long, and nobody takes bad bytes for good ones."""

import base64
import hashlib
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from config import storage
from documents import intake
from documents.errors import Unavailable

BYTES = b"The bytes that came in. " * 500
SHA256 = hashlib.sha256(BYTES).hexdigest()


class Server(ThreadingHTTPServer):
    """Answers as its `mood` says, but only so many times to GET."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.mood, self.times, self.asked, self.closing = "good", 99, 0, threading.Event()

    def handle_error(self, request, client_address) -> None:
        """Clients hang up on it."""


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.asked += 1
        self.answer(self.server.mood if self.server.asked <= self.server.times else "good")

    def do_HEAD(self) -> None:
        self.answer("good" if self.server.times < 99 else self.server.mood)

    do_DELETE = do_HEAD

    def answer(self, mood: str) -> None:
        body = BYTES.swapcase() if mood in ("garbled", "mismatched") else BYTES
        if mood == "hanging":
            self.server.closing.wait(10)
            return
        self.send_response(500 if mood == "failing" else 200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("ETag", '"1"')
        if mood == "mismatched":
            self.send_header("x-amz-checksum-sha256", base64.b64encode(hashlib.sha256(BYTES).digest()).decode())
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body[:100] if mood == "broken off" else body)

    def log_message(self, *args) -> None:
        """Not wanted."""


@pytest.fixture
def server(settings, tmp_path, monkeypatch):
    """A server of all moods, as the storage, with timeouts that fit a test."""
    monkeypatch.setattr(storage, "_READ_SECONDS", 0.3)
    found = Server()
    threading.Thread(target=found.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    monkeypatch.setenv("STORAGE_URL", f"s3://key:secret@127.0.0.1:{found.server_port}/box?scheme=http&region=eu")
    settings.STORAGES = settings.STORAGES | {"default": storage.backend(tmp_path)}
    yield found
    found.closing.set()
    found.shutdown()
    found.server_close()


def test_good_bytes_arrive(server, tmp_path):
    assert intake.fetch("a", SHA256, tmp_path / "a").read_bytes() == BYTES


@pytest.mark.parametrize("mood", ["failing", "hanging", "broken off"])
def test_what_passes_is_waited_for(server, tmp_path, mood):
    server.mood, server.times = mood, 1
    assert intake.fetch("a", SHA256, tmp_path / "a").read_bytes() == BYTES
    assert server.asked == 2


@pytest.mark.parametrize("mood", ["failing", "hanging", "broken off"])
def test_what_does_not_pass_fails_soon_and_may_be_tried_again(server, tmp_path, mood):
    server.mood = mood
    started = time.monotonic()
    with pytest.raises(Unavailable) as caught:
        intake.fetch("a", SHA256, tmp_path / "a")
    assert (caught.value.code, caught.value.permanent) == ("storage_failed", False)
    assert time.monotonic() - started < 12


@pytest.mark.parametrize("mood", ["garbled", "mismatched"])
def test_other_bytes_than_came_in_are_damage(server, tmp_path, mood):
    server.mood = mood
    with pytest.raises(Unavailable) as caught:
        intake.fetch("a", SHA256, tmp_path / "a")
    assert caught.value.code == "storage_damaged"


def test_removing_from_a_storage_that_fails_is_said_so(server):
    server.mood = "hanging"
    with pytest.raises(Unavailable):
        intake.discard("a")
