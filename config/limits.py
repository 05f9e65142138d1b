"""The largest request body that is read, held before Django stores the first byte of it."""

import uuid
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest, JsonResponse

from config import errors

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

_FORM_OVERHEAD = 2**20  # bytes of a multipart body beside its file


class _TooMuch(Exception):
    """More came in than the limit."""


class BodyLimit:
    """ASGI middleware: 413 by Content-Length at once, and by counting for bodies that don't say how long they are."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit = _limit(scope)
        try:
            if int(_header(scope, b"content-length") or 0) > limit:
                raise _TooMuch
            await self.app(scope, _counted(receive, limit), send)
        except _TooMuch:
            await _refuse(scope, send)


def _limit(scope: Scope) -> int:
    """Files come in forms; all else is held in memory."""
    if _header(scope, b"content-type").lower().startswith(b"multipart/form-data"):
        return settings.MAX_UPLOAD_MB * 2**20 + _FORM_OVERHEAD
    return settings.DATA_UPLOAD_MAX_MEMORY_SIZE


def _header(scope: Scope, name: bytes) -> bytes:
    return next((value for key, value in scope["headers"] if key == name), b"")


def _counted(receive: Receive, limit: int) -> Receive:
    total = 0

    async def counted() -> Mapping[str, Any]:
        nonlocal total
        event = await receive()
        if event["type"] == "http.request":
            total += len(event.get("body", b""))
            if total > limit:
                raise _TooMuch
        return event

    return counted


async def _refuse(scope: Scope, send: Send) -> None:
    """Closes the connection, too: what is left of the body is not wanted."""
    request = HttpRequest()
    request.path, request_id = scope["path"], uuid.uuid4().hex
    request.request_id = request_id  # type: ignore[attr-defined]
    detail = f"The request is larger than is taken in; a file may have {settings.MAX_UPLOAD_MB} MB. Send a smaller one."
    body = errors.problem(request, 413, code="file_too_large", detail=detail)
    response = JsonResponse(body, content_type=errors.CONTENT_TYPE)
    headers = [
        (b"content-type", errors.CONTENT_TYPE.encode()),
        (b"content-length", str(len(response.content)).encode()),
        (b"x-request-id", request_id.encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": response.content})
