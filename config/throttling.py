"""How often one may call: sliding windows in Redis. Without Redis nobody is held up."""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from typing import TYPE_CHECKING, TypeVar

import redis
import structlog
from django.conf import settings
from django.http import HttpRequest
from limits import RateLimitItem, RateLimitItemPerSecond
from limits.storage import RedisStorage
from limits.strategies import SlidingWindowCounterRateLimiter
from prometheus_client import Counter
from redis.backoff import NoBackoff
from redis.retry import Retry
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from documents import guests
from documents.errors import RateLimited

if TYPE_CHECKING:
    from rest_framework.views import APIView  # which imports us

log = structlog.get_logger(__name__)

LIMITED = Counter("vouch_requests_limited_total", "Requests that were answered 429", ["limit"])

T = TypeVar("T")

_ANSWER_SECONDS = 0.25  # how long Redis may take
_REST_SECONDS = 5.0  # for how long it isn't asked after it did not answer
_LOG_SECONDS = 60.0


class _Windows:
    """The counters in Redis. While it is away, one request in `_REST_SECONDS` waits for it, and the others don't."""

    def __init__(self, url: str) -> None:
        patience = {"socket_timeout": _ANSWER_SECONDS, "socket_connect_timeout": _ANSWER_SECONDS}
        never = Retry(NoBackoff(), 0)
        self._storage = RedisStorage(url, key_prefix="vouch:limits", retry=never, **patience)  # type: ignore[arg-type]
        self._limiter = SlidingWindowCounterRateLimiter(self._storage)
        self._away_until = self._logged_at = -math.inf

    def hit(self, item: RateLimitItem, *who: str, cost: int = 1) -> bool:
        return self._ask(lambda: self._limiter.hit(item, *who, cost=cost), otherwise=True)

    def allows(self, item: RateLimitItem, *who: str) -> bool:
        return self._ask(lambda: self._limiter.test(item, *who), otherwise=True)

    def wait(self, item: RateLimitItem, *who: str) -> int:
        """Seconds until the next hit will be allowed, at least one."""
        length = item.get_expiry()
        none = (0, 0.0, 0, 0.0)
        before, rest, now, expires_in = self._ask(
            lambda: self._storage.get_sliding_window(item.key_for(*who), length), otherwise=none
        )
        # A window's hits weigh less and less during the next window, at whose end (`rest`, `expires_in`) they are gone.
        if now >= item.amount:
            seconds = expires_in - length * item.amount / now
        else:
            seconds = rest - length * (item.amount - now) / before if before else 0.0
        return max(0, math.floor(seconds)) + 1

    def _ask(self, question: Callable[[], T], *, otherwise: T) -> T:
        now = time.monotonic()
        if now < self._away_until:
            return otherwise
        if self._away_until > 0:
            self._away_until = now + _REST_SECONDS  # this one tries whether it is back
        try:
            answer = question()
        except redis.RedisError as error:
            self._away_until = now + _REST_SECONDS
            if now - self._logged_at > _LOG_SECONDS:
                self._logged_at = now
                log.warning("limits_not_held", error=type(error).__name__)
            return otherwise
        self._away_until = -math.inf
        return answer


@lru_cache(maxsize=1)
def _windows_at(url: str) -> _Windows:
    return _Windows(url)


def _windows() -> _Windows:
    return _windows_at(settings.REDIS_URL)


@dataclass(frozen=True)
class Limit:
    """At most as often as `setting` says within `seconds`; 0 is no limit. Refusals say `code` and `detail`."""

    name: str
    setting: str
    seconds: int
    code: str
    detail: str
    times: int = 1  # the setting is multiplied by this

    def spend(self, *who: object) -> None:
        """Counts one. Raises RateLimited, and counts nothing, if that would be one too many."""
        if (item := self._item()) and not _windows().hit(item, *map(str, who)):
            self._refuse(item, *map(str, who))

    def check(self, *who: object) -> None:
        """Raises RateLimited if nothing is left; counts nothing."""
        if (item := self._item()) and not _windows().allows(item, *map(str, who)):
            self._refuse(item, *map(str, who))

    def give_back(self, *who: object) -> None:
        """Takes back what was counted last."""
        if item := self._item():
            _windows().hit(item, *map(str, who), cost=-1)

    @contextmanager
    def spent(self, *who: object) -> Iterator[None]:
        """Counts one for what the block does; not if the block fails."""
        self.spend(*who)
        try:
            yield
        except Exception:
            self.give_back(*who)
            raise

    def _item(self) -> RateLimitItem | None:
        amount = getattr(settings, self.setting) * self.times
        return RateLimitItemPerSecond(amount, self.seconds, namespace=self.name) if amount else None

    def _refuse(self, item: RateLimitItem, *who: str) -> None:
        LIMITED.labels(limit=self.name).inc()
        wait = _windows().wait(item, *who)
        detail = self.detail.format(amount=f"{item.amount:,}", wait=_words(wait))
        raise RateLimited(self.code, detail, retry_after=wait)


