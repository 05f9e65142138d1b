"""Servers that speak OpenAI's `/embeddings`: attempts within one deadline, refusals, and what counts as an answer."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import httpcore
import numpy as np
from numpy.typing import NDArray

from analysis.engines import http
from analysis.engines.http import Deadline
from analysis.engines.llm.circuit import Circuit
from documents.errors import Unavailable

_BUSY = (408, 409, 425, 429, 500, 502, 503, 504, 529)
_QUOTA = ("insufficient_quota", "quota_exceeded", "billing_hard_limit_reached")
_FIRST_WAIT, _LONGEST_WAIT = 0.5, 8.0  # seconds between attempts; they double
_MOST = 64 << 20  # bytes of an answer: 256 vectors of 3,072 numbers are 17 MB of JSON


@dataclass(frozen=True, slots=True)
class Server:
    """A server and the model that it is asked for; the names of its settings begin with `setting`."""

    setting: str
    url: str
    model: str
    api_key: str
    dimensions: int = 0  # that are asked for; 0: as many as the model has

    def vectors(self, inputs: Sequence[str], seconds: float, **more: str) -> NDArray[np.float32]:
        """Of one batch, inputs x dimensions, each of length 1, after as many attempts as the seconds allow.

        `more` goes into the request as it is. Raises Unavailable: `embedding_timeout`, `embedding_unreachable`,
        `embedding_rate_limited`, `embedding_quota_exceeded`, `embedding_status`, `embedding_answer`.
        """
        deadline = Deadline(seconds)
        body = {"model": self.model, "input": list(inputs), **more}
        data = json.dumps(body | ({"dimensions": self.dimensions} if self.dimensions else {})).encode()
        for wait in _waits():
            try:
                reply = self._post(data, deadline)
            except httpcore.TimeoutException:
                detail = f"The embedding server did not answer in time ({self.setting}_TIMEOUT_SECONDS)."
                raise Unavailable("embedding_timeout", detail) from None
            except http.TooLong:
                raise unusable() from None
            except (httpcore.NetworkError, httpcore.ProtocolError) as error:
                kind = type(error).__name__
                detail = f"The embedding server can't be reached at {self.setting}_URL ({kind}). Check that it runs."
                _pause(wait, deadline, Unavailable("embedding_unreachable", detail))
                continue
            if reply.status == 200:
                return _read(reply.body, len(inputs), self.dimensions)
            refusal = self._refusal(reply)
            if reply.status not in _BUSY or refusal.code == "embedding_quota_exceeded":
                raise refusal
            _pause(max(wait, reply.retry_after or 0), deadline, refusal)
        raise AssertionError  # the waits never end

    def _post(self, data: bytes, deadline: Deadline) -> http.Reply:
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if self.api_key:
            headers["Authorization"] = f"Bearer {self.api_key}"
        return http.ask("POST", f"{self.url}/embeddings", deadline=deadline, headers=headers, body=data, most=_MOST)

    def _refusal(self, reply: http.Reply) -> Unavailable:
        """What the server's status means; its sentences may quote texts or the key, and stay out."""
        if reply.status == 402 or _reason(reply.body) & set(_QUOTA):
            detail = f"The quota of the embedding server is used up. Raise it, or choose another ({self.setting}_URL)."
            return Unavailable("embedding_quota_exceeded", detail, retry_after=3600)
        if reply.status == 429:
            detail = (
                "The embedding server takes no more for now. It is tried again; ask it for a higher rate if this stays."
            )
            return Unavailable("embedding_rate_limited", detail, retry_after=reply.retry_after)
        return Unavailable("embedding_status", f"The embedding server answered {reply.status}. See its log.")


def guarded(circuit: Circuit, ask: Callable[[], NDArray[np.float32]]) -> NDArray[np.float32]:
    """What `ask` gives; a server that failed repeatedly isn't asked. Raises Unavailable, `embedding_resting` too."""
    if not circuit.admits():
        raise Unavailable("embedding_resting", "The embedding server failed repeatedly and is left alone a minute.")
    try:
        found = ask()
    except Unavailable:
        circuit.failed()
        raise
    circuit.succeeded()
    return found


def unusable() -> Unavailable:
    return Unavailable("embedding_answer", "The embedding server's answer can't be used: it is not of its protocol.")


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


def _reason(body: bytes) -> set[str]:
    try:
        error = json.loads(body)["error"]
        return {value for value in (error.get("code"), error.get("type")) if isinstance(value, str)}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return set()


def _read(body: bytes, count: int, dimensions: int) -> NDArray[np.float32]:
    """The vectors of an answer in the order of the inputs, made 1 long."""
    try:
        given = sorted(json.loads(body)["data"], key=lambda item: item["index"])
        found = np.array([item["embedding"] for item in given], float)
        places = [item["index"] for item in given]
    except (ValueError, KeyError, TypeError, RecursionError, OverflowError):
        raise unusable() from None
    if found.ndim != 2 or places != list(range(count)) or found.shape[1] != (dimensions or found.shape[1]):
        raise unusable()
    with np.errstate(over="ignore"):  # what is too long is not finite
        lengths = np.linalg.norm(found, axis=1, keepdims=True)
    if not (np.isfinite(lengths).all() and lengths.all()):
        raise unusable()
    return np.asarray(found / lengths, np.float32)
