"""Vectors from a server that speaks OpenAI's `/embeddings`: in batches, waiting where it asks to."""

import json
import time
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

import httpcore
import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from analysis.engines import http
from analysis.engines.http import Deadline
from analysis.engines.llm.circuit import Circuit
from documents.errors import Unavailable

BATCH = 256  # texts of a request

_BUSY = (408, 409, 425, 429, 500, 502, 503, 504, 529)
_QUOTA = ("insufficient_quota", "quota_exceeded", "billing_hard_limit_reached")
_FIRST_WAIT, _LONGEST_WAIT = 0.5, 8.0  # seconds between attempts; they double
_MOST = 64 << 20  # bytes of an answer: 256 vectors of 3,072 numbers are 17 MB of JSON
_LONGEST_NAME = 120


class OpenAi:
    """The model EMBEDDING_MODEL of the server at EMBEDDING_URL. Shared by threads.

    `passages` and `queries` raise Unavailable: `embedding_timeout`, `embedding_unreachable`, `embedding_rate_limited`,
    `embedding_quota_exceeded`, `embedding_status`, `embedding_answer`, `embedding_resting` (it failed repeatedly, and
    is left alone for a minute).
    """

    def __init__(self) -> None:
        self._query_prefix, self._passage_prefix = settings.EMBEDDING_PREFIXES
        self._circuit = Circuit()

    @property
    def name(self) -> str:
        """All that other vectors would come of."""
        parts = [
            settings.EMBEDDING_MODEL,
            settings.EMBEDDING_DIMENSIONS or "",
            self._query_prefix,
            self._passage_prefix,
        ]
        return "|".join(map(str, parts)).rstrip("|")[:_LONGEST_NAME]

    @cached_property
    def dimensions(self) -> int:
        """Those that were asked for, or else those of a vector that the server is asked for now. Raises Unavailable."""
        return settings.EMBEDDING_DIMENSIONS or self.queries(["dimensions"]).shape[1]

    def passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self._vectors(self._passage_prefix, texts)

    def queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self._vectors(self._query_prefix, texts)

    def _vectors(self, prefix: str, texts: Sequence[str]) -> NDArray[np.float32]:
        if not texts:
            return np.empty((0, self.dimensions), np.float32)
        prefixed = [prefix + text.strip() or " " for text in texts]  # an empty text is refused
        batches = [self._guarded(prefixed[begin : begin + BATCH]) for begin in range(0, len(prefixed), BATCH)]
        if len({batch.shape[1] for batch in batches}) > 1:
            raise _unusable()
        return np.concatenate(batches)

    def _guarded(self, texts: list[str]) -> NDArray[np.float32]:
        if not self._circuit.admits():
            raise Unavailable("embedding_resting", "The embedding server failed repeatedly and is left alone a minute.")
        try:
            found = _asked(texts)
        except Unavailable:
            self._circuit.failed()
            raise
        self._circuit.succeeded()
        return found


def _asked(texts: list[str]) -> NDArray[np.float32]:
    """One batch, after as many attempts as EMBEDDING_TIMEOUT_SECONDS allow."""
    deadline = Deadline(settings.EMBEDDING_TIMEOUT_SECONDS)
    body: dict[str, Any] = {"model": settings.EMBEDDING_MODEL, "input": texts}
    if settings.EMBEDDING_DIMENSIONS:
        body["dimensions"] = settings.EMBEDDING_DIMENSIONS
    for wait in _waits():
        try:
            reply = _post(body, deadline)
        except httpcore.TimeoutException:
            detail = "The embedding server did not answer in time (EMBEDDING_TIMEOUT_SECONDS)."
            raise Unavailable("embedding_timeout", detail) from None
        except http.TooLong:
            raise _unusable() from None
        except (httpcore.NetworkError, httpcore.ProtocolError) as error:
            kind = type(error).__name__
            detail = f"The embedding server can't be reached at EMBEDDING_URL ({kind}). Check that it runs."
            _pause(wait, deadline, Unavailable("embedding_unreachable", detail))
            continue
        if reply.status == 200:
            return _read(reply.body, len(texts))
        error_ = _refusal(reply)
        if reply.status not in _BUSY or error_.code == "embedding_quota_exceeded":
            raise error_
        _pause(max(wait, reply.retry_after or 0), deadline, error_)
    raise AssertionError  # the waits never end


def _waits() -> Iterator[float]:
    wait = _FIRST_WAIT
    while True:
        yield wait
        wait = min(2 * wait, _LONGEST_WAIT)


def _pause(seconds: float, deadline: Deadline, error: Unavailable) -> None:
    """Waits for the next attempt; raises `error` where there is no time for one."""
    try:
        left = deadline.left()
    except httpcore.TimeoutException:
        left = 0
    if seconds >= left:
        raise error from None
    time.sleep(seconds)


def _post(body: dict[str, Any], deadline: Deadline) -> http.Reply:
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    if settings.EMBEDDING_API_KEY:
        headers["Authorization"] = f"Bearer {settings.EMBEDDING_API_KEY}"
    url = f"{settings.EMBEDDING_URL}/embeddings"
    return http.ask("POST", url, deadline=deadline, headers=headers, body=json.dumps(body).encode(), most=_MOST)


def _refusal(reply: http.Reply) -> Unavailable:
    """What the server's status means; its sentences may quote texts or the key, and stay out."""
    if reply.status == 402 or _reason(reply.body) & set(_QUOTA):
        detail = "The quota of the embedding server is used up. Raise it, or choose another server (EMBEDDING_URL)."
        return Unavailable("embedding_quota_exceeded", detail, retry_after=3600)
    if reply.status == 429:
        detail = (
            "The embedding server takes no more for now. It is tried again; ask it for a higher rate if this stays."
        )
        return Unavailable("embedding_rate_limited", detail, retry_after=reply.retry_after)
    return Unavailable("embedding_status", f"The embedding server answered {reply.status}. See its log.")


def _reason(body: bytes) -> set[str]:
    try:
        error = json.loads(body)["error"]
        return {value for value in (error.get("code"), error.get("type")) if isinstance(value, str)}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return set()


def _read(body: bytes, count: int) -> NDArray[np.float32]:
    """The vectors of an answer in the order of the texts, made 1 long."""
    try:
        given = sorted(json.loads(body)["data"], key=lambda item: item["index"])
        found = np.array([item["embedding"] for item in given], float)
        places = [item["index"] for item in given]
    except (ValueError, KeyError, TypeError, RecursionError, OverflowError):
        raise _unusable() from None
    if (
        found.ndim != 2
        or places != list(range(count))
        or found.shape[1] != (settings.EMBEDDING_DIMENSIONS or found.shape[1])
    ):
        raise _unusable()
    with np.errstate(over="ignore"):  # what is too long is not finite
        lengths = np.linalg.norm(found, axis=1, keepdims=True)
    if not (np.isfinite(lengths).all() and lengths.all()):
        raise _unusable()
    return np.asarray(found / lengths, np.float32)


def _unusable() -> Unavailable:
    return Unavailable("embedding_answer", "The embedding server's answer can't be used: it is not of its protocol.")