def _words(seconds: int) -> str:
    """61: 2 minutes."""
    for length, unit in ((3600, "hour"), (60, "minute")):
        if seconds > length:
            return f"{math.ceil(seconds / length)} {unit}s"
    return f"{seconds} seconds" if seconds > 1 else "a second"


UPLOADS = Limit(
    "uploads",
    "UPLOADS_PER_DAY",
    86_400,
    "too_many_uploads",
    "You may hand in {amount} files within a day. The next one is taken in {wait}.",
)
POLLS = Limit(
    "polls",
    "POLLS_PER_MINUTE",
    60,
    "too_many_polls",
    "You may ask for a job {amount} times a minute. Ask again in {wait}, or let the server tell you: see docs/api.md.",
)
REQUESTS = Limit(
    "requests",
    "REQUESTS_PER_HOUR",
    3600,
    "too_many_requests",
    "You may call this {amount} times an hour. Try again in {wait}.",
)
# A guest who throws the cookie away is another one: the address is what counts.
GUEST_REQUESTS = Limit(
    "guest_requests", "GUEST_REQUESTS_PER_HOUR", 3600, REQUESTS.code, "Without an account y" + REQUESTS.detail[1:]
)
GUEST_UPLOADS = Limit(
    "guest_uploads", "GUEST_UPLOADS_PER_DAY", 86_400, UPLOADS.code, "Without an account y" + UPLOADS.detail[1:]
)
_IMAGES = Limit("images", REQUESTS.setting, REQUESTS.seconds, REQUESTS.code, REQUESTS.detail, times=20)

# Whoever leafs through a scan sees hundreds of images, and whoever writes a review changes it as often.
_LIMITS = {"api-document-page": _IMAGES, "api-review-verdict": _IMAGES}
# Routes that are asked again and again until something has happened, by the name of what they are asked for.
_POLLED = {
    "api-job": "job_id",
    "api-job-events": "job_id",
    "api-processing-status": "document_id",
    "api-review": "job_id",
}
_PAGED = "cursor"  # who asks for the next page of a list doesn't poll


class RequestsPerHour(BaseThrottle):
    """Of one user (of one address, for those who are not signed in) to one route."""

    def allow_request(self, request: Request, view: "APIView") -> bool:
        if request.user and guests.is_guest(request.user):
            GUEST_REQUESTS.spend(address(request))
        route = _route(request)
        _LIMITS.get(route, REQUESTS).spend(_caller(request), request.method, route)
        return True


class PollsPerMinute(BaseThrottle):
    """Of one user for one job. Who asks for a stream of events, or for a further page, does not poll."""

    def allow_request(self, request: Request, view: "APIView") -> bool:
        name = _POLLED.get(_route(request))
        streams = "text/event-stream" in request.headers.get("Accept", "")
        if name and request.method == "GET" and not streams and _PAGED not in request.query_params:
            POLLS.spend(_caller(request), view.kwargs[name])
        return True


def _route(request: Request) -> str:
    return request.resolver_match.view_name if request.resolver_match else request.path


def _caller(request: Request) -> str:
    return f"user:{request.user.pk}" if request.user else f"address:{address(request)}"


def address(request: HttpRequest | Request) -> str:
    """Where a request comes from. Who has an IPv6 address has 2^64 of them: they count as one."""
    given = str(request.META.get("REMOTE_ADDR", ""))
    try:
        parsed = ip_address(given)
    except ValueError:  # a Unix socket has none
        return given
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is None:
        return f"{parsed.exploded[:19]}::/64"
    return given
