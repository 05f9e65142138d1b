"""Connections that lead where they may and end when they must: what httpcore talks over when a webhook is sent."""

import socket
import ssl
import threading
import time
from collections.abc import Iterable
from ipaddress import ip_address
from typing import Any

import httpcore

from jobs.webhooks.addresses import Address, is_allowed, refusal


class Deadline:
    """A moment that nothing of one attempt may outlast."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds, more than 0. httpcore.TimeoutException if there are none."""
        seconds = self._end - time.monotonic()
        if seconds <= 0:
            raise httpcore.TimeoutException
        return seconds


class GuardedBackend(httpcore.NetworkBackend):
    """Resolves a name, checks all its addresses, and connects to what was checked.

    So a name that leads elsewhere a moment later leads nobody astray. TLS still verifies the name. Raises InvalidInput
    `webhook_url_refused`, and httpcore's own errors.
    """

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
        addresses = _resolved(host, port, self._deadline)
        if not all(is_allowed(address) for address in addresses):
            raise refusal(host)
        for number, address in enumerate(addresses):
            share = self._deadline.left() / (len(addresses) - number)  # a silent one must not use up the others' time
            try:
                return TimedStream(self._sockets.connect_tcp(str(address), port, timeout=share), self._deadline)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if number == len(addresses) - 1:
                    raise
        raise httpcore.ConnectError(f"{host} has no address.")


class TimedStream(httpcore.NetworkStream):
    """A stream whose every operation gets what is left of the time, so that a trickle of bytes can't lengthen it."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._stream, self._deadline = stream, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadline.left())

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        encrypted = self._stream.start_tls(ssl_context, server_hostname, self._deadline.left())
        return TimedStream(encrypted, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _resolved(host: str, port: int, deadline: Deadline) -> list[Address]:
    """A name's addresses, without repetition. The resolver knows no time limit: it is asked in a thread of its own."""
    found: list[Any] = []

    def ask() -> None:
        try:
            found.extend(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            found.append(error)

    thread = threading.Thread(target=ask, name="resolve", daemon=True)
    thread.start()
    thread.join(deadline.left())
    if thread.is_alive():
        raise httpcore.ConnectTimeout(f"The name {host} was not resolved in time.")
    if found and isinstance(found[0], Exception):
        raise httpcore.ConnectError(f"The name {host} can't be resolved.") from found[0]
    return list(dict.fromkeys(ip_address(entry[4][0].partition("%")[0]) for entry in found))
