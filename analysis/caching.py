"""Answers that cost much to find again, kept in Redis for a while: without Redis they are found again.

A key names everything that an answer depends on, versions of engines and models included, so that none is ever wrong.
"""

import hashlib
import math
import time
import zlib
from collections.abc import Callable
from functools import lru_cache

import redis
import structlog
from django.conf import settings
from prometheus_client import Counter

log = structlog.get_logger(__name__)

REQUESTS = Counter("vouch_cache_requests_total", "Answers looked up in a cache", ["cache", "outcome"])

_TIMEOUT_SECONDS = 0.5  # a slow cache is worse than none
_REST_SECONDS = 30  # for which a Redis that failed is not asked again
_MAX_BYTES = 2**20  # compressed; rarer and larger answers would crowd out what the broker needs


class Cache:
    """One kind of answers. `outcome` of its metric: hit, miss, or away while Redis can't be asked."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._away_until = -math.inf

    def get_or_make(self, make: Callable[[], bytes], *parts: str | bytes) -> bytes:
        """The answer kept for `parts`, else a new one, kept for CACHE_HOURS; 0 hours keep none."""
        if not settings.CACHE_HOURS:
            return make()
        key = self._key(parts)
        if (kept := self._ask(lambda client: client.get(key))) is not None:
            answer = _unpacked(kept)
            if answer is not None:
                self._count("hit")
                return answer
        self._count("away" if self._is_away else "miss")
        answer = make()
        self._keep(key, answer)
        return answer

    def _keep(self, key: str, answer: bytes) -> None:
        packed = zlib.compress(answer, 1)
        if len(packed) <= _MAX_BYTES:
            self._ask(lambda client: client.set(key, packed, ex=settings.CACHE_HOURS * 3_600))

    def _key(self, parts: tuple[str | bytes, ...]) -> str:
        """Of a keyed hash: nobody who sees Redis can tell from a key whether a known document is there."""
        digest = hashlib.blake2b(key=settings.SECRET_KEY.encode()[:64], digest_size=24)
        for part in parts:
            data = part.encode() if isinstance(part, str) else part
            digest.update(len(data).to_bytes(8, "big"))
            digest.update(data)
        return f"vouch:cache:{self.name}:{digest.hexdigest()}"

    @property
    def _is_away(self) -> bool:
        return time.monotonic() < self._away_until

    def _ask(self, question: "Callable[[redis.Redis], object]") -> bytes | None:
        if self._is_away:
            return None
        try:
            answer = question(_client(settings.REDIS_URL))
        except redis.RedisError as error:
            self._away_until = time.monotonic() + _REST_SECONDS
            log.warning("cache_away", cache=self.name, error=type(error).__name__)
            return None
        return answer if isinstance(answer, bytes) else None

    def _count(self, outcome: str) -> None:
        REQUESTS.labels(cache=self.name, outcome=outcome).inc()


@lru_cache(maxsize=1)
def _client(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, socket_connect_timeout=_TIMEOUT_SECONDS, socket_timeout=_TIMEOUT_SECONDS)


def _unpacked(kept: bytes) -> bytes | None:
    """None for what is damaged, which is made again."""
    try:
        return zlib.decompress(kept)
    except zlib.error:
        return None
