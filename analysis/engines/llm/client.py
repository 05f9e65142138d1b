"""Questions to the language model: within one time limit, repeated where that may help, counted, never logged."""

import json
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpcore
import structlog
from django.conf import settings

from analysis.engines import http
from analysis.engines.http import Deadline
from analysis.engines.llm import accounting
from analysis.engines.llm.accounting import Call
from analysis.engines.llm.circuit import Circuit
from documents.errors import Unavailable

log = structlog.get_logger(__name__)

Message = Mapping[str, Any]  # {"role": …, "content": …} of the chat protocol

_FORMATS = ("json_schema", "json_object", "plain")  # of an answer by a schema, the strictest first
_FORMAT_REFUSED = (400, 404, 415, 422, 501)
_BUSY = (408, 409, 425, 429, 500, 502, 503, 504, 529)
_FIRST_WAIT, _LONGEST_WAIT = 0.5, 8.0  # seconds between attempts; they double
_LONGEST_MODEL = 120
_MOST_TOKENS = 2_147_483_647

circuit = Circuit()
_accepted: dict[tuple[str, str], int] = {}  # the format that a server and its model took last


@dataclass(frozen=True, slots=True)
class Completion:
    """An answer: its text, and what that says as JSON where a schema was asked for."""

    text: str
    data: Any = None


@dataclass(slots=True)
class _Tally:
    """What one question has cost so far."""

    purpose: str
    started: float = field(default_factory=time.monotonic)
    prompt_tokens: int = 0
    completion_tokens: int = 0

    def call(self, error_code: str = "") -> Call:
        seconds = time.monotonic() - self.started
        return Call(self.purpose, model(), seconds, self.prompt_tokens, self.completion_tokens, error_code)

    def add(self, usage: object) -> None:
        if isinstance(usage, dict):
            self.prompt_tokens += _tokens(usage.get("prompt_tokens"))
            self.completion_tokens += _tokens(usage.get("completion_tokens"))


class _Busy(Exception):
    """Trying again may help, in `wait` seconds if the server said so."""

    def __init__(self, error: Unavailable, wait: int | None = None) -> None:
        super().__init__(error.code)
        self.error, self.wait = error, wait


def is_configured() -> bool:
    return bool(settings.LLM_URL)


def model() -> str:
    """The model's name, as it is kept with results and costs."""
    name: str = settings.LLM_MODEL
    return name[:_LONGEST_MODEL]


def complete(
    messages: Sequence[Message],
    *,
    purpose: str,
    schema: Mapping[str, Any] | None = None,
    seconds: float | None = None,
    parameters: Mapping[str, Any] | None = None,
) -> Completion:
    """The model's answer to `messages`; with a JSON schema its `data` is JSON, but nobody promises that it obeys it.

    `purpose` names who asks, in costs and metrics. All attempts together take `seconds` (LLM_TIMEOUT_SECONDS).
    `parameters` go over those of LLM_PARAMETERS. Raises Unavailable: `llm_not_configured`, `llm_resting` (it failed
    repeatedly, and is left alone for a minute), `llm_timeout`, `llm_unreachable`, `llm_status`, `llm_answer`.
    """
    if not is_configured():
        raise Unavailable("llm_not_configured", "There is no language model. Set LLM_URL and LLM_MODEL to use one.")
    if not circuit.admits():
        raise Unavailable("llm_resting", "The language model failed repeatedly and is left alone for a minute.")
    tally = _Tally(purpose)
    deadline = Deadline(settings.LLM_TIMEOUT_SECONDS if seconds is None else seconds)
    body = {"model": settings.LLM_MODEL, "messages": messages, **settings.LLM_PARAMETERS, **(parameters or {})}
    try:
        completion = _answered(body, schema, deadline, tally)
    except Unavailable as error:
        accounting.note(tally.call(error.code))
        log.warning("llm_failed", purpose=purpose, error_code=error.code, detail=error.detail)
        circuit.succeeded() if error.code == "llm_answer" else circuit.failed()
        raise
    accounting.note(tally.call())
    circuit.succeeded()
    return completion


def warm_up() -> None:
    """Has the server load its model now, so that the first document need not wait. Says in the log if it can't.

    With LLM_KEEP_ALIVE the server is taken for Ollama, and told how long to keep the model.
    """
    try:
        if settings.LLM_KEEP_ALIVE:
            _keep_alive()
        complete([{"role": "user", "content": "Answer with: ok"}], purpose="warm_up")
    except Unavailable as error:
        log.warning("llm_not_warm", error_code=error.code)


def _keep_alive() -> None:
    given = settings.LLM_KEEP_ALIVE
    seconds = (
        int(given) if given.lstrip("-").isdecimal() else given
    )  # Ollama takes "30m" or a number, no number as text
    body = {"model": settings.LLM_MODEL, "keep_alive": seconds}
    try:
        _post(settings.LLM_URL.removesuffix("/v1") + "/api/generate", body, Deadline(settings.LLM_TIMEOUT_SECONDS))
    except _Busy as busy:
        raise busy.error from None


