"""What the database's errors are told to be."""

import time

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.db import OperationalError, connection, transaction
from psycopg_pool import PoolTimeout, TooManyRequests

from config import database
from tests.conftest import make_person


def caused_by(cause):
    error = OperationalError()
    error.__cause__ = cause
    return error


def test_a_pool_without_a_free_connection_is_busy(monkeypatch):
    assert database.is_busy(caused_by(TooManyRequests()))
    assert database.is_busy(caused_by(PoolTimeout()))
    monkeypatch.setattr(database.Connection, "unanswered_at", time.monotonic())
    assert not database.is_busy(caused_by(PoolTimeout()))  # there is none because the server is away


@pytest.mark.parametrize(
    ("statement", "busy"),
    [
        ("set local statement_timeout = 1; select pg_sleep(5)", True),
        ("do $$ begin raise exception using errcode = 'lock_not_available'; end $$", True),
        ("do $$ begin raise exception using errcode = 'deadlock_detected'; end $$", True),
        ("do $$ begin raise exception using errcode = 'too_many_connections'; end $$", True),
        ("do $$ begin raise exception using errcode = 'admin_shutdown'; end $$", False),
    ],
)
def test_what_takes_too_long_is_busy(db, statement, busy):
    with pytest.raises(OperationalError) as caught, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert database.is_busy(caught.value) == busy


def test_no_cause_is_away():
    assert not database.is_busy(OperationalError())


def test_a_session_that_can_not_be_saved_is_no_fault_of_the_code(client, db, monkeypatch):
    make_person("anna")

    def away(*_, **__):
        raise OperationalError("the server closed the connection")

    client.raise_request_exception = False
    monkeypatch.setattr(SessionStore, "save", away)
    answer = client.post("/login", {"username": "anna", "password": "secret-of-anna"})
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert b"Back in a moment" in answer.content


def test_a_fault_of_the_code_stays_one(client, db, monkeypatch):
    client.raise_request_exception = False
    monkeypatch.setattr(SessionStore, "save", lambda *_, **__: 1 / 0)
    make_person("anna")
    assert client.post("/login", {"username": "anna", "password": "secret-of-anna"}).status_code == 500


def test_the_bounds_are_told_to_the_server():
    assert database.timeouts(30) == "-c statement_timeout=30000 -c lock_timeout=10000"
    assert database.pool(4, waiting=9, seconds=2) == {
        "min_size": 1,
        "max_size": 4,
        "max_waiting": 9,
        "timeout": 2,
        "reconnect_timeout": 2,
        "connection_class": database.Connection,
    }
