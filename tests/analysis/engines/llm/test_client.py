"""The client against a real server: formats, retries, time limits, rest, costs; and what must not leak."""

import time

import pytest
from prometheus_client import REGISTRY

from analysis.engines.llm import accounting, client
from analysis.engines.llm.circuit import Circuit
from documents.errors import Unavailable
from tests.llm_server import Said, content, refused

HELLO = [{"role": "user", "content": "Hello"}]
SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"], "additionalProperties": False}


def ask(**options):
    return client.complete(HELLO, purpose="test", **options)


def failure(**options) -> Unavailable:
    with pytest.raises(Unavailable) as caught:
        ask(**options)
    return caught.value


def test_a_question_goes_out_with_model_key_and_parameters(server, settings):
    settings.LLM_PARAMETERS = {"temperature": 0, "max_tokens": 9}
    server.replies = [content("Hi.")]
    assert ask(parameters={"max_tokens": 5}).text == "Hi."
    (asked,) = server.asked
    assert asked.path == "/v1/chat/completions"
    assert asked.headers["Authorization"] == "Bearer sk-key"
    assert asked.body == {"model": "tiny", "messages": HELLO, "temperature": 0, "max_tokens": 5}


def test_without_a_key_none_is_sent(server, settings):
    settings.LLM_API_KEY = ""
    ask()
    assert "Authorization" not in server.asked[0].headers


def test_nothing_is_asked_without_an_address(settings):
    settings.LLM_URL = ""
    assert failure().code == "llm_not_configured"