def _answered(body: dict[str, Any], schema: Mapping[str, Any] | None, deadline: Deadline, tally: _Tally) -> Completion:
    """The first answer in a form that the server takes, after as many attempts as the time allows."""
    server = (settings.LLM_URL, settings.LLM_MODEL)
    rung, wait = (_accepted.get(server, 0) if schema else len(_FORMATS) - 1), _FIRST_WAIT
    while True:
        try:
            reply = _post(f"{settings.LLM_URL}/chat/completions", body | _format(rung, schema), deadline)
        except _Busy as busy:
            _pause(busy, wait, deadline)
            wait = min(2 * wait, _LONGEST_WAIT)
            continue
        if reply.status in _FORMAT_REFUSED and rung < len(_FORMATS) - 1:
            rung += 1
            continue
        if reply.status != 200:
            raise _status(reply)
        if schema:
            _accepted[server] = rung
        return _completion(reply, tally, as_json=schema is not None)


def _format(rung: int, schema: Mapping[str, Any] | None) -> dict[str, Any]:
    if _FORMATS[rung] == "plain" or schema is None:
        return {}
    if _FORMATS[rung] == "json_object":
        return {"response_format": {"type": "json_object"}}
    named = {"name": "answer", "strict": True, "schema": schema}
    return {"response_format": {"type": "json_schema", "json_schema": named}}


def _pause(busy: _Busy, wait: float, deadline: Deadline) -> None:
    """Waits for the next attempt; raises what went wrong where there is no time for one."""
    seconds = max(wait, busy.wait or 0)
    try:
        left = deadline.left()
    except httpcore.TimeoutException:
        left = 0
    if seconds >= left:
        raise busy.error from None
    time.sleep(seconds)


def _post(url: str, body: Mapping[str, Any], deadline: Deadline) -> http.Reply:
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    if settings.LLM_API_KEY:
        headers["Authorization"] = f"Bearer {settings.LLM_API_KEY}"
    try:
        reply = http.ask("POST", url, deadline=deadline, headers=headers, body=json.dumps(body).encode())
    except httpcore.TimeoutException:
        raise Unavailable("llm_timeout", "The language model did not answer in time (LLM_TIMEOUT_SECONDS).") from None
    except http.TooLong as error:
        raise Unavailable("llm_answer", f"The language model's answer can't be used: {error}") from None
    except (httpcore.NetworkError, httpcore.ProtocolError) as error:
        detail = f"The language model can't be reached at LLM_URL ({type(error).__name__}). Check that it runs."
        raise _Busy(Unavailable("llm_unreachable", detail)) from None
    if reply.status in _BUSY:
        raise _Busy(_status(reply), reply.retry_after)
    return reply


def _status(reply: http.Reply) -> Unavailable:
    """Says the status and the server's own code; its sentences may quote the document or the key."""
    detail = f"The language model's server answered {reply.status}{_reason(reply.body)}. See its log."
    return Unavailable("llm_status", detail)


def _reason(body: bytes) -> str:
    try:
        error = json.loads(body)["error"]
        code = error.get("code") or error.get("type") or ""
    except (ValueError, KeyError, TypeError, AttributeError):
        return ""
    return f" ({code})" if isinstance(code, str) and re.fullmatch(r"[a-z_]{1,60}", code) else ""


def _completion(reply: http.Reply, tally: _Tally, *, as_json: bool) -> Completion:
    try:
        answer = json.loads(reply.body)
        tally.add(answer.get("usage"))
        choice = answer["choices"][0]
        text = choice["message"]["content"]
        if not isinstance(text, str):
            raise TypeError
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError):
        raise _unusable("it is not an answer of the chat protocol") from None
    if not as_json:
        return Completion(text)
    if choice.get("finish_reason") == "length":
        raise _unusable("it was cut off; raise max_tokens in LLM_PARAMETERS")
    return Completion(text, _json(text))


def _json(text: str) -> Any:
    """What the text says as JSON: models think aloud before it, or put a fence around it, where none forbids it."""
    bare = re.sub(r"\A\s*<think>.*?</think>", "", text, flags=re.DOTALL).strip()
    fenced = re.fullmatch(r"```(?:json)?\s*(.*?)\s*```", bare, flags=re.DOTALL)
    try:
        return json.loads(fenced[1] if fenced else bare)
    except (ValueError, RecursionError):
        raise _unusable("it is not JSON") from None


def _unusable(reason: str) -> Unavailable:
    return Unavailable("llm_answer", f"The language model's answer can't be used: {reason}.")


def _tokens(given: object) -> int:
    return min(given, _MOST_TOKENS) if type(given) is int and given > 0 else 0
