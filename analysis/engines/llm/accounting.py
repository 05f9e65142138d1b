"""What questions to a language model cost: counted for Prometheus, and handed to who can write it down."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from decimal import Decimal

from django.conf import settings
from prometheus_client import Counter, Histogram

CALLS = Counter("vouch_llm_calls_total", "Questions to the language model", ["purpose", "outcome"])
TOKENS = Counter("vouch_llm_tokens_total", "Tokens of the language model", ["purpose", "kind"])
COST = Counter("vouch_llm_cost_total", "What the tokens cost by LLM_PRICES", ["purpose"])
SECONDS = Histogram(
    "vouch_llm_seconds",
    "From a question to its answer, retries included",
    ["purpose"],
    buckets=(0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 60, 120),
)

_made: ContextVar[list["Call"] | None] = ContextVar("llm_calls", default=None)


@dataclass(frozen=True, slots=True)
class Call:
    """One question, retries included; `error_code` is empty where there was an answer that could be used."""

    purpose: str
    model: str
    seconds: float
    prompt_tokens: int = 0
    completion_tokens: int = 0
    error_code: str = ""


@contextmanager
def recorded() -> Iterator[list[Call]]:
    """The calls made within, in this thread: work that touches no database hands them to what saves it."""
    calls: list[Call] = []
    token = _made.set(calls)
    try:
        yield calls
    finally:
        _made.reset(token)


def note(call: Call) -> None:
    """Counts a call, and keeps it for the `recorded` around it."""
    CALLS.labels(purpose=call.purpose, outcome=call.error_code or "answered").inc()
    SECONDS.labels(purpose=call.purpose).observe(call.seconds)
    TOKENS.labels(purpose=call.purpose, kind="prompt").inc(call.prompt_tokens)
    TOKENS.labels(purpose=call.purpose, kind="completion").inc(call.completion_tokens)
    COST.labels(purpose=call.purpose).inc(float(cost(call.prompt_tokens, call.completion_tokens)))
    calls = _made.get()
    if calls is not None:
        calls.append(call)


def cost(prompt_tokens: int, completion_tokens: int) -> Decimal:
    """By LLM_PRICES, in the unit that they are given in."""
    prompt, completion = settings.LLM_PRICES
    total: Decimal = (prompt_tokens * prompt + completion_tokens * completion) / 1_000_000
    return total
