"""The circuit breaker: after failures in a row a server is left alone for a while, and then tried with one request."""

import threading
import time
from collections.abc import Callable


class Circuit:
    """Shared by the threads of one process."""

    def __init__(
        self, *, failures: int = 3, rest_seconds: float = 60, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._most, self._rest, self._clock = failures, rest_seconds, clock
        self._lock = threading.Lock()
        self._failed, self._closed_until = 0, 0.0

    def admits(self) -> bool:
        """Whether a request may go out. The one that ends a rest goes alone: others rest on until it has ended."""
        with self._lock:
            if self._failed < self._most:
                return True
            now = self._clock()
            if now < self._closed_until:
                return False
            self._closed_until = now + self._rest
            return True

    def succeeded(self) -> None:
        with self._lock:
            self._failed = 0

    def failed(self) -> None:
        with self._lock:
            self._failed += 1
            if self._failed >= self._most:
                self._closed_until = self._clock() + self._rest
