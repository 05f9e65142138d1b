"""Jobs over WebSockets: `/ws/jobs/{id}/` and `/ws/workspace/` say what `jobs.feeds` reads, as it comes up."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import structlog
from channels.routing import URLRouter
from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest
from django.urls import path, re_path
from django.utils.http import is_same_domain

from config.authentication import Credential
from documents.models import User
from jobs.feeds import Feed, JobFeed, Refused, WorkspaceFeed, follow, in_thread, seats

log = structlog.get_logger(__name__)

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Visit:
    """Who connected, and how."""

    request: HttpRequest
    user: User
    credential: Credential


Talk = Callable[[Receive, Send, Visit], Awaitable[None]]
Make = Callable[[int], Feed]  # a feed that begins after the given cursor

SLOW_SECONDS = 30.0  # whoever has not taken a message by then is dropped
LARGEST_CURSOR = 2**53 - 1  # the largest whole number that is safe in JSON
_BEARER = "bearer."  # browsers can't send a header, but a subprotocol
_PROTOCOL = "vouch"
_LONGEST_REASON = 120  # bytes: the protocol allows 123


async def job_socket(scope: Scope, receive: Receive, send: Send) -> None:
    """The events of a job and how it stands. It stays open after the job's end, for a job may be retried."""
    await serve(scope, receive, send, partial(_watch, partial(JobFeed, scope["url_route"]["kwargs"]["job_id"])))


async def workspace_socket(scope: Scope, receive: Receive, send: Send) -> None:
    """The latest state of each job of the caller's workspaces that changes."""
    await serve(scope, receive, send, partial(_watch, WorkspaceFeed))


async def nowhere(scope: Scope, receive: Receive, send: Send) -> None:
    """There is no such socket."""
    await serve(scope, receive, send, None)


async def serve(scope: Scope, receive: Receive, send: Send, talk: Talk | None) -> None:
    """Accepts first and refuses afterwards: only then do browsers get to see the code, which is 4000 + HTTP's."""
    await receive()  # websocket.connect
    offered: list[str] = scope.get("subprotocols", [])
    chosen = _PROTOCOL if _PROTOCOL in offered else next(iter(offered), None)
    await send({"type": "websocket.accept", "subprotocol": chosen})
    try:
        request = ASGIRequest({**scope, "method": "GET", "scheme": scope["scheme"].replace("ws", "http")}, BytesIO())
        credential = _credential(request, offered)
        if talk is None:
            raise Refused(404, "There is no such socket.")
        user = await in_thread(credential.user)
        if user is None:
            raise Refused(401, "Sign in, or send a token.")
        await talk(receive, send, Visit(request, user, credential))
    except Refused as refusal:
        reason = refusal.reason.encode()[:_LONGEST_REASON].decode(errors="ignore")
        await send({"type": "websocket.close", "code": 4000 + refusal.status, "reason": reason})


async def _watch(make: Make, receive: Receive, send: Send, visit: Visit) -> None:
    after = _cursor(visit.request.GET.get("after") or 0)
    with seats.one(visit.user):
        await _talk(receive, send, make, after, visit.credential)


def _credential(request: HttpRequest, offered: list[str]) -> Credential:
    """What the handshake carries. A session's cookie counts only if the page that connects is one of ours."""
    try:
        own = f"{request.scheme}://{request.get_host()}"
    except DisallowedHost:
        raise Refused(403, "The site is not reached under this name.") from None
    token = next((one.removeprefix(_BEARER) for one in offered if one.startswith(_BEARER)), "")
    credential = Credential(f"Bearer {token}") if token else Credential.of(request)
    origin = request.headers.get("Origin", "")
    if not credential.authorization and origin != own and not _is_trusted(origin):
        raise Refused(403, "A page of another site can't use your session. Send a token.")
    return credential


def _is_trusted(origin: str) -> bool:
    """Whether it is one of CSRF_TRUSTED_ORIGINS, which may have a `*.` before the domain."""
    here = urlsplit(origin)
    trusted = [urlsplit(one) for one in settings.CSRF_TRUSTED_ORIGINS]
    return any(here.scheme == one.scheme and is_same_domain(here.netloc, one.netloc.lstrip("*")) for one in trusted)


def _cursor(given: object) -> int:
    text = str(given)
    if not (text.isascii() and text.isdigit()) or int(text) > LARGEST_CURSOR:
        raise Refused(400, "after must be the id of the last message that you know.")
    return int(text)


async def _talk(receive: Receive, send: Send, make: Make, after: int, credential: Credential) -> None:
    """Tells until the client leaves; begins anew when it names another cursor."""
    telling = asyncio.create_task(_tell(send, make(after), credential))
    hearing = asyncio.ensure_future(receive())
    try:
        while True:
            await asyncio.wait({telling, hearing}, return_when=asyncio.FIRST_COMPLETED)
            if telling.done():
                return telling.result()
            message = hearing.result()
            if message["type"] == "websocket.disconnect":
                return None
            after = _asked(message)
            await _stop(telling)
            telling = asyncio.create_task(_tell(send, make(after), credential))
            hearing = asyncio.ensure_future(receive())
    finally:
        await _stop(telling)
        await _stop(hearing)


async def _stop(task: asyncio.Future[Any]) -> None:
    task.cancel()
    await asyncio.wait({task})


def _asked(message: Mapping[str, Any]) -> int:
    """The cursor of a message `{"after": n}`, the only one that clients have to send."""
    try:
        given = json.loads(message.get("text") or "")
    except ValueError:
        given = None
    if not isinstance(given, dict) or set(given) != {"after"}:
        raise Refused(400, 'Send nothing, or {"after": …} with the id of the last message that you know.')
    return _cursor(given["after"])


async def _tell(send: Send, feed: Feed, credential: Credential) -> None:
    async with aclosing(follow(feed, credential.user)) as batches:
        async for batch in batches:
            for text in [message.text for message in batch] or [json.dumps({"type": "alive", "id": feed.after})]:
                try:
                    async with asyncio.timeout(SLOW_SECONDS):
                        await send({"type": "websocket.send", "text": text})
                except TimeoutError:  # the connection's buffers are full: no code would get through to it either
                    log.info("slow_watcher_dropped")
                    return
                except OSError:  # it left
                    return


_routes: list[tuple[Callable[..., Any], str, Any]] = [
    (path, "ws/jobs/<uuid:job_id>/", job_socket),
    (path, "ws/workspace/", workspace_socket),
    (re_path, "", nowhere),
]
sockets = URLRouter([kind(route, app) for kind, route, app in _routes])
