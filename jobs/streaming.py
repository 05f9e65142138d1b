"""Jobs over server-sent events: the same messages as `jobs.consumers`, for plain HTTP clients.

The view decides who may see what, like any other. What it answers is a promise, which the ASGI middleware here keeps
once Django has given back the request's thread and its connection to the database.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import structlog
from django.conf import settings
from django.http import HttpResponse
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request

from config.authentication import Credential
from config.requests import caller
from documents.errors import RateLimited
from documents.models import User
from jobs.feeds import TOO_MANY, Feed, Message, Refused, follow, seats

log = structlog.get_logger(__name__)

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

CONTENT_TYPE = "text/event-stream"
SLOW_SECONDS = 30.0  # whoever has not taken a message by then is dropped
_KEY = "vouch.stream"
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
_BEGIN = b"retry: 3000\n\n"  # milliseconds until browsers connect again


class EventStreamRenderer(JSONRenderer):
    """Lets views be asked for a stream. It is rendered elsewhere, and errors are problem+json as always."""

    media_type = CONTENT_TYPE
    format = "events"
    charset = None


@dataclass(frozen=True)
class _Stream:
    feed: Feed
    user: User
    credential: Credential


def is_wanted(request: Request) -> bool:
    return bool(request.accepted_renderer.media_type == CONTENT_TYPE)


def answer(request: Request, feed: Feed) -> HttpResponse:
    """The answer of a view: a stream of what the feed says. Raises RateLimited if the caller has too many open.

    Outside of the ASGI application it is one that ends at once, after which clients are to come again.
    """
    user = caller(request)
    if seats.are_taken(user):
        raise RateLimited("too_many_streams", TOO_MANY.format(settings.STREAMS_PER_USER), retry_after=10)
    scope = getattr(request._request, "scope", {})
    if request.method == "GET":
        scope[_KEY] = _Stream(feed, user, Credential.of(request._request))
    return HttpResponse(_BEGIN, content_type=CONTENT_TYPE, headers=_HEADERS)


class EventStreams:
    """ASGI middleware: goes on where a view answered with a stream."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        head: list[Mapping[str, Any]] = []

        async def hold(message: Mapping[str, Any]) -> None:
            if _KEY not in scope:
                await send(message)
            elif message["type"] == "http.response.start":
                head.append(message)

        await self.app(scope, receive, hold)
        if head:
            await send(_endless(head[0]))
            await _talk(scope[_KEY], receive, send)


def _endless(start: Mapping[str, Any]) -> dict[str, Any]:
    return {**start, "headers": [one for one in start["headers"] if one[0].lower() != b"content-length"]}


async def _talk(stream: _Stream, receive: Receive, send: Send) -> None:
    """Tells until the client leaves or has no more to see."""
    telling = asyncio.create_task(_tell(stream, send))
    leaving = asyncio.ensure_future(receive())
    try:
        await asyncio.wait({telling, leaving}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (telling, leaving):
            task.cancel()
        await asyncio.wait({telling, leaving})
    if not telling.cancelled():
        telling.result()


async def _tell(stream: _Stream, send: Send) -> None:
    await _say(send, _BEGIN)
    try:
        with seats.one(stream.user):
            async with aclosing(follow(stream.feed, stream.credential.user)) as batches:
                async for batch in batches:
                    for text in [_event(message) for message in batch] or [b": alive\n\n"]:
                        await _say(send, text)
    except TimeoutError:
        log.info("slow_watcher_dropped")
        return
    except Refused:
        pass  # the client comes again, and the view tells it why
    await send({"type": "http.response.body", "body": b""})


async def _say(send: Send, body: bytes) -> None:
    async with asyncio.timeout(SLOW_SECONDS):
        await send({"type": "http.response.body", "body": body, "more_body": True})


def _event(message: Message) -> bytes:
    return f"id: {message.id}\nevent: {message.type}\ndata: {message.text}\n\n".encode()
