"""A worker process: its figures, and its end when its master is killed."""

import os
import signal
import subprocess
import sys
import time
import urllib.request

import pytest
from django.conf import settings

from config.embedded.processes import free_port

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def worker_process(broker):
    port = free_port()
    command = [sys.executable, "-m", "dramatiq", "django_dramatiq.setup", "jobs.actors"]
    options = [
        "--path",
        str(settings.BASE_DIR),
        "--skip-logging",
        "--processes",
        "1",
        "--threads",
        "1",
        "--queues",
        "embed",
    ]
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings", "WORKER_METRICS_PORT": str(port)}
    process = subprocess.Popen([*command, *options], env=environment, cwd=settings.BASE_DIR, start_new_session=True)
    yield process, port
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def until(condition, seconds=30):
    give_up = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < give_up
        time.sleep(0.1)
    return found


def scraped(port) -> str:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
            return answer.read().decode()
    except OSError:
        return ""


def group_members(pid) -> list[int]:
    found = subprocess.run(["pgrep", "-g", str(pid)], capture_output=True, text=True, check=False)
    return [int(one) for one in found.stdout.split()]


def test_it_serves_its_figures_and_dies_with_its_master(worker_process):
    process, port = worker_process
    assert "vouch_task_latency_seconds" in until(lambda: scraped(port))
    assert len(group_members(process.pid)) >= 2
    process.kill()
    process.wait()
    until(lambda: not group_members(process.pid))
