"""One form for every error."""

import re
from pathlib import Path

import pytest
from django.http import HttpResponse
from django.test import RequestFactory
from rest_framework import exceptions
from rest_framework.test import APIClient

from config import errors
from documents import errors as domain
from tests.api.conftest import client_of, is_problem

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def client(db):
    return APIClient(raise_request_exception=False)


def test_a_route_that_is_not_there(client):
    assert is_problem(client.get("/api/v1/nowhere"), 404, "not_found")
    assert client.get("/api/v1/nowhere").json()["instance"] == "/api/v1/nowhere"


def test_a_method_that_is_not_allowed(anna):
    response = client_of(anna).put("/api/v1/jobs")
    assert is_problem(response, 405, "method_not_allowed")
    assert "GET" in response["Allow"]


def test_nobody_signed_in(client):
    response = client.get("/api/v1/jobs")
    assert is_problem(response, 401, "not_authenticated")
    assert response["WWW-Authenticate"].startswith("Bearer")


def test_what_the_framework_refuses_says_what_to_do(client, anna):
    signed_in = client_of(anna)
    said = {
        "ids": client_of(anna).get("/api/v1/nowhere"),
        "header Allow": signed_in.put("/api/v1/jobs"),
        "POST /api/v1/token": client.get("/api/v1/jobs"),
        "/token/refresh": client.get("/api/v1/jobs", HTTP_AUTHORIZATION="Bearer nonsense"),
        "switched off": client.post("/api/v1/token", {"username": "anna", "password": "no"}, format="json"),
        "line 1": signed_in.post("/api/v1/ask", '{"question":', content_type="application/json"),
        "text/plain": signed_in.post("/api/v1/ask", "Why?", content_type="text/plain"),
    }
    assert {
        step: response.json()["detail"] for step, response in said.items() if step not in response.json()["detail"]
    } == {}


@pytest.mark.parametrize("token", ["nonsense", "a.b.c", "", "é", "x" * 5_000])
def test_a_token_that_is_none(client, token):
    response = client.get("/api/v1/jobs", HTTP_AUTHORIZATION=f"Bearer {token}")
    assert response.status_code == 401
    assert "{" not in response.json()["detail"]


def test_tokens_are_given_for_a_password_and_renewed(client, anna):
    pair = client.post("/api/v1/token", {"username": "anna", "password": "secret-of-anna"}, format="json").json()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {pair['access']}")
    assert client.get("/api/v1/jobs").status_code == 200
    client.credentials()
    fresh = client.post("/api/v1/token/refresh", {"refresh": pair["refresh"]}, format="json").json()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {fresh['access']}")
    assert client.get("/api/v1/jobs").status_code == 200


def test_a_changed_password_ends_the_tokens(anna):
    client = client_of(anna)
    anna.user.set_password("another one")
    anna.user.save()
    assert client.get("/api/v1/jobs").status_code == 401


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"username": "anna", "password": "wrong"}, 401),
        ({"username": "nobody", "password": "x"}, 401),
        ({"username": "anna"}, 422),
        ({"username": "a\x00", "password": "x"}, 422),
        ([], 422),
    ],
)
def test_no_token_for_a_wrong_password(client, anna, body, status):
    response = client.post("/api/v1/token", body, format="json")
    assert is_problem(response, status, response.json()["code"])


def test_a_failure_of_ours_tells_no_internals(client, anna, monkeypatch):
    def fail(*args, **kwargs):
        raise RuntimeError("the secret recipe")

    monkeypatch.setattr("jobs.api.visible_jobs", fail)
    client.force_login(anna.user)
    response = client.get("/api/v1/jobs")
    assert is_problem(response, 500, "internal_error")
    assert b"recipe" not in response.content


def test_pages_outside_the_api_keep_their_form(client):
    assert "json" not in client.get("/nowhere").get("Content-Type", "")


def test_a_caller_may_name_its_request_if_the_name_is_sane(client):
    assert client.get("/healthz", headers={"X-Request-ID": "order-4711"})["X-Request-ID"] == "order-4711"
    for strange in ("a b", "x" * 65, "<script>", ""):
        given = client.get("/healthz", headers={"X-Request-ID": strange})["X-Request-ID"]
        assert re.fullmatch("[0-9a-f]{32}", given)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (domain.InvalidInput("a", "b"), 422),
        (domain.TooLarge("a", "b"), 413),
        (domain.UnsupportedType("a", "b"), 415),
        (domain.Conflict("a", "b"), 409),
        (domain.PreconditionFailed("a", "b"), 412),
        (domain.Unavailable("a", "b"), 503),
        (domain.BudgetExceeded("a", "b"), 422),
        (domain.DomainError("a", "b"), 500),
    ],
)
def test_who_can_mend_it_decides_the_status(error, status):
    assert errors.status_of(error) == status


def test_what_is_away_says_when_to_come_back():
    request = RequestFactory().get("/api/v1/x")
    away = errors.exception_handler(domain.Unavailable("storage_failed", "Later."), {"request": request})
    assert (away.status_code, away["Retry-After"]) == (503, "5")
    throttled = errors.exception_handler(exceptions.Throttled(7), {"request": request})
    assert (throttled.status_code, throttled["Retry-After"], throttled.data["code"]) == (429, "7", "throttled")
    assert errors.exception_handler(RuntimeError(), {"request": request}) is None


def test_headers_that_explain_an_error_survive():
    response = HttpResponse(status=405, headers={"Allow": "GET"})
    assert errors.as_problem(RequestFactory().post("/api/v1/x"), response)["Allow"] == "GET"


def test_every_code_of_the_product_is_documented():
    """A code in the source that docs/errors.md doesn't list would be a riddle to its reader."""
    kinds = "InvalidInput|TooLarge|UnsupportedType|Conflict|PreconditionFailed|Unavailable|BudgetExceeded|Interrupted"
    raised = re.compile(rf"\b(?:{kinds}|TransientFailure|Issue|Sum|_doubtful)\(\s*\"([a-z_]+)\"")
    found = {
        code
        for room in ("analysis", "config", "documents", "jobs")
        for path in (ROOT / room).rglob("*.py")
        for code in raised.findall(path.read_text())
    }
    listed = set(re.findall(r"^\| `([a-z_]+)` \|", (ROOT / "docs" / "errors.md").read_text(), re.MULTILINE))
    assert len(found) > 40
    assert found - listed == set()


def test_every_variable_of_the_environment_is_documented():
    read = re.compile(r"env\.(?:text|numbers?|flag|items|folder|networks)\(\s*\"([A-Z_]+)\"")
    found = {name for path in (ROOT / "config").rglob("*.py") for name in read.findall(path.read_text())}
    listed = set(re.findall(r"`([A-Z_]+)`", (ROOT / "docs" / "configuration.md").read_text()))
    assert len(found) > 30
    assert found - listed == set()
