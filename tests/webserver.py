"""The product behind uvicorn, as it is served, and a line to PostgreSQL that can be frozen or cut."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

COMMIT = b"COMMIT"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def serving(**environment: str) -> Iterator[str]:
    """A web server of its own process with these settings; gives its address."""
    port = free_port()
    command = [sys.executable, "-W", "ignore", "-m", "uvicorn", "config.asgi:application", "--port", str(port)]
    settings = os.environ | {"DJANGO_SETTINGS_MODULE": "tests.served"} | environment
    with subprocess.Popen([*command, "--lifespan", "off"], env=settings, stderr=subprocess.DEVNULL) as process:
        try:
            _answers(port)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.send_signal(signal.SIGINT)  # a stop in order, so that coverage is written
            with suppress(subprocess.TimeoutExpired):
                process.wait(10)
            process.kill()


def _answers(port: int) -> None:
    give_up = time.monotonic() + 120
    while time.monotonic() < give_up:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError("The web server did not start.")


class Line:
    """A TCP line to the server of a database URL. `frozen`: nothing passes. `cut`: see `at_commit`."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._far = (parts.hostname, parts.port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        port = self._listener.getsockname()[1]
        self.url = url.replace(f"{parts.hostname}:{parts.port}", f"127.0.0.1:{port}")
        self._moving = threading.Event()
        self._moving.set()
        self.at_commit = ""  # "before" or "after": the line is cut when the next COMMIT is about to pass, or has passed
        threading.Thread(target=self._accept, daemon=True).start()

    @contextmanager
    def frozen(self) -> Iterator[None]:
        self._moving.clear()
        try:
            yield
        finally:
            self._moving.set()

    def close(self) -> None:
        self._moving.set()
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection(self._far)
                for source, target in ((near, far), (far, near)):
                    threading.Thread(target=self._pass_on, args=(source, target), daemon=True).start()

    def _pass_on(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                self._moving.wait()
                cut = ""
                if COMMIT in data:
                    cut, self.at_commit = self.at_commit, ""
                if cut == "before":
                    break
                if cut == "after":
                    _hang_up(source)  # the answer will find nobody
                target.sendall(data)
        _hang_up(source)
        _hang_up(target)


def _hang_up(end: socket.socket) -> None:
    """Closing would not: another thread still reads from it."""
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
