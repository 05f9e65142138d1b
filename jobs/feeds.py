"""What those who watch are told: cursors over the database, read when something changed or some time has passed.

Nothing is queued for anybody: whoever reads slowly is further behind in the database, and costs no memory.
"""

import asyncio
import math
import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from django.db.models import Q, QuerySet
from rest_framework.renderers import JSONRenderer

from documents import tenancy
from documents.models import Membership, User
from jobs.listening import Bell
from jobs.models import OPEN, Job
from jobs.serializers import EventSerializer, JobSerializer, visible_jobs

log = structlog.get_logger(__name__)

BATCH = 200  # events that are read at once
_JOBS = 200  # jobs, likewise
_GAP_SECONDS = 0.2  # between two reads for one who watches
_LOOK_SECONDS = 10.0  # news may be lost: then it is this late
_RECHECK_SECONDS = 60.0  # whether who watches still may
_AWAY_SECONDS = 5.0  # between two attempts while the database is away
_OVERLAP = timedelta(seconds=60)  # transactions commit later than the times that they write, on clocks that differ
TOO_MANY = "You have {} streams open. Close one, or ask without a stream."
_THREADS = 4  # for all who watch

_threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="feed")
Found = TypeVar("Found")


class Refused(Exception):
    """There is nothing here for this caller (any more): `status` as HTTP has it, a code and a sentence."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status, self.reason = status, reason


@dataclass(frozen=True, slots=True)
class Message:
    """One message: its `type`, the cursor `id` with which to go on after it, and all of it as JSON."""

    type: str
    id: int
    text: str


class Feed(ABC):
    """A cursor over what one caller can see. Its methods run in a thread and inside the caller's scope."""

    more = False  # whether there was more than one read takes

    def __init__(self, after: int) -> None:
        self.after = after

    @abstractmethod
    def bell(self) -> Bell:
        """What rings when there may be something to read."""

    @abstractmethod
    def workspaces(self, user: User) -> set[UUID]:
        """Those whose news concern it."""

    @abstractmethod
    def read(self, changed: set[str] | None) -> list[Message]:
        """What came after the cursor, which moves on. `changed`: the jobs that it must be in, if that is known."""


class JobFeed(Feed):
    """A job's events after the one with the number `after`, each once and in order, and how the job stands."""

    def __init__(self, job_id: UUID, after: int) -> None:
        super().__init__(after)
        self.job_id = job_id
        self._shown: dict[str, Any] = {}

    def bell(self) -> Bell:
        return Bell(self.job_id)

    def workspaces(self, user: User) -> set[UUID]:
        return {self._job().workspace_id}

    def read(self, changed: set[str] | None) -> list[Message]:
        """The first time the job itself, too; later when it moved without an event."""
        job = self._job()
        # The count came with the job, so that what is said of the job and its events belong together.
        new = job.events.filter(seq__gt=self.after, seq__lte=job.event_count)[:BATCH]
        events = EventSerializer(new, many=True).data
        shown = dict(JobSerializer(job).data)
        known, self._shown = self._shown, _without_estimate(shown)
        messages = []
        if not known or (not events and known != self._shown):
            messages.append(_message("job", self.after, job=shown))
        for event in events:
            messages.append(_message("event", event["seq"], job_id=job.pk, event=event, job=shown))
        self.after = messages[-1].id if messages else self.after
        self.more = len(events) == BATCH
        return messages

    def _job(self) -> Job:
        job = visible_jobs().filter(pk=self.job_id).first()
        if job is None:
            raise Refused(404, "There is no such job (any more), or it is not yours.")
        return job


class WorkspaceFeed(Feed):
    """The latest state of the jobs in the caller's workspaces, whenever one changes: steps may be left out.

    The cursor is a time, in milliseconds. What changed shortly before it is told again.
    """

    def __init__(self, after: int) -> None:
        super().__init__(after)
        self._told: dict[UUID, tuple[object, ...]] = {}  # bounded: the latest jobs, as they were told

    def bell(self) -> Bell:
        return Bell()

    def workspaces(self, user: User) -> set[UUID]:
        return set(Membership.objects.filter(user=user).values_list("workspace_id", flat=True))

    def read(self, changed: set[str] | None) -> list[Message]:
        ids: set[Any] = self._moved() if changed is None else set(changed)
        jobs = [job for job in visible_jobs().filter(pk__in=ids).order_by("created_at") if self._is_new(job)]
        return [_message("job", self.after, job=shown) for shown in JobSerializer(jobs, many=True).data]

    def _moved(self) -> set[UUID]:
        """What may have changed since the cursor, which moves on: only here is nothing left out."""
        with connection.cursor() as cursor:
            cursor.execute("select extract(epoch from now())::float")
            now = cursor.fetchone()[0]
        since = min(self.after / 1000, now) if self.after else now
        self.after = int(now * 1000)
        return _moved_since(datetime.fromtimestamp(since, tz=UTC) - _OVERLAP)

    def _is_new(self, job: Job) -> bool:
        """Whether it differs from what was told of it last."""
        state = (job.status, job.stage, job.progress, job.event_count)
        if self._told.pop(job.pk, None) == state:
            self._told[job.pk] = state
            return False
        self._told[job.pk] = state
        if len(self._told) > 2 * _JOBS:
            del self._told[next(iter(self._told))]
        return True


