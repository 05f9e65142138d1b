"""Guests over HTTP: who may come without an account, by which cookie or header, and how often."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.request import Request

from config import throttling
from documents import guests
from documents.models import User

COOKIE, HEADER = "vouch_guest", "X-Guest-Token"
_PATHS = ("/api/v1/reviews", "/reviews")  # what is open to guests


class GuestAuthentication(BaseAuthentication):
    """The guest that the tenant middleware found or made. Any page can make a browser send a cookie: hence CSRF."""

    def authenticate(self, request: Request) -> Any:
        guest = getattr(request._request, "guest", None)
        if guest is None:
            return None
        if getattr(request._request, "guest_by_cookie", False):
            SessionAuthentication().enforce_csrf(request)
        return guest, None


def guest_of(request: HttpRequest) -> User | None:
    """The guest of a request to what is open to guests: a known one, or a new one for whoever sends something.

    None if guests aren't let in, or there is nobody to know. Raises RateLimited for an address that asks too often.
    """
    if not settings.REVIEWS_GUESTS or not request.path.startswith(_PATHS):
        return None
    shown, by_cookie = request.headers.get(HEADER, ""), False
    if not shown:
        shown, by_cookie = request.COOKIES.get(COOKIE, ""), True
    guest = guests.find(shown) if shown else None
    if guest is None:
        if request.method != "POST" or request.headers.get("Authorization"):
            return None
        throttling.GUEST_REQUESTS.check(throttling.address(request))
        guest, by_cookie = guests.create(), False
        request.guest_token = guests.token(guest)  # type: ignore[attr-defined]
    request.guest, request.guest_by_cookie = guest, by_cookie  # type: ignore[attr-defined]
    return guest


def introduce(request: HttpRequest, response: HttpResponse) -> None:
    """Tells a new guest how to be known again."""
    if shown := getattr(request, "guest_token", ""):
        response[HEADER] = shown
        response.set_cookie(
            COOKIE,
            shown,
            max_age=settings.GUEST_HOURS * 3600,
            path="/",
            secure=settings.HTTPS,
            httponly=True,
            samesite="Lax",
        )
