"""How often one may call, and what those are told who call more often."""

import re
import socket
import threading
import time
import uuid

import pytest
import redis
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from config import throttling
from config.throttling import Limit
from documents.errors import RateLimited
from tests.api.conftest import is_problem
from tests.api.test_tenancy import ROUTES

PASSWORD = {"username": "anna", "password": "secret-of-anna"}


@pytest.fixture(autouse=True)
def forgotten(settings):
    """What earlier tests counted."""
    throttling._windows_at.cache_clear()
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        client.flushdb()


def limited(name):
    return REGISTRY.get_sample_value("vouch_requests_limited_total", {"limit": name}) or 0


def send(client, text, **headers):
    return client.post(
        "/api/v1/analyze", {"file": SimpleUploadedFile("a.txt", f"Text number {text}.".encode())}, headers=headers
    )


def is_refusal(response, code, *, at_most):
    assert is_problem(response, 429, code)
    assert 0 < int(response["Retry-After"]) <= at_most
    return True


def test_uploads_of_a_day(as_anna, as_mallory, settings):
    settings.UPLOADS_PER_DAY = 2
    before = limited("uploads")
    assert [send(as_anna, number).status_code for number in range(2)] == [202, 202]
    refused = send(as_anna, "three")
    assert is_refusal(refused, "too_many_uploads", at_most=86_401)
    assert "24 hours" in refused.json()["detail"]
    assert limited("uploads") == before + 1
    assert send(as_mallory, "one").status_code == 202


def test_what_was_not_taken_in_does_not_count(as_anna, settings, monkeypatch):
    settings.UPLOADS_PER_DAY = 1
    assert is_problem(as_anna.post("/api/v1/analyze", {"file": SimpleUploadedFile("a.txt", b"")}), 422, "empty_file")
    with monkeypatch.context() as patched:
        patched.setattr(default_storage, "save", lambda *_: 1 / 0)
        assert send(as_anna, "one").status_code == 500
    assert send(as_anna, "one").status_code == 202


def test_an_answer_that_is_given_again_does_not_count(as_anna, settings):
    settings.UPLOADS_PER_DAY = 1
    first, again = (send(as_anna, "one", **{"Idempotency-Key": "k"}) for _ in range(2))
    assert (first.status_code, again.content) == (202, first.content)


def test_polls_of_a_job(as_anna, invoice, settings):
    settings.POLLS_PER_MINUTE = 2
    paths = [f"/api/v1/jobs/{invoice.job.id}", f"/api/v1/processing/status/{invoice.document.id}"]
    assert [as_anna.get(paths[0]).status_code for _ in range(2)] == [200, 200]
    assert is_refusal(as_anna.get(paths[0]), "too_many_polls", at_most=61)
    assert is_refusal(as_anna.get(f"{paths[0]}/events"), "too_many_polls", at_most=61)
    assert [as_anna.get(paths[1]).status_code for _ in range(3)] == [200, 200, 429]
    assert as_anna.post(f"{paths[0]}/cancel").status_code == 409
    assert as_anna.get("/api/v1/jobs").status_code == 200


def made_up(template):
    """A path of the route, to things that nobody has."""
    values = {"uuid": str(uuid.uuid4()), "int": "1", "str": "x"}
    return "/" + re.sub(r"<(\w+):\w+>", lambda found: values[found[1]], template)


@pytest.mark.parametrize(
    "route", [route for route in ROUTES if route[0].startswith("api/")], ids=lambda route: route[0]
)
def test_no_route_is_without_a_limit(as_anna, as_mallory, settings, monkeypatch, route):
    settings.REQUESTS_PER_HOUR = 1
    monkeypatch.setattr(throttling, "_LIMITS", {})
    path = made_up(route[0])
    for method in ("get", "post", "patch", "delete"):
        if getattr(as_anna, method)(path).status_code in (403, 405):
            continue  # not for her
        assert is_refusal(getattr(as_anna, method)(path), "too_many_requests", at_most=3601)
        assert getattr(as_mallory, method)(path).status_code != 429


def test_whoever_leafs_through_a_scan_is_not_held_up(as_anna, invoice, settings):
    settings.REQUESTS_PER_HOUR = 1
    path = f"/api/v1/documents/{invoice.document.id}/pages/1.png"
    assert [as_anna.get(path).status_code for _ in range(21)][-2:] == [200, 429]


def test_pages_are_not_limited(client, anna, settings):
    settings.REQUESTS_PER_HOUR = settings.POLLS_PER_MINUTE = 1
    client.force_login(anna.user)
    assert [client.get("/jobs").status_code for _ in range(3)] == [200] * 3


def test_zero_is_no_limit(as_anna, invoice, settings):
    settings.REQUESTS_PER_HOUR = settings.POLLS_PER_MINUTE = settings.UPLOADS_PER_DAY = 0
    assert {as_anna.get(f"/api/v1/jobs/{invoice.job.id}").status_code for _ in range(20)} == {200}


DOORS = {
    "token": ("/api/v1/token", 200),
    "login": ("/login", 302),
    "admin": ("/admin/login/", 302),
}