def _moved_since(moment: datetime) -> set[UUID]:
    """The jobs that may have changed since then, the latest first if they are too many."""
    started = Job.objects.filter(status__in=OPEN, started_at__isnull=False)
    kinds: list[QuerySet[Job]] = [
        started.order_by("-started_at"),
        Job.objects.filter(Q(finished_at__gte=moment)).order_by("-finished_at"),
        Job.objects.filter(created_at__gte=moment).order_by("-created_at"),
    ]
    return {pk for found in kinds for pk in found.values_list("pk", flat=True)[:_JOBS]}


def _without_estimate(shown: dict[str, Any]) -> dict[str, Any]:
    """An estimate changes all the time: that is no news."""
    return {name: value for name, value in shown.items() if name != "eta_seconds"}


def _message(type_: str, id_: int, **parts: object) -> Message:
    return Message(type_, id_, JSONRenderer().render({"type": type_, "id": id_, **parts}).decode())


async def follow(feed: Feed, ask: Callable[[], User | None]) -> AsyncGenerator[list[Message], None]:
    """Batches of messages as they come up; an empty one after some silence, and while the database is away.

    `ask` says whose connection it is, and is asked again every minute. Raises Refused when there is no more to see.
    Nothing but memory is held while it waits: no thread, no connection to the database.
    """
    async with feed.bell() as bell:
        checked = looked = -math.inf  # monotonic times
        changed: set[str] | None = None
        while True:
            try:
                if time.monotonic() > checked + _RECHECK_SECONDS:
                    user, workspaces = await in_thread(_admit, feed, ask)
                    await bell.listen_to(workspaces)
                    checked, looked = time.monotonic(), -math.inf
                if time.monotonic() > looked + _LOOK_SECONDS:
                    changed = None
                messages = await in_thread(_read, feed, user, changed)
            except (OperationalError, InterfaceError) as error:
                log.warning("feed_waits", error=type(error).__name__)
                yield []
                await asyncio.sleep(_AWAY_SECONDS)
                looked = -math.inf
                continue
            if messages or changed is None:
                yield messages
            if changed is None:
                looked = time.monotonic()
            if not feed.more:
                await asyncio.sleep(_GAP_SECONDS)
                changed = await bell.wait(_LOOK_SECONDS)


async def in_thread(function: Callable[..., Found], *given: Any) -> Found:
    """Runs it in one of a few threads, which keep no connection to the database."""
    return await asyncio.get_running_loop().run_in_executor(_threads, _closing, function, given)


def _closing(function: Callable[..., Found], given: tuple[Any, ...]) -> Found:
    try:
        return function(*given)
    finally:
        connection.close()


def _admit(feed: Feed, ask: Callable[[], User | None]) -> tuple[User, set[UUID]]:
    user = ask()
    if user is None:
        raise Refused(401, "You are not signed in, or not any more. Sign in, or get a new token.")
    with tenancy.as_user(user):
        return user, feed.workspaces(user)


def _read(feed: Feed, user: User, changed: set[str] | None) -> list[Message]:
    with tenancy.as_user(user):
        return feed.read(changed)


class Seats:
    """How many streams each user has open, in this process."""

    def __init__(self) -> None:
        self._taken: Counter[int] = Counter()

    def are_taken(self, user: User) -> bool:
        return self._taken[user.pk] >= int(settings.STREAMS_PER_USER)

    @contextmanager
    def one(self, user: User) -> Iterator[None]:
        """One of them, for as long as the block lasts. Raises Refused if all are taken."""
        if self.are_taken(user):
            raise Refused(429, TOO_MANY.format(settings.STREAMS_PER_USER))
        self._taken[user.pk] += 1
        try:
            yield
        finally:
            self._taken[user.pk] -= 1
            if not self._taken[user.pk]:
                del self._taken[user.pk]


seats = Seats()
