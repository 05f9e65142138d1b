"""The heartbeat: what it notices, how soon, and what it does about it."""

import threading
import time

import pytest
from django.db import OperationalError, connection

from documents import sandbox, tenancy
from jobs import claims, control, heartbeat, runner
from jobs.heartbeat import Heartbeat
from jobs.models import Task
from tests.jobs import toys

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def running(anna, submit, state, broker):
    """A task that runs until it is told to stop: its job, and how to wait for its end."""
    begun = threading.Event()

    def work():
        begun.set()
        give_up = time.monotonic() + 20
        while time.monotonic() < give_up:
            sandbox.check_stop(sandbox.stop_event.get())
            time.sleep(0.01)

    toys.MOOD["split"] = work
    job = submit()
    with tenancy.as_workspace(anna.workspace.id):
        Task.objects.filter(pk=state(job)[1][1].pk).update(turn=-1)
    thread = threading.Thread(target=lambda: (runner.run("default"), connection.close()))
    thread.start()
    assert begun.wait(10)
    yield job, thread
    thread.join(30)
    assert not thread.is_alive()


def test_a_cancelled_job_stops_working_within_seconds(anna, running, settings, state):
    settings.JOBS_LEASE_SECONDS = 3
    job, thread = running
    with tenancy.as_workspace(anna.workspace.id):
        control.cancel(job.id, user=anna.user)
    thread.join(4)
    assert not thread.is_alive()
    assert state(job)[0].status == "cancelled"


def test_what_is_handed_back_counts_no_attempt_and_stops(running, state, broker):
    job, thread = running
    before = broker.queue_length("default")
    assert heartbeat.heartbeat.hand_back() == 1
    thread.join(5)
    assert not thread.is_alive()
    task = state(job)[1][1]
    assert (task.status, task.attempts) == ("queued", 0)
    assert broker.queue_length("default") == before + 1
    assert heartbeat.heartbeat.hand_back() == 0


def test_what_can_not_be_handed_back_stops_nevertheless(running, state, monkeypatch):
    def away(_held):
        raise OperationalError

    monkeypatch.setattr(claims, "give_back", away)
    job, thread = running
    assert heartbeat.heartbeat.hand_back() == 0
    thread.join(5)
    assert not thread.is_alive()
    assert state(job)[1][1].status == "working"  # until its lease expires


def test_a_task_beyond_its_time_fails_as_any_other_does(running, settings, state):
    settings.JOBS_TASK_SECONDS = 0.5
    job, thread = running
    thread.join(10)
    found, tasks = state(job)
    assert (tasks[1].status, tasks[1].error_code, tasks[1].attempts) == ("retryable", "task_timeout", 1)
    assert found.error_code == "task_timeout"


def test_a_lease_that_can_not_be_renewed_counts_as_lost(running, settings, state, monkeypatch):
    def away(_held):
        raise OperationalError

    monkeypatch.setattr(claims, "renew", away)
    _, thread = running
    thread.join(10)
    assert not thread.is_alive()


def test_leases_are_renewed_in_time_however_short_or_long(settings):
    for lease, longest in ((3, 1), (15, 2), (600, 2)):
        settings.JOBS_LEASE_SECONDS = lease
        assert heartbeat.every_seconds() <= longest


def test_a_heart_with_nothing_to_do_asks_nothing(monkeypatch):
    own = Heartbeat()
    monkeypatch.setattr(own, "_renew", lambda held: pytest.fail("nothing is held"))
    assert own.hand_back() == 0
    own._give_up_old()
