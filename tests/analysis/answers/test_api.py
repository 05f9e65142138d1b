"""Questions as programs ask them: JSON, events, WebSocket; the log, feedback, and what deletion leaves."""

import json
import uuid
from datetime import timedelta

import httpx
import pytest
from django.utils import timezone
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from analysis.answers import logbook
from analysis.models import QueryLog
from documents import tenancy
from documents.models import Document
from documents.removal import remove
from jobs import maintenance
from tests.analysis.answers.conftest import keep
from tests.api.conftest import client_of
from tests.asgi import serving
from tests.jobs.test_consumers import bearer

pytestmark = pytest.mark.django_db

PUMP = ["The pump stands in the cellar. Clean the filter of the pump every 40 days. Wear gloves."]
QUESTION = "How often clean the filter of the pump?"
ANSWER = "Clean the filter of the pump every 40 days."


def ask(person, **given):
    return client_of(person).post("/api/v1/ask", {"question": QUESTION} | given, format="json")


def test_a_question_is_answered_and_listed(anna):
    keep(anna, PUMP)
    response = ask(anna)
    assert response.status_code == 200, response.content
    answer = response.json()
    assert (answer["answer"], answer["mode"], answer["computed"]) == (ANSWER, "extractive", None)
    [listed] = client_of(anna).get("/api/v1/queries").json()["results"]
    assert (listed["query_id"], listed["answer"]) == (answer["query_id"], ANSWER)
    assert client_of(anna).get(f"/api/v1/queries?conversation={uuid.uuid4()}").json()["results"] == []
    assert client_of(anna).get("/api/v1/queries?kind=ask").json()["results"] == [listed]
    assert client_of(anna).get("/api/v1/queries?kind=search").json()["results"] == []


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"question": ""}, "invalid_input"),
        ({"question": "x" * 1001}, "invalid_input"),
        ({"document_ids": ["x"]}, "invalid_input"),
        ({"document_ids": [str(uuid.UUID(int=1))]}, "unknown_document"),
        ({"conversation": str(uuid.UUID(int=1))}, "unknown_conversation"),
    ],
)
def test_nonsense_is_refused(anna, given, code):
    response = ask(anna, **given)
    assert (response.status_code, response.json()["code"]) == (422, code)


def test_feedback_is_the_askers(anna, mallory):
    query_id = ask(anna).json()["query_id"]
    path = f"/api/v1/queries/{query_id}/feedback"
    given = {"feedback": "negative", "comment": "wrong page"}
    assert client_of(mallory).post(path, given, format="json").status_code == 404
    assert client_of(anna).post(path, {"feedback": "hm"}, format="json").status_code == 422
    assert client_of(anna).post(path, given, format="json").json()["feedback"] == "negative"
    with tenancy.as_user(anna.user):
        assert QueryLog.objects.get().comment == "wrong page"


def test_a_question_can_be_forgotten_by_its_asker(anna, mallory):
    query_id = ask(anna).json()["query_id"]
    assert client_of(mallory).delete(f"/api/v1/queries/{query_id}").status_code == 404
    assert client_of(anna).delete(f"/api/v1/queries/{query_id}").status_code == 204
    assert client_of(anna).get("/api/v1/queries").json()["results"] == []


def test_another_tenant_gets_nothing_of_it(anna, mallory):
    keep(anna, PUMP, filename="secret-pump.pdf")
    ask(anna)
    response = ask(mallory)
    assert response.json()["mode"] == "none"
    assert "pump.pdf" not in response.content.decode()
    assert client_of(mallory).get("/api/v1/queries").json()["results"][0]["answer"] != ANSWER


def test_a_deleted_document_leaves_none_of_its_words(anna):
    document = keep(anna, PUMP)
    ask(anna)
    with tenancy.as_user(anna.user):
        remove(document)
        log = QueryLog.objects.get()
    assert (log.answer, log.citations, log.documents) == (logbook.GONE, [], [])


