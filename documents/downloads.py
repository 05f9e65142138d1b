"""Answers that carry a document's bytes: never shown in place by a browser, and sent in pieces."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

from asgiref.sync import sync_to_async
from django.core.files import File
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header, quote_etag

_CHUNK = 1 << 16


def unchanged(request: HttpRequest, etag: str) -> HttpResponse | None:
    """The 304 for a caller that has this version already, else None. `etag` is unquoted."""
    found = get_conditional_response(request, etag=quote_etag(etag))
    return found if found is not None and found.status_code == 304 else None


def attachment(
    request: HttpRequest, file: "File[Any]", *, filename: str, media_type: str, size: int
) -> HttpResponseBase:
    """The file as a download. It is closed when it was sent, or when the caller hung up."""
    pieces = _async_pieces(file) if isinstance(request, ASGIRequest) else _pieces(file)
    response = StreamingHttpResponse(pieces, content_type=media_type)
    response["Content-Length"] = str(size)
    response["Content-Disposition"] = content_disposition_header(True, filename) or "attachment"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def in_pieces(request: HttpRequest, pieces: Iterator[bytes], *, filename: str, media_type: str) -> HttpResponseBase:
    """What is made while it is sent, as a download. `pieces` opens its own scopes: the request's is over by then."""
    response = StreamingHttpResponse(
        _async_each(pieces) if isinstance(request, ASGIRequest) else pieces, content_type=media_type
    )
    response["Content-Disposition"] = content_disposition_header(True, filename) or "attachment"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def cached(response: HttpResponseBase, etag: str, *, seconds: int = 0) -> HttpResponseBase:
    """Private to the caller; to be asked for anew, cheaply, after `seconds`."""
    response["ETag"] = quote_etag(etag)
    response["Cache-Control"] = f"private, max-age={seconds}" if seconds else "private, no-cache"
    return response


def _pieces(file: "File[Any]") -> Iterator[bytes]:
    with file:
        while piece := file.read(_CHUNK):
            yield piece


async def _async_each(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    def following() -> bytes | None:
        return next(pieces, None)

    while (piece := await sync_to_async(following)()) is not None:
        yield piece


async def _async_pieces(file: "File[Any]") -> AsyncIterator[bytes]:
    """A plain iterator would be read whole into memory by the asynchronous server."""
    try:
        while piece := await sync_to_async(file.read)(_CHUNK):
            yield piece
    finally:
        await sync_to_async(file.close)()
