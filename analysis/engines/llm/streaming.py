"""The language model's answer piece by piece, as its server sends it (`"stream": true` of the chat protocol)."""

import json
import time
from collections.abc import Iterator, Sequence
from typing import Any

import httpcore
import structlog
from django.conf import settings

from analysis.engines import http
from analysis.engines.http import Deadline
from analysis.engines.llm import accounting
from analysis.engines.llm.accounting import Call
from analysis.engines.llm.client import Message, circuit, is_configured, model
from documents.errors import Unavailable

log = structlog.get_logger(__name__)

_MOST = 1 << 20  # bytes of an answer
_TYPE = "text/event-stream"


def stream(messages: Sequence[Message], *, purpose: str, seconds: float | None = None) -> Iterator[str]:
    """Parts of the answer as they come; no second attempt, for somebody waits. A server that doesn't stream gives one.

    Raises Unavailable as `client.complete` does; then what came before is not the whole answer.
    """
    if not is_configured():
        raise Unavailable("llm_not_configured", "There is no language model. Set LLM_URL and LLM_MODEL to use one.")
    if not circuit.admits():
        raise Unavailable("llm_resting", "The language model failed repeatedly and is left alone for a minute.")
    begun, usage = time.monotonic(), dict[str, Any]()
    code = ""
    try:
        yield from _parts(messages, Deadline(settings.LLM_TIMEOUT_SECONDS if seconds is None else seconds), usage)
        circuit.succeeded()
    except Unavailable as error:
        code = error.code
        log.warning("llm_failed", purpose=purpose, error_code=code, detail=error.detail)
        circuit.failed()
        raise
    finally:  # also when who reads it leaves
        spent = time.monotonic() - begun
        accounting.note(Call(purpose, model(), spent, _count(usage, "prompt"), _count(usage, "completion"), code))


def _parts(messages: Sequence[Message], deadline: Deadline, usage: dict[str, Any]) -> Iterator[str]:
    asked = {"model": settings.LLM_MODEL, "messages": messages, **settings.LLM_PARAMETERS, "stream": True}
    headers = {"Content-Type": "application/json", "Accept": _TYPE}
    if settings.LLM_API_KEY:
        headers["Authorization"] = f"Bearer {settings.LLM_API_KEY}"
    url, body = f"{settings.LLM_URL}/chat/completions", json.dumps(asked).encode()
    try:
        with http.streamed("POST", url, deadline=deadline, headers=headers, body=body) as response:
            if response.status != 200:
                raise Unavailable("llm_status", f"The language model's server answered {response.status}. See its log.")
            named = {name.lower(): value for name, value in response.headers}
            streams = named.get(b"content-type", b"").startswith(_TYPE.encode())
            for event in _events(response) if streams else [b"".join(_bounded(response))]:
                if part := _text(event, usage):
                    yield part
    except httpcore.TimeoutException:
        raise Unavailable("llm_timeout", "The language model did not answer in time (LLM_TIMEOUT_SECONDS).") from None
    except (httpcore.NetworkError, httpcore.ProtocolError) as error:
        detail = f"The language model can't be reached at LLM_URL ({type(error).__name__}). Check that it runs."
        raise Unavailable("llm_unreachable", detail) from None


def _bounded(response: httpcore.Response) -> Iterator[bytes]:
    size = 0
    for chunk in response.iter_stream():
        size += len(chunk)
        if size > _MOST:
            raise http.TooLong(f"The answer has more than {_MOST:,} bytes.")
        yield chunk


def _events(response: httpcore.Response) -> Iterator[bytes]:
    """The data of each event until the one that says it was the last. ProtocolError if that never comes."""
    rest = b""
    for chunk in _bounded(response):
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            data = line.strip().removeprefix(b"data:").strip() if line.startswith(b"data:") else b""
            if data == b"[DONE]":
                return
            if data:
                yield data
    raise httpcore.RemoteProtocolError("The stream ended before its answer.")


def _text(event: bytes, usage: dict[str, Any]) -> str:
    """What an event adds to the answer. Raises Unavailable `llm_answer` for what is none of the protocol."""
    try:
        said = json.loads(event)
        usage |= said.get("usage") or {}
        choice = (said.get("choices") or [{}])[0]
        text = (choice.get("delta") or choice.get("message") or {}).get("content") or ""
        if not isinstance(text, str):
            raise TypeError
        return text
    except (ValueError, TypeError, AttributeError, IndexError, KeyError, RecursionError):
        detail = "The language model's answer can't be used: it is not an answer of the chat protocol."
        raise Unavailable("llm_answer", detail) from None


def _count(usage: dict[str, Any], kind: str) -> int:
    count = usage.get(f"{kind}_tokens")
    return count if type(count) is int and 0 < count < 2**31 else 0
