"""One form for every error of the API: RFC 9457 problem+json, with a stable code and the request's id."""

import sys
from http import HTTPStatus
from typing import Any

import structlog
from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError, connection
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.views import defaults
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from config import database
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
    (errors.RateLimited, 429),
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
# The framework's own errors, in sentences that say what to do next; {} is what the framework says.
_SENTENCES = {
    "bad_request": "The request is malformed: see that address, headers and body are what the documentation says.",
    "parse_error": "The body is not what its Content-Type says. Correct it and send it again. {}",
    "not_authenticated": "Nobody is signed in. Send Authorization: Bearer with a token; POST /api/v1/token gives one.",
    "token_not_valid": "The token has expired or is none. Get another by POST /api/v1/token/refresh or /api/v1/token.",
    "no_active_account": "User name or password is wrong, or the account is switched off. Check them and try again.",
    "not_found": "There is no such thing, or it is not yours. Check the address, with the ids and the cursor in it.",
    "method_not_allowed": "The address takes other methods: see the header Allow.",
    "not_acceptable": "The address has no answer of that type. Ask for application/json, or leave Accept out.",
    "unsupported_media_type": "{} Send what the documentation of the address says, with its Content-Type.",
}
_BUSY = "The server has more to do than it can at present. Try again in a few seconds; files sent twice count once."
_AWAY = "The database doesn't answer at present. Try again in a few seconds; files sent twice count once."


def problem(
    request: HttpRequest, status: int, *, code: str = "", detail: str = "", errors: list[dict[str, str]] | None = None
) -> dict[str, Any]:
    """The body of an error."""
    code = code or _CODES.get(status, HTTPStatus(status).phrase.lower().replace(" ", "_"))
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": _sentence(code, detail or HTTPStatus(status).description or HTTPStatus(status).phrase),
        "instance": request.path,
        "code": code,
        "request_id": getattr(request, "request_id", ""),
    }
    return body | ({"errors": errors} if errors else {})


def _sentence(code: str, said: str) -> str:
    return _SENTENCES[code].format(said).strip() if code in _SENTENCES else said


def exception_handler(exc: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's EXCEPTION_HANDLER. What it doesn't know becomes a 500 without internals (and a trace in the log)."""
    request = context["request"]
    if isinstance(exc, errors.DomainError):
        return _respond(request, status_of(exc), _wait(exc.retry_after), code=exc.code, detail=exc.detail)
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


def answer_to(request: HttpRequest, error: BaseException | None) -> HttpResponse | None:
    """The answer to what a view outside of DRF, or anything around a view, raised; None for a fault in our code.

    A database that is away or busy is 503, to be tried again: also when it went away while it was committing, and
    nobody knows whether it did.
    """
    if isinstance(error, OperationalError | InterfaceError):
        busy = database.is_busy(error)
        log.error("database_busy" if busy else "database_away", error=type(error.__cause__ or error).__name__)
        connection.close()
        code, detail = ("database_busy", _BUSY) if busy else ("database_away", _AWAY)
        return _answer(request, errors.Unavailable(code, detail))
    if isinstance(error, errors.RateLimited):
        return _answer(request, error)
    return None


def _answer(request: HttpRequest, error: errors.DomainError) -> HttpResponse:
    status = status_of(error)
    if request.path.startswith("/api/"):
        response = as_response(request, status, code=error.code, detail=error.detail)
    else:
        page = render_to_string(f"{status}.html", {"request": request, "detail": error.detail})
        response = HttpResponse(page, status=status)
    for name, value in _wait(error.retry_after).items():
        response[name] = value
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's handler500: what failed around the views, such as saving a session, may be the database's absence."""
    return answer_to(request, sys.exc_info()[1]) or defaults.server_error(request)


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
    return headers | _wait(getattr(exc, "wait", None))


def _wait(seconds: float | None) -> dict[str, str]:
    return {"Retry-After": str(int(seconds))} if seconds else {}


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
