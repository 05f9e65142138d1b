"""News of jobs: told once committed, gathered, and never the caller's trouble."""

import asyncio
import os
import threading
import time
from uuid import uuid4

import dramatiq
import pytest
from channels.layers import get_channel_layer
from django.db import transaction

from jobs import news
from jobs.models import Job

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def workspace_id():
    return uuid4()


@pytest.fixture
def heard(workspace_id):
    """What is said in the workspace's group, as the lists of jobs in each message; filled by a loop of its own."""
    messages, ready, stop = [], threading.Event(), threading.Event()

    async def listen():
        layer = get_channel_layer()
        channel = await layer.new_channel()
        await layer.group_add(news.group(workspace_id), channel)
        ready.set()
        while not stop.is_set():
            try:
                async with asyncio.timeout(0.2):
                    messages.append((await layer.receive(channel))["jobs"])
            except TimeoutError:
                channel = await layer.new_channel()
                await layer.group_add(news.group(workspace_id), channel)

    thread = threading.Thread(target=asyncio.run, args=(listen(),))
    thread.start()
    assert ready.wait(10)
    yield messages
    stop.set()
    thread.join(10)


def until(condition, seconds=10):
    give_up = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up
        time.sleep(0.01)


def test_ten_changes_of_a_job_are_one_message(heard, workspace_id):
    job = Job(id=uuid4(), workspace_id=workspace_id)
    other = Job(id=uuid4(), workspace_id=workspace_id)
    with transaction.atomic():
        for _ in range(10):
            news.announce(job)
        news.announce(other)
    until(lambda: heard)
    time.sleep(0.2)
    assert len(heard) == 1
    assert sorted(heard[0]) == sorted([str(job.id), str(other.id)])


def test_what_is_rolled_back_is_not_told(heard, workspace_id):
    kept, undone = (Job(id=uuid4(), workspace_id=workspace_id) for _ in range(2))
    with transaction.atomic():
        news.announce(undone)
        transaction.set_rollback(True)

    def told():
        """News may be lost, above all while the listener changes its channel: they are told until they are heard."""
        with transaction.atomic():
            news.announce(kept)
        time.sleep(0.2)
        return heard

    until(told)
    assert {job for jobs in heard for job in jobs} == {str(kept.id)}


def test_it_takes_no_time_while_redis_is_away_and_tells_when_it_is_back(heard, workspace_id, monkeypatch):
    publisher = news.Publisher()
    monkeypatch.setattr(news, "_publisher", publisher)
    send, asked = news._send, []

    async def failing(changed):
        asked.append(changed)
        if len(asked) == 1:
            raise ConnectionError
        await send(changed)

    monkeypatch.setattr(news, "_send", failing)
    job = Job(id=uuid4(), workspace_id=workspace_id)
    started = time.monotonic()
    for _ in range(1000):
        news.announce(job)
    assert time.monotonic() - started < 0.5
    until(lambda: heard)
    assert heard == [[str(job.id)]]
    assert len(asked) == 2


def test_what_waits_is_bounded(monkeypatch):
    publisher = news.Publisher()
    monkeypatch.setattr(publisher, "_thread", threading.current_thread())  # nobody fetches them
    for _ in range(news._KEPT + 5):
        publisher.put({uuid4(): uuid4()})
    assert len(publisher._waiting) == news._KEPT


def test_a_forked_child_tells_by_itself(heard, workspace_id, broker: dramatiq.Broker):
    """Dramatiq forks its workers; neither threads nor locks get over a fork."""
    news.announce(Job(id=uuid4(), workspace_id=workspace_id))
    until(lambda: heard)
    job_id = uuid4()
    with news._publisher._lock:  # held in the parent at the moment of the fork
        child = os.fork()
        if child == 0:
            try:
                news._publisher.put({job_id: workspace_id})
                time.sleep(1)
            finally:  # a failing child must not go on as a second test run
                os._exit(0)
    os.waitpid(child, 0)
    until(lambda: [str(job_id)] in heard)
