"""Deliveries through real workers: killed in the middle, and side by side with servers that hang."""

import os
import signal
import subprocess
import sys
import threading

import pytest
from django.db import connection

from jobs.webhooks import deliveries, sending
from tests.jobs.webhooks.conftest import deliver, fresh, hang, later, make_endpoint, of, ping, wait_until

_SEND = (
    "import django; django.setup();"
    "from ipaddress import ip_network; from django.conf import settings;"
    "settings.WEBHOOKS_ALLOW_PRIVATE = [ip_network('127.0.0.0/8')];"
    "from jobs.webhooks import sending; sending.run()"
)


def test_killed_in_mid_delivery_and_sent_again_under_the_same_id(transactional_db, broker, anna, receiver):
    receiver.moods = [hang]
    delivery = ping(make_endpoint(anna, receiver.url))
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings"}
    with subprocess.Popen([sys.executable, "-c", _SEND], env=environment) as process:
        wait_until(lambda: receiver.received, 30)
        process.send_signal(signal.SIGKILL)
    assert fresh(delivery).status == "working"
    assert deliveries.sweep()["deliveries_taken_back"] == 0
    later(40)
    assert deliveries.sweep()["deliveries_taken_back"] == 1
    assert deliver() == 1
    assert receiver.ids == [str(delivery.pk)] * 2
    assert (fresh(delivery).status, fresh(delivery).attempts) == ("done", 2)


@pytest.fixture
def senders(transactional_db, broker):
    """Four threads that send what is due."""
    stop = threading.Event()

    def send():
        while not stop.is_set():
            sending.run() or stop.wait(0.02)
        connection.close()

    threads = [threading.Thread(target=send, daemon=True) for _ in range(4)]
    for thread in threads:
        thread.start()
    yield
    stop.set()
    for thread in threads:
        thread.join()


def test_a_hanging_endpoint_delays_no_other(anna, mallory, senders, receiver, receiver2, settings):
    settings.WEBHOOKS_TIMEOUT_SECONDS = 6
    receiver.moods = [hang] * 100
    slow = make_endpoint(anna, receiver.url)
    for _ in range(20):
        ping(slow)
    wait_until(lambda: receiver.received)
    for endpoint in [make_endpoint(person, receiver2.url) for person in (anna, mallory)]:
        for _ in range(5):
            ping(endpoint)
    wait_until(lambda: len(receiver2.received) == 10, 5)
    assert len(receiver.received) == 1
    assert [fresh(one).status for one in of(slow)].count("working") == 1
    receiver.closing.set()


@pytest.mark.usefixtures("worker")
def test_what_failed_comes_again_by_itself(anna, receiver, settings):
    settings.WEBHOOKS_RETRY_SECONDS = [0, 0, 0]
    receiver.moods = [500, 500]
    delivery = ping(make_endpoint(anna, receiver.url))
    wait_until(lambda: fresh(delivery).status == "done")
    assert receiver.ids == [str(delivery.pk)] * 3
