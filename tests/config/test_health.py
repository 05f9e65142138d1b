"""Alive, and ready to serve."""

import os
import threading
from urllib.parse import urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from config import health

_owner = urlsplit(os.environ["VOUCH_TEST_OWNER_URL"])
OWNER = {"USER": _owner.username, "PASSWORD": _owner.password}
ALL_OK = {"database": "ok", "redis": "ok", "storage": "ok", "models": "ok"}


def test_alive_without_asking_the_database(client, db):
    with CaptureQueriesContext(connection) as queries:
        response = client.get("/healthz")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})
    assert not queries


@pytest.mark.django_db(transaction=True)
def test_ready_when_all_that_is_needed_works(client):
    response = client.get("/readyz")
    assert response.json() == {"status": "ready", "checks": ALL_OK}
    assert (response.status_code, response["Cache-Control"]) == (200, "no-store")


@pytest.mark.django_db(transaction=True)
def test_not_ready_without_redis(client, settings):
    settings.REDIS_URL = "redis://:hunter2@127.0.0.1:1/0"
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json() == {"status": "not ready", "checks": ALL_OK | {"redis": "failed"}}


@pytest.mark.django_db(transaction=True)
def test_not_ready_without_an_engine(client, settings):
    settings.OCR_ENGINE = "analysis.engines.ocr.nowhere.Engine"
    assert client.get("/readyz").json()["checks"] == ALL_OK | {"models": "failed"}


@pytest.mark.django_db(transaction=True)
def test_not_ready_when_a_check_hangs(client, monkeypatch):
    end = threading.Event()
    monkeypatch.setattr(health, "_SECONDS", 0.05)
    monkeypatch.setitem(health.CHECKS, "redis", end.wait)
    try:
        assert client.get("/readyz").json()["checks"]["redis"] == "timeout"
    finally:
        end.set()


@pytest.mark.django_db(transaction=True)
def test_requests_are_told_to_come_back_while_the_database_is_away(client, anna, monkeypatch):
    client.force_login(anna.user)
    monkeypatch.setitem(connection.settings_dict, "PORT", "1")
    connection.close()
    page, listed = client.get("/"), client.get("/api/v1/jobs")
    token = client.post("/api/v1/token", {"username": "anna", "password": "secret-of-anna"})
    connection.close()
    assert (page.status_code, listed.status_code, token.status_code) == (503, 503, 503)
    assert b"Back in a moment" in page.content
    for answer in (listed, token):
        assert answer["Content-Type"] == "application/problem+json"
        assert answer.json()["code"] == "database_away"
        assert int(answer["Retry-After"]) > 0


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "elsewhere", [{"PORT": "1"}, {"NAME": "postgres"}, OWNER], ids=["no server", "no tables", "a role without bounds"]
)
def test_alive_but_not_ready_without_our_database(client, monkeypatch, elsewhere):
    for name, value in elsewhere.items():
        monkeypatch.setitem(connection.settings_dict, name, value)  # for connections that are yet to be made
    connection.close()
    assert client.get("/healthz").status_code == 200
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["checks"] == ALL_OK | {"database": "failed"}
    connection.close()
