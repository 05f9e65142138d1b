"""Guessing passwords takes for ever: failures are counted by user name and by address, whatever the door."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest

from config.throttling import Limit, address
from documents.models import User

_DETAIL = "There were too many attempts to sign in. Try again in {wait}."
# A name from an address; and, as there are many of one as well as of the other, each of them alone.
_LIMITS = {
    name: Limit(f"logins_by_{name}", "LOGIN_FAILURES_PER_HOUR", 3600, "too_many_logins", _DETAIL, times=times)
    for name, times in (("pair", 1), ("name", 5), ("address", 5))
}


class GuardedBackend(ModelBackend):
    """Django's own, behind the limits: for the API's tokens, the login page and the admin's alike."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> User | None:
        """The user, or None for a wrong password; RateLimited, whatever the password, after too many failures."""
        if request is None:  # nobody from outside
            return super().authenticate(request, username, password, **kwargs)
        name, place = (username or "")[:150].casefold(), address(request)
        keys = {"pair": (name, place), "name": (name,), "address": (place,)}
        for kind, who in keys.items():
            _LIMITS[kind].check(*who)
        user = super().authenticate(request, username, password, **kwargs)
        if user is None:
            for kind, who in keys.items():
                _LIMITS[kind].spend(*who)
        return user
