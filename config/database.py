"""Bounds on waiting for PostgreSQL: for a connection, a lock, a statement, and for a server that is silent."""

import time
from typing import Any, ClassVar, Self

import psycopg
from django.conf import settings
from psycopg.pq import TransactionStatus
from psycopg_pool import PoolTimeout, TooManyRequests

_BUSY_CLASSES = ("40", "53", "55")  # rolled back in favour of others, out of resources, lock not available
_QUERY_CANCELED = "57014"  # by statement_timeout

_ANSWERED = float("-inf")


class Connection(psycopg.Connection[Any]):
    """Gives up on a server that doesn't even report its own timeout: frozen, or behind a line that is dead.

    The connection is closed then, so that nothing else waits on it. What it was doing may have been done.
    """

    unanswered_at: ClassVar[float] = _ANSWERED  # monotonic time at which the server did not answer, if it hasn't since

    @classmethod
    def connect(cls, *args: Any, **kwargs: Any) -> Self:
        try:
            made = super().connect(*args, **kwargs)
        except psycopg.OperationalError:
            Connection.unanswered_at = time.monotonic()
            raise
        Connection.unanswered_at = _ANSWERED
        return made

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        timeout = timeout or settings.DATABASE_STATEMENT_SECONDS * 1.2 or None
        try:
            answer = super().wait(gen, interval, timeout)
        except psycopg.OperationalError:
            if self.pgconn.transaction_status == TransactionStatus.ACTIVE:  # not even by an error
                Connection.unanswered_at = time.monotonic()
                self.pgconn.finish()
            raise
        Connection.unanswered_at = _ANSWERED
        return answer


def pool(size: int, *, waiting: int, seconds: int) -> dict[str, Any]:
    """Options of the pool: at most `waiting` requests wait for a connection, each for at most `seconds`.

    The attempts to connect are given up after as long, too: the next request makes a fresh one, so that a server that
    was away for an hour is found again as quickly as one that was away for a second.
    """
    sizes = {"min_size": 1, "max_size": size, "max_waiting": waiting}
    return sizes | {"timeout": seconds, "reconnect_timeout": seconds, "connection_class": Connection}


def timeouts(seconds: int) -> str:
    """Options of a session: no statement may take longer than `seconds`, no lock be waited for longer than a third."""
    milliseconds = seconds * 1000
    return f"-c statement_timeout={milliseconds} -c lock_timeout={milliseconds // 3}"


def is_busy(error: BaseException) -> bool:
    """Whether a database error says that there is too much to do, rather than that the server is away."""
    cause = error.__cause__
    if isinstance(cause, PoolTimeout):  # all connections are in use, unless there are none that work
        return time.monotonic() - Connection.unanswered_at > 2 * settings.DATABASE_POOL_SECONDS
    if isinstance(cause, TooManyRequests):
        return True
    state = getattr(cause, "sqlstate", None) or ""
    return state[:2] in _BUSY_CLASSES or state == _QUERY_CANCELED
