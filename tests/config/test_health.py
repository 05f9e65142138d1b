"""Alive, and ready to serve."""

import os
import subprocess
import sys
import textwrap

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

ALL_OK = {"database": "ok", "redis": "ok", "storage": "ok", "models": "ok"}
ASK = """
    import django, json
    django.setup()
    from django.test import Client
    for path in ("/healthz", "/readyz"):
        response = Client().get(path, headers={"Host": "localhost"})
        print(response.status_code, json.dumps(response.json()))
"""


def asked_elsewhere(**environment):
    """What another process of the product answers: (status, body) of /healthz and of /readyz."""
    code = textwrap.dedent(ASK)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings"} | environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout.splitlines()


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
    import threading

    from config import health

    end = threading.Event()
    monkeypatch.setattr(health, "_SECONDS", 0.05)
    monkeypatch.setitem(health.CHECKS, "redis", end.wait)
    try:
        assert client.get("/readyz").json()["checks"]["redis"] == "timeout"
    finally:
        end.set()


def test_alive_but_not_ready_without_a_database(db):
    url = "postgresql://vouch_app:hunter2@127.0.0.1:1/nothing"
    alive, ready = asked_elsewhere(DATABASE_URL=url, DATABASE_POOL_SIZE="2")  # a pool tries for a while
    assert alive == '200 {"status": "ok"}'
    assert ready.startswith("503 ")
    assert '"database": "failed"' in ready or '"database": "timeout"' in ready
    assert '"redis": "ok"' in ready
    assert "hunter2" not in ready


def test_not_ready_before_the_tables_are_made(db):
    url = os.environ["VOUCH_TEST_OWNER_URL"].rpartition("/")[0] + "/postgres"
    assert '"database": "failed"' in asked_elsewhere(DATABASE_URL=url)[1]
