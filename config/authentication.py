"""Who is asking: a session, or a bearer token that the tenant middleware has already read."""

from dataclasses import dataclass
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user
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


@dataclass(frozen=True)
class Credential:
    """What a connection that stays open was opened with: good for asking again whether it still holds."""

    authorization: str = ""
    session_key: str = ""

    @classmethod
    def of(cls, request: HttpRequest) -> "Credential":
        session_key = request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")
        return cls(request.headers.get("Authorization", ""), session_key)

    def user(self) -> User | None:
        """Whose it is; None once the token or session has ended, by time, sign-out or a changed password."""
        request = HttpRequest()
        if self.authorization:
            request.META["HTTP_AUTHORIZATION"] = self.authorization
            return bearer_user(request)
        if not self.session_key:
            return None
        request.session = import_module(settings.SESSION_ENGINE).SessionStore(self.session_key)
        user = get_user(request)
        return user if user.is_authenticated else None
