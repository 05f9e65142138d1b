"""HTTP servers that receive webhooks, well or badly, and remember each request."""

import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.chaos.proxy import HOST


class Receiver(ThreadingHTTPServer):
    """Remembers (seconds since the epoch, headers, body) of each POST; `behave` answers."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, behave: Callable[["Handler"], None], port: int = 0) -> None:
        super().__init__((HOST, port), Handler)
        self.behave = behave
        self.got: list[tuple[float, dict[str, str], bytes]] = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.server_port}/hook"

    def close(self) -> None:
        self.shutdown()
        self.server_close()


class Handler(BaseHTTPRequestHandler):
    """One request."""

    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.got.append((time.time(), headers, body))
        self.server.behave(self)

    def do_GET(self) -> None:
        self.server.got.append((time.time(), {"method": "GET"}, b""))
        self.answer(200)

    def answer(self, status: int, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing: what came is in `got`."""


def takes(handler: Handler) -> None:
    handler.answer(204)


def hangs(handler: Handler) -> None:
    time.sleep(60)


def redirects_to(url: str) -> Callable[[Handler], None]:
    return lambda handler: handler.answer(302, Location=url)
