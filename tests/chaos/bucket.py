"""An S3 server, and a front of it that fails as told: errors, delays, bodies cut short or changed."""

import http.client
import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import boto3
from moto.server import ThreadedMotoServer

from tests.chaos.proxy import HOST

NAME = "documents"
DELAY_SECONDS = 3


class Front(ThreadingHTTPServer):
    """Passes requests on to `target`; `mode` says what becomes of the answers to GETs of objects, and of writes."""

    daemon_threads = True

    def __init__(self, target: int) -> None:
        super().__init__((HOST, 0), _Handler)
        self.target = target
        self.mode = "well"  # or error, slow, truncated, changed

    @property
    def url(self) -> str:
        return f"s3://key:secret@{HOST}:{self.server_port}/{NAME}?scheme=http&region=us-east-1"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Front

    def _pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        mode, reads = self.server.mode, self.command == "GET" and self.path.count("/") > 1
        if mode == "error":
            self._answer(500, {}, b"<Error><Code>InternalError</Code></Error>")
            return
        if mode == "slow":
            time.sleep(DELAY_SECONDS)
        status, headers, answer = self._ask(body)
        if reads and mode == "changed":  # and no checksum of the server's tells
            answer = bytes([answer[0] ^ 1]) + answer[1:]
            headers = {name: value for name, value in headers.items() if "checksum" not in name.lower()}
        self._answer(status, headers, answer, cut=reads and mode == "truncated")

    do_GET = do_PUT = do_HEAD = do_DELETE = do_POST = _pass_on

    def _ask(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection(HOST, self.server.target, timeout=30)
        connection.request(self.command, self.path, body, dict(self.headers))
        response = connection.getresponse()
        answer = response.read()
        headers = {name: value for name, value in response.getheaders() if name.lower() not in _HOP}
        connection.close()
        return response.status, headers, answer

    def _answer(self, status: int, headers: dict[str, str], body: bytes, *, cut: bool = False) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if self.command != "HEAD":
            self.send_header("Content-Length", str(len(body)))
        elif "Content-Length" not in headers and "content-length" not in headers:
            self.send_header("Content-Length", "0")
        self.end_headers()
        self.wfile.write(b"" if self.command == "HEAD" else body[: len(body) // 2] if cut else body)
        if cut:
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Nothing: what it answers is told by whoever asks."""


_HOP = ("content-length", "connection", "transfer-encoding", "date", "server")


@contextmanager
def bucket() -> Iterator[Front]:
    """A bucket of an S3 server, behind its front."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address=HOST, port=0, verbose=False)
    server.start()
    port = server.get_host_and_port()[1]
    made = boto3.client(
        "s3",
        endpoint_url=f"http://{HOST}:{port}",
        aws_access_key_id="key",
        aws_secret_access_key="secret",
        region_name="us-east-1",
    )
    made.create_bucket(Bucket=NAME)
    front = Front(port)
    threading.Thread(target=front.serve_forever, daemon=True).start()
    try:
        yield front
    finally:
        front.shutdown()
        front.server_close()
        server.stop()
