"""Vectors from a real server: batches, waits, quotas, odd answers; and what must not leak."""

import json
import time

import numpy as np
import pytest

from analysis.engines import embedding
from analysis.engines.embedding.openai import OpenAi
from documents.errors import Unavailable
from tests.llm_server import LlmServer, Said, refused


def vectors(asked, dimensions=3):
    """An answer of the protocol, last text first; a text's vector begins with its length."""
    texts = asked.body["input"]
    data = [
        {"object": "embedding", "index": n, "embedding": [len(t), *[1] * (dimensions - 1)]} for n, t in enumerate(texts)
    ]
    return Said(body={"object": "list", "model": "tiny", "data": data[::-1], "usage": {"total_tokens": 1}})


@pytest.fixture
def server(settings):
    running = LlmServer()
    running.always = vectors
    settings.EMBEDDING_URL, settings.EMBEDDING_MODEL, settings.EMBEDDING_API_KEY = running.url, "tiny", "sk-key"
    settings.EMBEDDING_DIMENSIONS, settings.EMBEDDING_PREFIXES = 0, ("", "")
    settings.EMBEDDING_TIMEOUT_SECONDS = 5
    yield running
    running.close()


def failure(embedder=None) -> Unavailable:
    with pytest.raises(Unavailable) as caught:
        (embedder or OpenAi()).passages(["secret text"])
    return caught.value


def test_texts_go_out_with_model_and_key_and_come_back_in_their_order(server):
    found = OpenAi().passages(["a", "bbbb", ""])
    assert found.dtype == np.float32
    assert found == pytest.approx(np.array([[1, 1, 1], [4, 1, 1], [1, 1, 1]]) / np.sqrt([[3], [18], [3]]))
    (asked,) = server.asked
    assert asked.path == "/v1/embeddings"
    assert asked.headers["Authorization"] == "Bearer sk-key"
    assert asked.body == {"model": "tiny", "input": ["a", "bbbb", " "]}


def test_batches_have_256_texts_at_most(server):
    found = OpenAi().passages(["x" * (n % 7 + 1) for n in range(600)])
    assert [len(asked.body["input"]) for asked in server.asked] == [256, 256, 88]
    assert found.shape == (600, 3)
    assert (found[:, 0] / found[:, 1]).round(3).tolist() == [n % 7 + 1 for n in range(600)]


def test_prefixes_and_dimensions_are_asked_for_and_named(server, settings):
    settings.EMBEDDING_PREFIXES, settings.EMBEDDING_DIMENSIONS = ("query: ", "passage: "), 2
    server.always = lambda asked: vectors(asked, 2)
    embedder = OpenAi()
    embedder.passages(["a"])
    embedder.queries(["b"])
    assert [asked.body["input"] for asked in server.asked] == [["passage: a"], ["query: b"]]
    assert [asked.body["dimensions"] for asked in server.asked] == [2, 2]
    assert embedder.name == "tiny|2|query: |passage: "
    assert embedder.dimensions == 2
    server.always = vectors
    assert failure(embedder).code == "embedding_answer"


def test_without_a_key_none_is_sent(server, settings):
    settings.EMBEDDING_API_KEY = ""
    OpenAi().queries(["a"])
    assert "Authorization" not in server.asked[0].headers


def test_dimensions_that_nobody_set_are_found_out_once(server):
    embedder = OpenAi()
    assert (embedder.dimensions, embedder.dimensions, len(server.asked)) == (3, 3, 1)
    assert embedder.name == "tiny"
    assert embedder.passages([]).shape == (0, 3)


def test_an_address_alone_chooses_it(server, settings):
    settings.EMBEDDER = "analysis.engines.embedding.openai.OpenAi"
    assert embedding.current().queries(["a"]).shape == (1, 3)
    assert embedding.named("tiny") is embedding.current()


def test_it_waits_as_long_as_the_server_asks(server):
    server.replies = [refused(429, "rate_limit", headers={"Retry-After": "1"}), refused(503)]
    begin = time.monotonic()
    assert OpenAi().queries(["a"]).shape == (1, 3)
    assert time.monotonic() - begin > 2  # the second wait has doubled to one second
    assert len(server.asked) == 3


def test_a_wait_that_is_too_long_is_left_to_the_caller(server):
    server.always = lambda _asked: refused(429, "rate_limit", headers={"Retry-After": "40"})
    error = failure()
    assert (error.code, error.retry_after) == ("embedding_rate_limited", 40)
    assert len(server.asked) == 1


@pytest.mark.parametrize("reply", [refused(429, "insufficient_quota"), refused(402)])
def test_a_quota_that_is_used_up_is_said_at_once(server, reply):
    server.replies = [reply]
    error = failure()
    assert error.code == "embedding_quota_exceeded"
    assert len(server.asked) == 1


def test_refusals_are_said_without_quoting_them(server, caplog):
    server.replies = [refused(400, "secret")]
    error = failure()
    assert error.code == "embedding_status"
    assert "400" in error.detail
    assert "sk-key" not in error.detail + caplog.text
    assert "secret" not in error.detail + caplog.text


def test_silence_and_trickles_end_in_time(server, settings):
    settings.EMBEDDING_TIMEOUT_SECONDS = 1
    server.replies = [Said(delay=2)]
    assert failure().code == "embedding_timeout"
    server.always = lambda asked: Said(body=vectors(asked).body, trickle=True)
    begin = time.monotonic()
    assert failure().code == "embedding_timeout"
    assert time.monotonic() - begin < 2


def test_a_connection_that_breaks_is_tried_again(server, settings):
    server.replies = [Said(hang_up=True)]
    assert OpenAi().queries(["a"]).shape == (1, 3)
    settings.EMBEDDING_URL, settings.EMBEDDING_TIMEOUT_SECONDS = "http://127.0.0.1:1/v1", 1
    assert failure().code == "embedding_unreachable"


ODD = [
    b"no JSON",
    [],
    {"data": []},
    {"data": [{"index": 1, "embedding": [1.0, 2.0]}]},
    {"data": [{"index": 0, "embedding": [1.0, "x"]}]},
    {"data": [{"index": 0, "embedding": [0.0, 0.0]}]},
    {"data": [{"index": 0, "embedding": [1e300, 1e300]}]},
    b'{"data": [{"index": 0, "embedding": [NaN, 1]}]}',
    {"data": [{"index": 0, "embedding": 5}]},
    {"data": [{"index": 0, "embedding": [[1]]}]},
    {"data": {"index": 0}},
    b"[" * 100_000,
]


@pytest.mark.parametrize(
    "body", ODD, ids=lambda body: (body if isinstance(body, bytes) else json.dumps(body).encode())[:40]
)
def test_odd_answers_are_refused(server, body):
    server.replies = [Said(body=body)]
    assert failure().code == "embedding_answer"


def test_batches_of_different_widths_are_refused(server):
    server.replies = [vectors(type("Asked", (), {"body": {"input": ["a"] * 256}}))]
    server.always = lambda asked: vectors(asked, 4)
    with pytest.raises(Unavailable, match="embedding_answer"):
        OpenAi().passages(["a"] * 257)


def test_after_three_failures_the_server_is_left_alone(server):
    server.always = lambda _asked: refused(400)
    embedder = OpenAi()
    codes = [failure(embedder).code for _ in range(4)]
    assert codes == ["embedding_status"] * 3 + ["embedding_resting"]
    assert len(server.asked) == 3