@pytest.mark.parametrize("door", DOORS)
def test_guessing_passwords_ends_soon(client, sam, settings, door):
    settings.LOGIN_FAILURES_PER_HOUR = 3
    path, welcome = DOORS[door]
    right, wrong = ({"username": "sam", "password": password} for password in ("secret-of-sam", "wrong"))
    assert client.post(path, right, REMOTE_ADDR="10.0.0.1").status_code == welcome
    client.logout()
    assert {client.post(path, wrong, REMOTE_ADDR="10.0.0.1").status_code for _ in range(3)} <= {200, 401}
    refused = client.post(path, right, REMOTE_ADDR="10.0.0.1")
    assert refused.status_code == 429
    assert 0 < int(refused["Retry-After"]) <= 3601
    assert ("too_many_logins" in refused.content.decode()) == (door == "token")
    assert "too many attempts to sign in" in refused.content.decode()
    assert client.post(path, right, REMOTE_ADDR="10.0.0.2").status_code == welcome


def guess(client, address, name):
    return client.post("/api/v1/token", {"username": name, "password": "x"}, REMOTE_ADDR=address).status_code


def test_many_names_from_an_address_and_many_addresses_for_a_name_are_guesses_too(client, db, settings):
    settings.LOGIN_FAILURES_PER_HOUR = 1
    assert [guess(client, "10.0.0.3", f"name-{number}") for number in range(6)] == [401] * 5 + [429]
    assert [guess(client, f"10.0.1.{number}", "Anna") for number in range(6)] == [401] * 5 + [429]
    assert guess(client, "10.0.1.9", "anna") == 429
    assert [guess(client, f"2001:db8:0:1::{number}", f"n{number}") for number in range(6)] == [401] * 5 + [429]
    assert guess(client, "", "somebody") == 401


LIMIT = Limit("test", "UPLOADS_PER_DAY", 2, "too_many", "At most {amount}; {wait}.")


@pytest.mark.parametrize("amount", [1, 5])
def test_who_comes_back_as_told_is_let_in(settings, amount):
    settings.UPLOADS_PER_DAY = amount
    for _ in range(amount):
        LIMIT.spend("me")
    with pytest.raises(RateLimited) as refusal:
        LIMIT.spend("me")
    LIMIT.spend("you")
    assert 0 < refusal.value.retry_after <= 3
    time.sleep(refusal.value.retry_after)
    LIMIT.spend("me")


@pytest.mark.parametrize(
    ("counted", "wait"),
    [
        ((0, 0.0, 4, 150.0), 51),  # full: until the window ends, in 50 s
        ((0, 0.0, 8, 150.0), 101),  # the setting was lowered: and until half of that has faded
        ((4, 80.0, 2, 180.0), 31),  # 4 * 0.8 + 2: until the former window counts for less than 2
        ((4, 20.0, 0, 120.0), 1),  # there is room
        ((0, 0.0, 0, 0.0), 1),
    ],
)
def test_the_wait_is_as_long_as_it_takes(settings, monkeypatch, counted, wait):
    windows = throttling._windows()
    monkeypatch.setattr(windows._storage, "get_sliding_window", lambda *_: counted)
    item = throttling.RateLimitItemPerSecond(4, 100)
    assert windows.wait(item, "me") == wait


@pytest.mark.parametrize(
    ("seconds", "words"), [(1, "a second"), (60, "60 seconds"), (61, "2 minutes"), (3_601, "2 hours")]
)
def test_waits_in_words(seconds, words):
    assert throttling._words(seconds) == words


def test_without_redis_nobody_is_held_up(as_anna, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    settings.UPLOADS_PER_DAY = settings.REQUESTS_PER_HOUR = settings.LOGIN_FAILURES_PER_HOUR = 1
    with capture_logs() as logs:
        assert [send(as_anna, number).status_code for number in range(3)] == [202] * 3
        assert as_anna.post("/api/v1/token", PASSWORD).status_code == 200
    assert [entry["event"] for entry in logs].count("limits_not_held") == 1


def test_a_redis_that_hangs_is_waited_for_once_and_found_again(settings, monkeypatch):
    settings.UPLOADS_PER_DAY, good = 1, settings.REDIS_URL
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings.REDIS_URL = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        started = time.monotonic()
        for _ in range(20):
            LIMIT.spend("me")
        assert time.monotonic() - started < 10 * throttling._ANSWER_SECONDS
    windows = throttling._windows()
    monkeypatch.setattr(windows, "_limiter", throttling._Windows(good)._limiter)
    LIMIT.spend("me")
    LIMIT.spend("me")  # still at rest
    monkeypatch.setattr(windows, "_away_until", time.monotonic())
    LIMIT.spend("me")
    with pytest.raises(RateLimited):
        LIMIT.spend("me")


def test_the_limit_holds_for_many_at_once(settings):
    settings.UPLOADS_PER_DAY = 5
    limit, passed = Limit("test", "UPLOADS_PER_DAY", 60, "too_many", "{amount}"), []

    def spend():
        try:
            limit.spend("me")
            passed.append(1)
        except RateLimited:
            pass

    threads = [threading.Thread(target=spend) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(passed) == 5
