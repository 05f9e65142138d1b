"""Who is asking: a session, or a bearer token that the tenant middleware has already read."""

from typing import Any

from django.http import HttpRequest
from rest_framework.request import Request
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.exceptions import AuthenticationFailed, InvalidToken

from documents.models import User


class BearerAuthentication(JWTAuthentication):
    """JWT in the Authorization header. The middleware needs the user before the view: what it found is used again."""

    def authenticate(self, request: Request) -> Any:
        found = getattr(request._request, "bearer", None)
        return found or super().authenticate(request)


def bearer_user(request: HttpRequest) -> User | None:
    """The user of a valid bearer token, or None; the view answers 401 to an invalid one."""
    if not request.headers.get("Authorization", "").startswith("Bearer "):
        return None
    try:
        found = JWTAuthentication().authenticate(request)  # type: ignore[arg-type]
    except (InvalidToken, AuthenticationFailed):
        return None
    if found is None:
        return None
    request.bearer = found  # type: ignore[attr-defined]
    return found[0]  # type: ignore[return-value]
