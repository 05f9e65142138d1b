"""The broker over Redis: lists that workers wait at, so that an idle worker costs nothing and is woken up at once.

A message says no more than that a queue has work, and one that is lost is sent again by whoever compares the queues
with the database. So there are no acknowledgements, no scripts, and nothing that a flushed Redis could forget.
"""

import socket
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any, TypeVar, cast

import dramatiq
import redis
from dramatiq.broker import Consumer, MessageProxy
from dramatiq.errors import ConnectionClosed
from redis.backoff import NoBackoff
from redis.retry import Retry

T = TypeVar("T")

# One call, for this is on the way of every upload; not registered, so that a flushed Redis has nothing to forget.
_WAKE = """
local sent = math.max(0, math.min(tonumber(ARGV[2]), tonumber(ARGV[3]) - redis.call('llen', KEYS[1])))
for _ = 1, sent do redis.call('rpush', KEYS[1], ARGV[1]) end
return sent
"""

_COMMAND_SECONDS = 5  # to be answered; longer than a consumer waits for a message
_CONNECT_SECONDS = 2
_AWAY_SECONDS = 1.0  # nobody tries again so soon after a failure …
_TRIAL_SECONDS = 15.0  # … and while one caller tries, the others don't wait with it
_NAMESPACE = "vouch:queue:"
# The kernel gives a connection up whose other end was silent for half a minute.
_KEEPALIVE = {
    socket.TCP_KEEPIDLE: 15,
    socket.TCP_KEEPINTVL: 5,
    socket.TCP_KEEPCNT: 3,
    socket.TCP_USER_TIMEOUT: 30_000,  # milliseconds
}


def connect(url: str) -> redis.Redis:
    """A client whose commands fail within seconds, and that replaces a connection which was closed meanwhile."""
    pool = redis.ConnectionPool.from_url(
        url,
        socket_timeout=_COMMAND_SECONDS,
        socket_connect_timeout=_CONNECT_SECONDS,
        socket_keepalive=True,
        socket_keepalive_options=_KEEPALIVE,
        health_check_interval=15,
        retry=Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,)),
    )
    return redis.Redis(connection_pool=pool)


class Seats:
    """The idle threads of this process's worker: a message that none of them could run is left for other processes."""

    def __init__(self) -> None:
        self._free, self._open = 0, False
        self._changed = threading.Condition()

    def open(self, count: int) -> None:
        """`count` messages may be in hand at a time."""
        with self._changed:
            self._free, self._open = count, True
            self._changed.notify_all()

    def close(self) -> None:
        """No further message is taken."""
        with self._changed:
            self._open = False

    def wait(self, seconds: float) -> bool:
        """Whether a seat is free, at the latest after `seconds`. It is not taken."""
        with self._changed:
            return self._changed.wait_for(self._is_free, seconds)

    def take(self) -> bool:
        with self._changed:
            taken = self._is_free()
            self._free -= taken
            return taken

    def leave(self) -> None:
        with self._changed:
            self._free += 1
            self._changed.notify_all()

    def _is_free(self) -> bool:
        return self._open and self._free > 0


class RedisBroker(dramatiq.Broker):
    """Messages in one list per queue, first in, first out. Delivered at most once.

    Everything raises ConnectionClosed when Redis doesn't do what it is asked for; for a second after that, and while
    another caller tries it again, at once.
    """

    def __init__(self, *, url: str, middleware: list[dramatiq.Middleware] | None = None) -> None:
        super().__init__(middleware=middleware)
        self.client = connect(url)
        self.seats = Seats()
        self._lock = threading.Lock()
        self._away_until = 0.0  # monotonic; 0: it answered last time

    def declare_queue(self, queue_name: str) -> None:
        if queue_name not in self.queues:
            self.emit_before("declare_queue", queue_name)
            self.queues[queue_name] = key_of(queue_name)
            self.emit_after("declare_queue", queue_name)

    def enqueue(self, message: dramatiq.Message[Any], *, delay: int | None = None) -> dramatiq.Message[Any]:
        """Appends the message. ValueError for a delay: what is due later waits in the database."""
        if delay is not None:
            raise ValueError("Messages are not delayed here: let the sweeper send one when the work is due.")
        self.emit_before("enqueue", message, delay)
        self._unless_away(lambda: self.client.rpush(key_of(message.queue_name), message.encode()))
        self.emit_after("enqueue", message, delay)
        return message

    def wake(self, message: dramatiq.Message[Any], count: int, enough: int) -> int:
        """Appends the message `count` times, while less than `enough` wait in its queue; returns how often."""
        key, data = key_of(message.queue_name), message.encode()
        return int(cast(int, self._unless_away(lambda: self.client.eval(_WAKE, 1, key, data, count, enough))))

    def consume(self, queue_name: str, prefetch: int = 1, timeout: int = 1000) -> "RedisConsumer":
        """A consumer that waits up to `timeout` milliseconds for a message; `prefetch` or not, it takes none ahead."""
        return RedisConsumer(self, queue_name, min(timeout / 1000, _COMMAND_SECONDS / 2))

    def queue_length(self, queue_name: str) -> int:
        """Messages that no worker has taken yet."""
        return int(self._unless_away(lambda: self.client.llen(key_of(queue_name))))

    def flush(self, queue_name: str) -> None:
        self.client.delete(key_of(queue_name))

    def flush_all(self) -> None:
        for queue_name in self.queues:
            self.flush(queue_name)

    def close(self) -> None:
        self.client.close()

    def _unless_away(self, command: Callable[[], T]) -> T:
        with self._lock:
            now = time.monotonic()
            if now < self._away_until:
                raise _closed("The broker was away a moment ago.")
            if self._away_until:
                self._away_until = now + _TRIAL_SECONDS
        try:
            answer = command()
        except redis.RedisError as error:
            self._away_until = time.monotonic() + _AWAY_SECONDS
            raise _closed(error) from error
        self._away_until = 0.0
        return answer


class RedisConsumer(Consumer):
    """Waits at the list of one queue while the worker has an idle thread."""

    def __init__(self, broker: RedisBroker, queue_name: str, seconds: float) -> None:
        self._broker, self._key, self._seconds = broker, key_of(queue_name), seconds

    def __next__(self) -> MessageProxy | None:
        if not self._broker.seats.wait(self._seconds):
            return None
        try:
            found = self._broker.client.blpop([self._key], self._seconds)
            if not found:
                return None
            _, data = found
            if not self._broker.seats.take():  # another queue's message took the last one meanwhile
                self._broker.client.lpush(self._key, data)
                return None
        except redis.RedisError as error:
            raise _closed(error) from error
        return MessageProxy(dramatiq.Message.decode(cast(bytes, data)))

    def ack(self, message: MessageProxy) -> None:
        """Nothing to tell Redis: the message left it when it was taken."""
        self._broker.seats.leave()

    nack = ack

    def requeue(self, messages: Iterable[MessageProxy]) -> None:
        """Puts messages back that the worker took and won't run any more."""
        unused = [message.encode() for message in messages]
        if unused:
            try:
                self._broker.client.lpush(self._key, *unused)
            except redis.RedisError as error:
                raise _closed(error) from error


def key_of(queue_name: str) -> str:
    """The list of a queue's messages in Redis."""
    return _NAMESPACE + queue_name


def _closed(why: object) -> ConnectionClosed:
    return ConnectionClosed(str(why))  # type: ignore[no-untyped-call]
