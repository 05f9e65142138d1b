"""Answers that cost much to find again, kept in Redis for a while: without Redis they are found again.

A key names everything that an answer depends on, versions of engines and models included, so that none is ever wrong.
An index beside the answers bounds their sum, and knows which documents they were read from.
"""

import hashlib
import math
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache, partial
from uuid import UUID

import redis
import structlog
from django.conf import settings
from django.db import transaction
from prometheus_client import Counter

log = structlog.get_logger(__name__)

REQUESTS = Counter("vouch_cache_requests_total", "Answers looked up in a cache", ["cache", "outcome"])

_TIMEOUT_SECONDS = 0.5  # a slow cache is worse than none
_REST_SECONDS = 30  # for which a Redis that failed is not asked again
_MAX_BYTES = 2**20  # compressed; rarer and larger answers would crowd out what the broker needs
_ENTRY_BYTES = 500  # what Redis needs for an answer's key and its places in the index, about
_GONE_SECONDS = 600  # for which nothing more is kept of a deleted document, which a worker may still be reading

_PREFIX = "vouch:cache"
_INDEX = [f"{_PREFIX}:ages", f"{_PREFIX}:sizes", f"{_PREFIX}:bytes"]  # by answer: when it was kept, its bytes; the sum

# Scripts, because Redis runs each as a whole. KEYS: the index, and from the 4th on what is said of each.
_DROP = """
local function drop(answer)
    local size = redis.call('HGET', KEYS[2], answer)
    redis.call('DEL', answer)
    redis.call('ZREM', KEYS[1], answer)
    redis.call('HDEL', KEYS[2], answer)
    return size and redis.call('DECRBY', KEYS[3], size) or tonumber(redis.call('GET', KEYS[3]) or 0)
end
"""
# KEYS: the document's answers and its tombstone, '' without a document; the answer. ARGV: seconds to keep it
_LOOK_UP = """
local found = redis.call('GET', KEYS[6])
if found and KEYS[4] ~= '' and redis.call('EXISTS', KEYS[5]) == 0 then
    redis.call('SADD', KEYS[4], KEYS[6])
    redis.call('EXPIRE', KEYS[4], ARGV[1])
end
return found
"""
# KEYS: as above. ARGV: seconds to keep it, bytes of all, bytes beside this one, the answer
_KEEP = (
    _DROP
    + """
if redis.call('EXISTS', KEYS[5]) == 1 then return end
drop(KEYS[6])
redis.call('SET', KEYS[6], ARGV[4], 'EX', ARGV[1])
if KEYS[4] ~= '' then
    redis.call('SADD', KEYS[4], KEYS[6])
    redis.call('EXPIRE', KEYS[4], ARGV[1])
end
local clock = redis.call('TIME')
local now, size = clock[1] * 1000000 + clock[2], #ARGV[4] + ARGV[3]
redis.call('ZADD', KEYS[1], string.format('%.0f', now), KEYS[6])
redis.call('HSET', KEYS[2], KEYS[6], size)
local sum = redis.call('INCRBY', KEYS[3], size)
while true do
    local oldest = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
    if not oldest[1] or (sum <= tonumber(ARGV[2]) and oldest[2] + ARGV[1] * 1000000 > now) then return end
    sum = drop(oldest[1])
end
"""
)
# KEYS: the document's answers, its tombstone. ARGV: seconds that the tombstone stands
_FORGET = (
    _DROP
    + """
for _, answer in ipairs(redis.call('SMEMBERS', KEYS[4])) do drop(answer) end
redis.call('DEL', KEYS[4])
redis.call('SET', KEYS[5], '', 'EX', ARGV[1])
"""
)

_document: ContextVar[UUID | None] = ContextVar("document", default=None)


@contextmanager
def belonging_to(document_id: UUID) -> Iterator[None]:
    """What is looked up and kept within is forgotten with the document, and found anew if another one needs it."""
    token = _document.set(document_id)
    try:
        yield
    finally:
        _document.reset(token)


def forget_document(document_id: UUID, _workspace_id: UUID) -> None:
    """Once the transaction is committed, nothing is kept that was read from this document."""
    transaction.on_commit(partial(_forget, document_id))


def _forget(document_id: UUID) -> None:
    try:
        _client(settings.REDIS_URL).eval(_FORGET, 5, *_INDEX, *_of(document_id), _GONE_SECONDS)
    except redis.RedisError as error:  # then it is forgotten after CACHE_HOURS
        log.error("cache_not_purged", document=str(document_id), error=type(error).__name__)


def _of(document_id: UUID | None) -> list[str]:
    return [f"{_PREFIX}:of:{document_id}", f"{_PREFIX}:gone:{document_id}"] if document_id else ["", ""]


class Cache:
    """One kind of answers. `outcome` of its metric: hit, miss, or away while Redis can't be asked."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._away_until = -math.inf

    def get_or_make(
        self, make: Callable[[], bytes], *parts: str | bytes, keep: Callable[[], bool] = lambda: True
    ) -> bytes:
        """The answer kept for `parts`, else a new one, kept for CACHE_HOURS if `keep` says so then; 0 hours keep none.

        All answers together take at most CACHE_MAX_MB; the oldest go first.
        """
        if not settings.CACHE_HOURS:
            return make()
        key = self._key(parts)
        if (kept := self._ask(_LOOK_UP, key)) is not None:
            answer = _unpacked(kept)
            if answer is not None:
                self._count("hit")
                return answer
        self._count("away" if self._is_away else "miss")
        answer = make()
        if keep():
            self._keep(key, answer)
        return answer

    def _keep(self, key: str, answer: bytes) -> None:
        packed = zlib.compress(answer, 1)
        if len(packed) <= _MAX_BYTES:
            self._ask(_KEEP, key, settings.CACHE_MAX_MB * 2**20, _ENTRY_BYTES, packed)

    def _key(self, parts: tuple[str | bytes, ...]) -> str:
        """Of a keyed hash: nobody who sees Redis can tell from a key whether a known document is there."""
        digest = hashlib.blake2b(key=settings.SECRET_KEY.encode()[:64], digest_size=24)
        for part in parts:
            data = part.encode() if isinstance(part, str) else part
            digest.update(len(data).to_bytes(8, "big"))
            digest.update(data)
        return f"{_PREFIX}:{self.name}:{digest.hexdigest()}"

    @property
    def _is_away(self) -> bool:
        return time.monotonic() < self._away_until

    def _ask(self, script: str, key: str, *arguments: int | bytes) -> bytes | None:
        if self._is_away:
            return None
        keys, seconds = [*_INDEX, *_of(_document.get()), key], settings.CACHE_HOURS * 3_600
        try:
            answer = _client(settings.REDIS_URL).eval(script, len(keys), *keys, seconds, *arguments)
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
