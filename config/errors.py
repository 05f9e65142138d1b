"""One form for every error of the API: RFC 9457 problem+json, with a stable code and the request's id."""

from http import HTTPStatus
from typing import Any

import structlog
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from documents import errors

log = structlog.get_logger(__name__)

CONTENT_TYPE = "application/problem+json"
_STATUS: list[tuple[type[errors.DomainError], int]] = [
    (errors.TooLarge, 413),
    (errors.UnsupportedType, 415),
    (errors.InvalidInput, 422),
    (errors.BudgetExceeded, 422),
    (errors.Conflict, 409),
    (errors.PreconditionFailed, 412),
    (errors.Unavailable, 503),
]
_CODES = {
    400: "bad_request",
    401: "not_authenticated",
    403: "permission_denied",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    413: "too_large",
    415: "unsupported_media_type",
    422: "invalid_input",
    429: "too_many_requests",
    500: "internal_error",
    503: "unavailable",
}
RETRY_AFTER_SECONDS = "5"


def problem(
    request: HttpRequest, status: int, *, code: str = "", detail: str = "", errors: list[dict[str, str]] | None = None
) -> dict[str, Any]:
    """The body of an error."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail or HTTPStatus(status).description or HTTPStatus(status).phrase,
        "instance": request.path,
        "code": code or _CODES.get(status, HTTPStatus(status).phrase.lower().replace(" ", "_")),
        "request_id": getattr(request, "request_id", ""),
    }
    return body | ({"errors": errors} if errors else {})


def exception_handler(exc: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's EXCEPTION_HANDLER. What it doesn't know becomes a 500 without internals (and a trace in the log)."""
    request = context["request"]
    if isinstance(exc, errors.DomainError):
        return _respond(request, status_of(exc), {}, code=exc.code, detail=exc.detail)
    if isinstance(exc, Http404):
        exc = exceptions.NotFound()
    elif isinstance(exc, PermissionDenied):
        exc = exceptions.PermissionDenied()
    if not isinstance(exc, exceptions.APIException):
        return None
    if isinstance(exc, exceptions.ValidationError):
        found = list(_flat(exc.get_full_details()))
        return _respond(request, 422, {}, detail="Some values can't be used; see errors.", errors=found)
    return _respond(request, exc.status_code, _headers(exc), code=_code(exc), detail=_detail(exc))


def status_of(error: errors.DomainError) -> int:
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 500)


def as_problem(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """The same error as problem+json, unless it is that already."""
    if response.headers.get("Content-Type", "").startswith(CONTENT_TYPE):
        return response
    body = as_response(request, response.status_code)
    for name in ("Allow", "WWW-Authenticate", "Retry-After"):
        if name in response.headers:
            body[name] = response[name]
    return body


def as_response(request: HttpRequest, status: int, **parts: Any) -> HttpResponse:
    """An error outside of DRF's views."""
    return JsonResponse(problem(request, status, **parts), status=status, content_type=CONTENT_TYPE)


def _respond(request: HttpRequest, status: int, headers: dict[str, str], **parts: Any) -> Response:
    set_rollback()
    if status == 503:
        headers = headers | {"Retry-After": RETRY_AFTER_SECONDS}
    return Response(problem(request, status, **parts), status=status, headers=headers, content_type=CONTENT_TYPE)


def _code(exc: exceptions.APIException) -> str:
    codes = exc.get_codes()
    if isinstance(codes, str) and codes not in ("error", "invalid"):
        return codes
    if isinstance(codes, dict) and isinstance(codes.get("code"), str):
        return str(codes["code"])  # simplejwt: {"detail": …, "code": "token_not_valid"}
    return _CODES.get(exc.status_code, "error")


def _detail(exc: exceptions.APIException) -> str:
    """simplejwt's is a dict, too."""
    return str(exc.detail.get("detail", "") if isinstance(exc.detail, dict) else exc.detail)


def _headers(exc: exceptions.APIException) -> dict[str, str]:
    headers = {}
    if authenticate := getattr(exc, "auth_header", ""):
        headers["WWW-Authenticate"] = authenticate
    if wait := getattr(exc, "wait", None):
        headers["Retry-After"] = str(int(wait))
    return headers


def _flat(details: Any, path: str = "") -> Any:
    """DRF's nested details as [{field, code, message}]."""
    if isinstance(details, dict) and set(details) == {"message", "code"}:
        yield {"field": path, "code": str(details["code"]), "message": str(details["message"])}
    elif isinstance(details, dict):
        for name, inner in details.items():
            yield from _flat(inner, f"{path}.{name}".strip("."))
    elif isinstance(details, list):
        for inner in details:
            yield from _flat(inner, path)
