"""The header Idempotency-Key: a request that is sent twice is carried out once and answered the same."""

import hashlib
import json
import re
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from config.requests import caller
from documents import idempotency
from documents.errors import InvalidInput
from documents.models import IdempotencyKey

View = Callable[..., Response]
Answer = Callable[..., HttpResponse]

_KEY = re.compile(r"[ -~]{1,255}")
_PARAMETER = OpenApiParameter(
    "Idempotency-Key",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="any text of your own; the same key and request again is answered the same, and done once",
)


def idempotent(method: View) -> Answer:
    """For a view's method that creates: keeps its answer under the request's key, and gives that to the same again.

    Runs in the request's transaction, so that an answer is kept exactly if what it tells of was done. Errors aren't
    kept: the same request may succeed the next time.
    """

    @extend_schema(parameters=[_PARAMETER])
    @wraps(method)
    def answer(view: Any, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        key = request.headers.get("Idempotency-Key")
        if key is None:
            return method(view, request, *args, **kwargs)
        if not _KEY.fullmatch(key) or not key.strip():
            detail = "An Idempotency-Key has 1 to 255 printable ASCII characters; a random UUID is a good one."
            raise InvalidInput("invalid_idempotency_key", detail)
        if kept := idempotency.claim(caller(request), key, fingerprint(request)):
            return _replayed(kept)
        response = method(view, request, *args, **kwargs)
        body, location = JSONRenderer().render(response.data).decode(), response.headers.get("Location") or ""
        idempotency.keep(caller(request), key, status=response.status_code, body=body, location=location)
        return response

    return answer


def fingerprint(request: Request) -> str:
    """SHA-256 of what a request asks for: method, address, fields, and the files' names and bytes.

    How a form is put into bytes, with its random boundary, makes no difference.
    """
    body = request.data
    if hasattr(body, "lists"):  # a form
        body = sorted((name, [_plain(value) for value in values]) for name, values in body.lists())
    told = json.dumps([request.method, request.get_full_path(), body], sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()


def _plain(value: Any) -> Any:
    if not isinstance(value, UploadedFile):
        return value
    digest = hashlib.sha256()
    for chunk in value.chunks():
        digest.update(chunk)
    value.seek(0)
    return {"name": value.name, "sha256": digest.hexdigest()}


def _replayed(kept: IdempotencyKey) -> HttpResponse:
    headers = {"Idempotency-Replayed": "true"} | ({"Location": kept.location} if kept.location else {})
    return HttpResponse(kept.body, status=kept.status, content_type=JSONRenderer.media_type, headers=headers)