def test_words_of_documents_that_are_no_longer_seen_go_at_night(anna):
    document = keep(anna, PUMP)
    keep(anna, ["Nothing of the kind."], filename="b.pdf")
    ask(anna)
    with tenancy.as_user(anna.user):
        Document.objects.filter(pk=document.pk).delete()  # by another way
    assert maintenance.run(dry_run=True)["quotes"] == 0
    assert maintenance.run()["quotes"] == 1
    with tenancy.as_user(anna.user):
        assert QueryLog.objects.get().answer == logbook.GONE


def test_old_questions_go(anna, settings):
    ask(anna)
    ask(anna)
    with tenancy.as_user(anna.user):
        first = QueryLog.objects.first()
        QueryLog.objects.filter(pk=first.pk).update(created_at=timezone.now() - timedelta(days=400))
    settings.QUERIES_KEEP_DAYS = 0
    assert logbook.remove_old() == 0
    settings.QUERIES_KEEP_DAYS = 365
    assert (logbook.remove_old(dry_run=True), logbook.remove_old(), logbook.remove_old()) == (1, 1, 0)


@pytest.fixture
def server(transactional_db):
    with serving() as running:
        yield running


def events_of(text):
    for block in text.strip().split("\n\n"):
        name, data = block.split("\n")
        yield name.removeprefix("event: "), json.loads(data.removeprefix("data: "))


@pytest.mark.django_db(transaction=True)
def test_the_answer_comes_as_events(server, anna):
    keep(anna, PUMP)
    headers = bearer(anna) | {"Accept": "text/event-stream"}
    response = httpx.post(f"{server.url}/api/v1/ask", json={"question": QUESTION}, headers=headers, timeout=20)
    assert response.headers["content-type"].startswith("text/event-stream")
    found = list(events_of(response.text))
    assert [name for name, _ in found] == ["retrieved", "token", "citation", "done"]
    assert found[1][1]["text"] == found[-1][1]["answer"] == ANSWER
    refused = httpx.post(f"{server.url}/api/v1/ask", json={"question": ""}, headers=headers, timeout=20)
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_input")
    given = {"question": QUESTION, "document_ids": [str(uuid.uuid4())]}
    response = httpx.post(f"{server.url}/api/v1/ask", json=given, headers=headers, timeout=20)
    [(name, data)] = events_of(response.text)
    assert (name, data["problem"]["code"], data["problem"]["status"]) == ("error", "unknown_document", 422)


@pytest.mark.django_db(transaction=True)
def test_too_many_streams_and_our_own_faults_are_told(server, anna, settings, monkeypatch):
    headers = bearer(anna) | {"Accept": "text/event-stream"}

    def told():
        response = httpx.post(f"{server.url}/api/v1/ask", json={"question": QUESTION}, headers=headers, timeout=20)
        return list(events_of(response.text))[-1][1]["problem"]

    monkeypatch.setattr(logbook, "write", lambda *_, **__: 1 / 0)
    problem = told()
    assert (problem["code"], problem["status"]) == ("internal_error", 500)
    assert "division" not in json.dumps(problem)
    settings.STREAMS_PER_USER = 0
    assert told()["code"] == "too_many_streams"


@pytest.mark.django_db(transaction=True)
def test_a_socket_answers_one_question_after_the_other(server, anna, mallory):
    keep(anna, PUMP)
    with connect(f"{server.sockets}/ws/ask/", additional_headers=bearer(anna)) as socket:
        for _ in range(2):
            socket.send(json.dumps({"question": QUESTION}))
            types = []
            while "done" not in types:
                message = json.loads(socket.recv(timeout=20))
                types.append(message["type"])
            assert types == ["retrieved", "token", "citation", "done"]
            assert message["answer"] == ANSWER
        for nonsense in ("what", "[]", '{"question": ""}'):
            socket.send(nonsense)
            assert json.loads(socket.recv(timeout=20))["problem"]["code"] == "not_a_question"
    with connect(f"{server.sockets}/ws/ask/", additional_headers=bearer(mallory)) as socket:
        socket.send(json.dumps({"question": QUESTION}))
        assert "cellar" not in socket.recv(timeout=20)
    with connect(f"{server.sockets}/ws/ask/") as socket, pytest.raises(ConnectionClosed):
        socket.recv(timeout=20)
