"""More work than the database takes, and a database that is silent: 503 within bounds, and the process stays alive."""

import os
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httpx
import psycopg
import pytest
from rest_framework_simplejwt.tokens import AccessToken

from documents import tenancy
from jobs.models import Job
from tests.webserver import Line, serving

pytestmark = pytest.mark.django_db(transaction=True)

STATEMENT_SECONDS = 3
BOUND = 1.2 * STATEMENT_SECONDS + 2.5  # seconds: what is waited for, and a slow machine
BOUNDS = {
    "DATABASE_POOL_SIZE": "2",
    "DATABASE_POOL_WAITING": "3",
    "DATABASE_POOL_SECONDS": "1",
    "DATABASE_STATEMENT_SECONDS": str(STATEMENT_SECONDS),
}


@pytest.fixture(scope="module")
def line(django_db_setup):
    found = Line(os.environ["DATABASE_URL"])
    yield found
    found.close()


@pytest.fixture(scope="module")
def server(line):
    with serving(**BOUNDS, DATABASE_URL=line.url) as address:
        yield address


@pytest.fixture
def calls(server, anna):
    headers = {"Authorization": f"Bearer {AccessToken.for_user(anna.user)}"}
    with httpx.Client(base_url=server, headers=headers, timeout=30) as client:
        yield client


@contextmanager
def locked(table):
    """Whoever reads the table waits, as long as it may."""
    with psycopg.connect(os.environ["VOUCH_TEST_OWNER_URL"], dbname=_database()) as connection:
        connection.execute(f"lock table {table} in access exclusive mode")
        yield


def _database():
    return os.environ["DATABASE_URL"].rpartition("/")[2]


def timed(call, *args, **kwargs):
    started = time.monotonic()
    answer = call(*args, **kwargs)
    return answer, time.monotonic() - started


def wait_for(condition):
    give_up = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < give_up
        time.sleep(0.1)


def is_shed(answer, code):
    assert answer.status_code == 503, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == code, answer.text
    assert int(answer.headers["Retry-After"]) > 0
    return True


def send(client, text="Words that are sent.", **headers):
    return client.post("/api/v1/analyze", files={"file": ("a.txt", text.encode())}, headers=headers)


def jobs_of(person):
    with tenancy.as_user(person.user):
        return Job.objects.count()


def test_more_requests_than_connections_are_shed_and_the_process_stays_alive(calls):
    with ThreadPoolExecutor(40) as threads, locked("jobs_job"):
        stuck = [threads.submit(timed, calls.get, "/api/v1/jobs") for _ in range(30)]
        pages = [threads.submit(timed, calls.get, "/jobs") for _ in range(2)]
        time.sleep(0.3)
        alive, took = timed(calls.get, "/healthz")
        ready, _ = timed(calls.get, "/readyz")
        answers = [future.result() for future in stuck]
        assert [page.result()[0].status_code for page in pages] == [302, 302]  # to the login: nobody was signed in
    assert (alive.status_code, ready.status_code) == (200, 503)
    assert took < 2
    assert ready.json()["checks"]["database"] in ("failed", "timeout")
    assert all(is_shed(answer, "database_busy") and took < BOUND for answer, took in answers)
    assert calls.get("/api/v1/jobs").status_code == 200


def test_a_page_is_a_page(server, client, anna):
    client.force_login(anna.user)
    cookies = {"sessionid": client.cookies["sessionid"].value}
    with locked("jobs_job"):
        page, took = timed(httpx.get, server + "/jobs", cookies=cookies, timeout=30)
    assert (page.status_code, page.headers["Retry-After"]) == (503, "5")
    assert "Back in a moment" in page.text
    assert took < BOUND


def test_a_frozen_database_is_given_up_and_found_again(line, calls):
    assert calls.get("/api/v1/jobs").status_code == 200
    with line.frozen():
        answer, took = timed(send, calls)
        alive, quick = timed(calls.get, "/healthz")
    assert is_shed(answer, "database_away")
    assert took < BOUND
    assert alive.status_code == 200
    assert quick < 2
    wait_for(lambda: calls.get("/api/v1/jobs").status_code == 200)


@pytest.mark.parametrize(("cut", "replayed"), [("before", None), ("after", "true")])
def test_an_upload_whose_commit_is_in_doubt_can_be_repeated(line, calls, anna, cut, replayed):
    line.at_commit = cut
    assert is_shed(send(calls, **{"Idempotency-Key": "k"}), "database_away")
    wait_for(lambda: jobs_of(anna) == (1 if cut == "after" else 0))
    again = send(calls, **{"Idempotency-Key": "k"})
    assert again.status_code == 202, again.text
    assert again.headers.get("Idempotency-Replayed") == replayed
    assert (again.json()["duplicate"], jobs_of(anna)) == (False, 1)
