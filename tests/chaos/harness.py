"""What scenarios are made of: their registry, their verdict, and patience."""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


class Broken(AssertionError):
    """A promise was not kept; the message says which and by how much."""


@dataclass(frozen=True)
class Fault:
    """A scenario: `play` breaks something, raises Broken if a promise was, and returns its figures."""

    number: int
    title: str
    play: Callable[[], str]


FAULTS: dict[int, Fault] = {}


def fault(number: int, title: str) -> Callable[[Callable[[], str]], Callable[[], str]]:
    """Registers a scenario under its number in docs/guarantees.md."""

    def register(play: Callable[[], str]) -> Callable[[], str]:
        if number in FAULTS:
            raise ValueError(f"There are two scenarios {number}.")
        FAULTS[number] = Fault(number, title, play)
        return play

    return register


def expect(kept: object, promise: str) -> None:
    if not kept:
        raise Broken(promise)


def until(look: Callable[[], T], *, within: float, what: str, every: float = 0.05) -> T:
    """What `look` gives as soon as it is true; Broken after `within` seconds. A look that fails is no news."""
    deadline = time.monotonic() + within
    while True:
        found = None
        with suppress(OSError):
            found = look()
        if found:
            return found
        if time.monotonic() > deadline:
            raise Broken(f"{what}: not within {within:g} s")
        time.sleep(every)


class Clock:
    """Seconds since it was made."""

    def __init__(self) -> None:
        self._start = time.monotonic()

    def __call__(self) -> float:
        return time.monotonic() - self._start

    def __str__(self) -> str:
        return f"{self():.1f} s"


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
