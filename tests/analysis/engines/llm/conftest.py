"""A language model's server, and settings that lead to it."""

from collections.abc import Iterator
from decimal import Decimal

import pytest

from analysis.engines.llm import client
from analysis.engines.llm.circuit import Circuit
from tests.llm_server import LlmServer


@pytest.fixture
def server(settings, monkeypatch) -> Iterator[LlmServer]:
    running = LlmServer()
    settings.LLM_URL, settings.LLM_MODEL, settings.LLM_API_KEY = running.url, "tiny", "sk-key"
    settings.LLM_TIMEOUT_SECONDS, settings.LLM_PRICES = 5, (Decimal("0.5"), Decimal(2))
    monkeypatch.setattr(client, "circuit", Circuit())
    monkeypatch.setattr(client, "_FIRST_WAIT", 0.02)
    yield running
    running.close()