def test_an_answer_by_a_schema_is_json(server):
    server.replies = [content({"a": "b"})]
    assert ask(schema=SCHEMA).data == {"a": "b"}
    sent = server.asked[0].body["response_format"]
    assert sent == {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": SCHEMA}}


def test_a_server_that_knows_no_schemas_is_asked_for_json_and_then_plainly(server):
    server.replies = [refused(400), refused(422), content('<think>hm {"</think>\n```json\n{"a": 1}\n```')]
    assert ask(schema=SCHEMA).data == {"a": 1}
    formats = [asked.body.get("response_format", {}).get("type") for asked in server.asked]
    assert formats == ["json_schema", "json_object", None]
    server.replies = [content({"a": 2})]
    assert ask(schema=SCHEMA).data == {"a": 2}
    assert "response_format" not in server.asked[-1].body  # remembered
    assert len(server.asked) == 4


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_busy_server_is_asked_again(server, status):
    server.replies = [refused(status), Said(hang_up=True), content("at last")]
    assert ask().text == "at last"
    assert len(server.asked) == 3


def test_the_server_says_how_long_to_wait(server):
    server.replies = [refused(429, headers={"Retry-After": "1"}), content("ok")]
    began = time.monotonic()
    ask()
    assert time.monotonic() - began >= 1
    server.replies = [refused(429, headers={"Retry-After": "3600"})]
    began = time.monotonic()
    assert failure().code == "llm_status"
    assert time.monotonic() - began < 1


def test_what_is_refused_is_not_asked_again_and_says_the_code_alone(server):
    server.always = lambda _asked: refused(404, "model_not_found")
    error = failure()
    assert (error.code, len(server.asked)) == ("llm_status", 1)
    assert "404 (model_not_found)" in error.detail
    server.always = lambda _asked: refused(401, "Bad key sk-key!")
    assert "sk-key" not in failure().detail


@pytest.mark.parametrize("said", [Said(body={}, delay=3), Said(body=b" " * 200, trickle=True)])
def test_time_ends_silence_and_trickles(server, said):
    server.always = lambda _asked: said
    began = time.monotonic()
    assert failure(seconds=0.5).code == "llm_timeout"
    assert time.monotonic() - began < 1.5


def test_retries_end_with_the_time(server):
    server.always = lambda _asked: refused(503)
    began = time.monotonic()
    assert failure(seconds=0.3).code == "llm_status"
    assert time.monotonic() - began < 1
    assert len(server.asked) > 2


def test_a_server_that_is_not_there(server, settings):
    settings.LLM_URL = "http://127.0.0.1:1/v1"
    assert failure(seconds=0.2).code == "llm_unreachable"


@pytest.mark.parametrize(
    "said",
    [
        content("no json"),
        content({"a": 1}, finish="length"),
        content("[" * 100_000),
        Said(body=b"\xff"),
        Said(body=[]),
        Said(body={"choices": []}),
        Said(body={"choices": [{"message": {"content": None}}]}),
        Said(body=b"x" * (9 << 20)),
    ],
    ids=range(8),
)
def test_an_answer_that_is_none(server, said):
    server.replies = [said]
    assert failure(schema=SCHEMA).code == "llm_answer"
    assert len(server.asked) == 1


def test_a_server_that_fails_rests_and_is_tried_with_one_request(server, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(client, "circuit", Circuit(clock=lambda: now[0]))
    server.always = lambda _asked: refused(404)
    assert [failure().code for _ in range(4)] == ["llm_status"] * 3 + ["llm_resting"]
    assert len(server.asked) == 3
    now[0] = 61
    assert [failure().code for _ in range(2)] == ["llm_status", "llm_resting"]
    now[0] = 122
    server.always = lambda _asked: content("well again")
    assert [ask().text for _ in range(2)] == ["well again"] * 2


def test_while_one_tries_the_others_rest_on():
    now = [0.0]
    circuit = Circuit(failures=1, rest_seconds=10, clock=lambda: now[0])
    circuit.failed()
    now[0] = 11
    assert [circuit.admits(), circuit.admits()] == [True, False]
    circuit.succeeded()
    assert [circuit.admits(), circuit.admits()] == [True, True]


def counted(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0


def test_calls_are_counted_and_handed_to_who_saves_them(server):
    tokens, failed = counted("vouch_llm_tokens_total", purpose="test", kind="prompt"), ask_failed()
    with accounting.recorded() as calls:
        ask()
        server.replies = [content("no json", usage={"prompt_tokens": 7, "completion_tokens": "many"})]
        failure(schema=SCHEMA)
    ask()
    first, second = calls
    assert (first.purpose, first.model, first.prompt_tokens, first.completion_tokens) == ("test", "tiny", 120, 30)
    assert (first.error_code, second.error_code) == ("", "llm_answer")
    assert (second.prompt_tokens, second.completion_tokens) == (7, 0)
    assert 0 < first.seconds < 5
    assert counted("vouch_llm_tokens_total", purpose="test", kind="prompt") - tokens == 247
    assert ask_failed() - failed == 1


def ask_failed() -> float:
    return counted("vouch_llm_calls_total", purpose="test", outcome="llm_answer")


def test_what_tokens_cost(settings, server):
    assert accounting.cost(1_000_000, 500_000) == accounting.cost(0, 750_000) == 1.5


@pytest.mark.parametrize(("given", "sent"), [("30m", "30m"), ("-1", -1)])
def test_warming_loads_the_model_and_has_ollama_keep_it(server, settings, given, sent):
    settings.LLM_KEEP_ALIVE = given
    client.warm_up()
    assert [asked.path for asked in server.asked] == ["/api/generate", "/v1/chat/completions"]
    assert server.asked[0].body == {"model": "tiny", "keep_alive": sent}


def test_warming_that_fails_is_no_failure(server, settings):
    settings.LLM_KEEP_ALIVE, settings.LLM_TIMEOUT_SECONDS = "30m", 0.2
    server.always = lambda _asked: refused(503)
    client.warm_up()
    server.always = lambda _asked: refused(404)
    settings.LLM_KEEP_ALIVE = ""
    client.warm_up()
    assert server.asked[-1].path == "/v1/chat/completions"


def test_neither_key_nor_text_is_logged(server, caplog, capsys):
    server.replies = [refused(401, "invalid_api_key")]
    failure()
    out = capsys.readouterr()
    logged = caplog.text + out.out + out.err
    assert "llm_failed" in logged
    assert "sk-key" not in logged
    assert "Hello" not in logged
