"""Uploads in the background, each with its answer: what clients see while something is broken."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import httpx

from tests.chaos.harness import Broken
from tests.chaos.people import Person, text


@dataclass(frozen=True)
class Answer:
    """To one request. Status 0: the connection ended without one."""

    status: int
    seconds: float
    retry_after: str


class Uploads:
    """Sends one small document after the other in `threads` threads, as long as the block lasts."""

    def __init__(self, person: Person, *, threads: int = 1, pause: float = 0.1) -> None:
        self.answers: list[Answer] = []
        self._person, self._pause, self._stop = person, pause, threading.Event()
        self._threads = [threading.Thread(target=self._run) for _ in range(threads)]

    def __enter__(self) -> "Uploads":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        while not self._stop.wait(self._pause):
            self.answers.append(answered(lambda: self._person.send(text())))

    def count(self, *statuses: int) -> int:
        return sum(answer.status in statuses for answer in self.answers)

    def only(self, *statuses: int) -> None:
        """Broken if any answer had another status, or refused without saying when to come back."""
        others = sorted({answer.status for answer in self.answers} - set(statuses))
        if others:
            raise Broken(f"uploads were answered {others}")
        if any(not answer.retry_after for answer in self.answers if answer.status in (429, 503)):
            raise Broken("an upload was refused without Retry-After")

    @property
    def slowest(self) -> float:
        return max((answer.seconds for answer in self.answers), default=0.0)


def answered(request: Callable[[], httpx.Response]) -> Answer:
    """The answer to a request, timed."""
    started = time.monotonic()
    try:
        response = request()
    except httpx.HTTPError:
        return Answer(0, time.monotonic() - started, "")
    return Answer(response.status_code, time.monotonic() - started, response.headers.get("Retry-After", ""))
