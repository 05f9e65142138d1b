"""An answer as it comes about, for event streams and WebSockets: made in a thread, which stops if nobody listens."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog
from django.db import connection
from django.http import HttpRequest

from analysis.answers import asking
from config import errors
from documents.errors import DomainError, RateLimited
from documents.models import User
from jobs.feeds import TOO_MANY, Refused, seats

log = structlog.get_logger(__name__)

_THREADS = 8  # answers that are worked at together in this process
_threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="answer")
_END = None

Event = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Question:
    """As it was asked, once it was checked."""

    text: str
    documents: tuple[UUID, ...] = ()
    conversation: UUID | None = None


class _Left(Exception):
    """Nobody listens any more."""


async def told(question: Question, user: User, request: HttpRequest) -> AsyncIterator[Event]:
    """Messages `{type, …}`: what `asking.ask` tells, and `error` with problem+json in its place if it fails."""
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[Event | None] = asyncio.Queue()
    left = threading.Event()

    def put(event: Event | None) -> None:
        if left.is_set():
            raise _Left
        loop.call_soon_threadsafe(queue.put_nowait, event)

    try:
        with seats.one(user):
            work = loop.run_in_executor(_threads, _work, question, user, request, put)
            try:
                while (event := await queue.get()) is not _END:
                    yield event
            finally:
                left.set()
                work.add_done_callback(lambda done: done.cancelled() or done.exception())
    except Refused as refusal:
        yield _error(request, RateLimited("too_many_streams", refusal.reason or TOO_MANY, retry_after=10))


def _work(question: Question, user: User, request: HttpRequest, put: Any) -> None:
    """Tells each step as it is taken. In a thread, which keeps no connection to the database."""
    try:
        steps = asking.ask(question.text, user=user, documents=question.documents, thread_id=question.conversation)
        for step in steps:
            put({"type": step.event} | step.data)
        put(_END)
    except _Left:
        log.info("asker_left")
    except Exception as error:
        _tell_failure(request, error, put)
    finally:
        connection.close()


def _tell_failure(request: HttpRequest, error: Exception, put: Any) -> None:
    if not isinstance(error, DomainError):
        log.error("answer_failed", error=type(error).__name__, exc_info=True)
    try:
        put(_error(request, error))
        put(_END)
    except _Left:
        log.info("asker_left")


def _error(request: HttpRequest, error: Exception) -> Event:
    return {"type": "error", "problem": problem_of(request, error)}


def problem_of(request: HttpRequest, error: Exception) -> dict[str, Any]:
    """The body of problem+json; nothing of a fault of ours but that there is one."""
    if isinstance(error, DomainError):
        return errors.problem(request, errors.status_of(error), code=error.code, detail=error.detail)
    return errors.problem(request, 500)


async def as_events(messages: AsyncIterator[Event]) -> AsyncIterator[bytes]:
    """The messages as server-sent events."""
    async for message in messages:
        yield f"event: {message['type']}\ndata: {json.dumps(message, ensure_ascii=False)}\n\n".encode()
