"""Questions over HTTP to servers that the operator named: one answer, within one deadline, of a bounded size."""

import ssl
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpcore
import httpx

from jobs.webhooks.connecting import Deadline, TimedStream

__all__ = ["Deadline", "Reply", "TooLong", "ask", "streamed"]


class TooLong(httpcore.ProtocolError):
    """The answer has more bytes than were allowed."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer; names of `headers` are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def retry_after(self) -> int | None:
        """The seconds that the server asks to wait, where it gives them as a number."""
        given = self.headers.get("retry-after", "")
        return int(given) if given.isascii() and given.isdigit() and len(given) < 6 else None


def ask(
    method: str, url: str, *, deadline: Deadline, headers: Mapping[str, str], body: bytes = b"", most: int = 8 << 20
) -> Reply:
    """One exchange on a connection of its own, without redirects or proxies; `most` bytes of an answer are read.

    Private addresses are allowed: the address is the operator's. Raises httpcore.TimeoutException when the deadline has
    passed (however slowly bytes still trickle in), NetworkError and ProtocolError.
    """
    with streamed(method, url, deadline=deadline, headers=headers, body=body) as response:
        return Reply(response.status, _named(response.headers), _whole(response, most))


@contextmanager
def streamed(
    method: str, url: str, *, deadline: Deadline, headers: Mapping[str, str], body: bytes = b""
) -> Iterator[httpcore.Response]:
    """As `ask`, but the answer is read piece by piece within the block."""
    parsed = httpx.URL(url)
    target = httpcore.URL(scheme=parsed.raw_scheme, host=parsed.raw_host, port=parsed.port, target=parsed.raw_path)
    sent = {"Host": parsed.netloc.decode(), "Content-Length": str(len(body)), "User-Agent": "Vouch/1", **headers}
    with (
        httpcore.ConnectionPool(ssl_context=_tls(), network_backend=_TimedBackend(deadline)) as pool,
        pool.stream(method, target, headers=list(sent.items()), content=body) as response,
    ):
        yield response


def _whole(response: httpcore.Response, most: int) -> bytes:
    body = bytearray()
    for chunk in response.iter_stream():
        body += chunk
        if len(body) > most:
            raise TooLong(f"The answer has more than {most:,} bytes.")
    return bytes(body)


def _named(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in headers}


class _TimedBackend(httpcore.NetworkBackend):
    """Connections whose every operation gets what is left of the time."""

    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        stream = self._sockets.connect_tcp(host, port, timeout=self._deadline.left())
        return TimedStream(stream, self._deadline)


@cache
def _tls() -> ssl.SSLContext:
    """The usual authorities, or those of SSL_CERT_FILE or SSL_CERT_DIR."""
    return httpx.create_ssl_context()
