"""What happens to every request: an id, the scope of its user, and one form of error."""

import re
import uuid
from collections.abc import Callable
from inspect import iscoroutinefunction
from typing import Any

import structlog
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse

from config import errors
from config.authentication import bearer_user
from config.guests import guest_of, introduce
from documents import tenancy
from documents.models import User

GetResponse = Callable[[HttpRequest], HttpResponse]
_SANE_ID = re.compile(r"[\w.:-]{1,64}")


class RequestIdMiddleware:
    """X-Request-ID in and out: the caller's, if it is sane, else a new one. Logs, jobs and events carry it."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        request_id = given if _SANE_ID.fullmatch(given) else uuid.uuid4().hex
        request.request_id = request_id  # type: ignore[attr-defined]
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            response = self.get_response(request)
        response["X-Request-ID"] = request_id
        return response


class ProblemMiddleware:
    """Errors under /api/ that no DRF view made (404, 405, 500 …) are problem+json too."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code >= 400 and request.path.startswith("/api/"):
            return errors.as_problem(request, response)
        return response


class TenantMiddleware:
    """Runs each view in one transaction that knows its user: it succeeds and commits, or fails and leaves nothing.

    The admin sees all rows (staff alone get in); everything else sees the user's workspaces. Nobody signed in: no rows.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: list[Any], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        try:
            user = _user(request)
            if user is None or iscoroutinefunction(view):
                return None
            response = _in_scope(user, request, lambda: view(request, *args, **kwargs))
            introduce(request, response)
            return response
        except Exception as error:
            if (answer := errors.answer_to(request, error)) is None:
                raise
            return answer
        finally:
            if not connection.in_atomic_block:  # back to the pool: a long answer is read slowly without a connection
                connection.close_if_unusable_or_obsolete()

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """For views that anybody may call, such as the login."""
        return errors.answer_to(request, exception)


def _in_scope(user: User, request: HttpRequest, view: Callable[[], HttpResponse]) -> HttpResponse:
    in_admin = request.path.startswith("/admin/") and user.is_staff
    with tenancy.as_staff(user) if in_admin else tenancy.as_user(user):
        response = view()
        # A template is rendered here and not later, for it reads the database too.
        if hasattr(response, "render") and not getattr(response, "is_rendered", True):
            response = response.render()
        if response.status_code >= 400:
            transaction.set_rollback(True)
    return response


def _user(request: HttpRequest) -> User | None:
    if request.path.startswith("/api/") and (user := bearer_user(request)):
        request.user = user
        return user
    if request.path in ("/healthz", "/readyz", "/metrics"):
        return None  # they answer while the database is away
    return request.user if request.user.is_authenticated else guest_of(request)
