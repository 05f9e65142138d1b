"""Requests that are sent twice, and what they are answered."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import httpx
import psycopg
import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError, connection
from rest_framework_simplejwt.tokens import AccessToken

from documents import idempotency, tenancy
from documents.models import Document, IdempotencyKey
from jobs.models import Job
from tests.api.conftest import client_of, is_problem
from tests.webserver import serving

TEXT = b"Minutes of the meeting: it was decided to meet again."


def send(client, data=TEXT, name="minutes.txt", key="k-1", path="/api/v1/analyze", **fields):
    return client.post(path, {"file": SimpleUploadedFile(name, data), **fields}, headers={"Idempotency-Key": key})


def rows(person):
    with tenancy.as_user(person.user):
        return Document.objects.count(), Job.objects.count(), IdempotencyKey.objects.count()


def test_the_same_request_is_answered_the_same_and_done_once(as_anna, anna):
    first, again = send(as_anna, kind="receipt"), send(as_anna, kind="receipt")
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.content == again.content
    assert first["Location"] == again["Location"]
    assert "Idempotency-Replayed" not in first
    assert again["Idempotency-Replayed"] == "true"
    assert rows(anna) == (1, 1, 1)


def test_an_answer_needs_no_storage_to_be_given_again(as_anna, monkeypatch):
    first = send(as_anna)

    def away(*_):
        raise OSError

    for name in ("open", "save", "exists", "delete"):
        monkeypatch.setattr(default_storage, name, away)
    assert send(as_anna).content == first.content


def test_a_retry_is_made_once_for_a_key(as_anna, invoice):
    path, headers = f"/api/v1/jobs/{invoice.job.id}/retry", {"Idempotency-Key": "k-2"}
    first, again = (as_anna.post(path, {"from_stage": "validate"}, format="json", headers=headers) for _ in range(2))
    assert (first.status_code, again.content) == (200, first.content)
    other = as_anna.post(path, {"from_stage": "read"}, format="json", headers=headers)
    assert is_problem(other, 409, "idempotency_key_reused")
    assert is_problem(as_anna.post(path), 409, "job_open")


def test_without_a_key_nothing_is_kept(as_anna, anna):
    as_anna.post("/api/v1/analyze", {"file": SimpleUploadedFile("a.txt", TEXT)})
    assert rows(anna) == (1, 1, 0)


@pytest.mark.parametrize(
    "other",
    [
        {"data": TEXT + b"!"},
        {"name": "copy.txt"},
        {"kind": "invoice"},
        {"priority": "bulk"},
        {"path": "/api/v1/analyze?x=1"},
    ],
    ids=str,
)
def test_another_request_needs_another_key(as_anna, anna, other):
    send(as_anna)
    assert is_problem(send(as_anna, **other), 409, "idempotency_key_reused")
    assert rows(anna) == (1, 1, 1)


def test_a_key_is_its_users_own(as_anna, as_mallory, anna, mallory):
    mine, hers = send(as_anna), send(as_mallory)
    assert (mine.status_code, hers.status_code) == (202, 202)
    assert mine.json()["job_id"] != hers.json()["job_id"]
    assert rows(anna) == rows(mallory) == (1, 1, 1)


def test_the_key_of_a_request_that_failed_is_free(as_anna, anna):
    assert is_problem(send(as_anna, data=b"", name="a.txt"), 422, "empty_file")
    assert rows(anna) == (0, 0, 0)
    assert send(as_anna).status_code == 202


@pytest.mark.parametrize("key", ["", " ", "x" * 256, "tab\there", "naïve"])
def test_a_key_that_is_none(as_anna, anna, key):
    assert is_problem(send(as_anna, key=key.encode().decode("latin-1")), 422, "invalid_idempotency_key")
    assert rows(anna) == (0, 0, 0)


def test_the_longest_key(as_anna):
    assert send(as_anna, key="~" * 255).status_code == 202


def test_a_key_that_expired_while_it_was_waited_for_is_tried_again(as_anna, monkeypatch):
    monkeypatch.setattr(idempotency, "_insert", lambda row: None)
    assert is_problem(send(as_anna), 409, "idempotency_key_in_use")


def test_keys_are_forgotten_in_time(as_anna, anna, as_mallory, mallory, settings):
    send(as_anna, key="old")
    send(as_mallory, key="old")
    with tenancy.as_workspace(anna.workspace.id):
        created_at = IdempotencyKey.objects.get().created_at - timedelta(hours=settings.IDEMPOTENCY_HOURS, seconds=1)
        IdempotencyKey.objects.update(created_at=created_at)
    assert idempotency.forget_expired() == 1
    assert (rows(anna)[2], rows(mallory)[2]) == (0, 1)
    assert idempotency.forget_expired() == 0


@pytest.mark.django_db(transaction=True)
def test_who_waits_too_long_for_the_first_is_told_so(anna, monkeypatch):
    monkeypatch.setattr(idempotency, "_WAIT_SECONDS", 0.1)
    begun, end = threading.Event(), threading.Event()

    def first():
        with tenancy.as_user(anna.user):
            assert idempotency.claim(anna.user, "k-1", "f") is None
            begun.set()
            end.wait(20)
        connection.close()

    thread = threading.Thread(target=first)
    thread.start()
    begun.wait(20)
    try:
        answer = send(client_of(anna))
    finally:
        end.set()
        thread.join()
    assert is_problem(answer, 409, "idempotency_key_in_use")
    assert answer["Retry-After"] == "1"


@pytest.mark.django_db(transaction=True)
def test_other_failures_of_the_database_stay_what_they_are(anna):
    def claim_without_a_server():
        with tenancy.as_user(anna.user):
            with psycopg.connect(os.environ["VOUCH_TEST_OWNER_URL"], dbname="postgres", autocommit=True) as owner:
                owner.execute("select pg_terminate_backend(%s)", [connection.connection.info.backend_pid])
            idempotency.claim(anna.user, "k-1", "f")

    with pytest.raises(OperationalError):
        claim_without_a_server()
    connection.close()


@pytest.mark.django_db(transaction=True)
def test_fifty_at_once_make_one_job_and_get_equal_answers(anna):
    headers = {"Authorization": f"Bearer {AccessToken.for_user(anna.user)}", "Idempotency-Key": "k-50"}
    start = threading.Barrier(50)

    def upload(client):
        start.wait()
        return client.post("/api/v1/analyze", files={"file": ("minutes.txt", TEXT)}, headers=headers)

    with (
        serving(DATABASE_POOL_SIZE="4") as address,
        httpx.Client(base_url=address, timeout=60) as client,
        ThreadPoolExecutor(50) as threads,
    ):
        answers = [future.result() for future in [threads.submit(upload, client) for _ in range(50)]]
    assert {answer.status_code for answer in answers} == {202}, {answer.text for answer in answers}
    assert len({answer.content for answer in answers}) == len({answer.headers["Location"] for answer in answers}) == 1
    assert sorted(answer.headers.get("Idempotency-Replayed", "") for answer in answers) == [""] + ["true"] * 49
    assert rows(anna) == (1, 1, 1)
