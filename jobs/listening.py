"""Hearing the news of jobs: one subscription per process and workspace, however many listen."""

import asyncio
import time
from collections.abc import Iterable
from types import TracebackType
from typing import Any, Self
from uuid import UUID
from weakref import WeakKeyDictionary

import structlog
from channels.layers import get_channel_layer

from jobs import news

log = structlog.get_logger(__name__)

_KEPT = 500  # jobs that a listener is told of by name; beyond them it looks for itself
_REDIS_SECONDS = 2.0
_REST_SECONDS = 5.0  # after a failure: not every listener has to find out by itself that Redis hangs


class Bell:
    """Rings when a job of its workspaces changed, or the one job that it is for. Holds a bounded set of ids."""

    def __init__(self, job_id: UUID | None = None) -> None:
        self._job_id = str(job_id) if job_id else None
        self._groups: frozenset[str] = frozenset()
        self._rung = asyncio.Event()
        self._jobs: set[str] | None = set()  # None: more than were kept

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        await self.listen_to(())

    async def listen_to(self, workspace_ids: Iterable[UUID]) -> None:
        """Listens to these workspaces, and to no others any more. Redis may be away: then it hears nothing for now."""
        hub, wanted = _hub(), frozenset(news.group(one) for one in workspace_ids)
        for group in self._groups - wanted:
            hub.bells[group].discard(self)
        for group in wanted:
            hub.bells.setdefault(group, set()).add(self)
        self._groups = wanted
        await hub.settle()

    async def wait(self, seconds: float) -> set[str] | None:
        """The ids of the jobs that changed since it was last asked; None if it can't know: look for yourself."""
        try:
            async with asyncio.timeout(seconds):
                await self._rung.wait()
        except TimeoutError:
            await _hub().settle()
            return None
        self._rung.clear()
        heard, self._jobs = self._jobs, set()
        return heard

    def ring(self, job_ids: list[str]) -> None:
        if self._job_id is not None and self._job_id not in job_ids:
            return
        if self._jobs is not None:
            self._jobs.update(job_ids if self._job_id is None else ())
            if len(self._jobs) > _KEPT:
                self._jobs = None
        self._rung.set()


class _Hub:
    """The bells of one event loop, and the channel on which their news come in."""

    def __init__(self) -> None:
        self.bells: dict[str, set[Bell]] = {}  # group -> who listens
        self._subscribed: set[str] = set()
        self._channel = ""
        self._receiving: asyncio.Task[None] | None = None
        self._lock = asyncio.Lock()
        self._rests_until = 0.0

    async def settle(self) -> None:
        """Subscribes to what is listened to, and to nothing else. What fails is tried again at the next call."""
        async with self._lock:
            self.bells = {group: bells for group, bells in self.bells.items() if bells}
            settled = self._subscribed == self.bells.keys() and self._channel
            if settled or time.monotonic() < self._rests_until:
                return
            try:
                async with asyncio.timeout(_REDIS_SECONDS):
                    await self._subscribe(get_channel_layer())
            except Exception as error:  # Redis is away; listeners look into the database meanwhile
                log.warning("news_unheard", error=type(error).__name__)
                self._rests_until = time.monotonic() + _REST_SECONDS

    async def _subscribe(self, layer: Any) -> None:
        if not self._channel:
            self._channel = await layer.new_channel()
            self._receiving = asyncio.create_task(self._receive(layer))
        for group in self.bells.keys() - self._subscribed:
            await layer.group_add(group, self._channel)
            self._subscribed.add(group)
        for group in self._subscribed - self.bells.keys():
            await layer.group_discard(group, self._channel)
            self._subscribed.discard(group)

    async def _receive(self, layer: Any) -> None:
        while True:
            message = await layer.receive(self._channel)
            for bell in tuple(self.bells.get(news.group(message["workspace"]), ())):
                bell.ring(message["jobs"])


_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, _Hub] = WeakKeyDictionary()


def _hub() -> _Hub:
    return _hubs.setdefault(asyncio.get_running_loop(), _Hub())
