"""Worker processes, really started: their figures, their end, and what becomes of the work they had in hand."""

import os
import signal
import subprocess
import sys
import time
import urllib.request

import psycopg
import pytest
from django.conf import settings
from django.db import connection

from config.embedded.processes import free_port
from config.local import programs
from documents import tenancy
from jobs import connections, control, worker
from jobs.models import Job, Task
from tests.jobs import slow

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def start(broker, sweeping, tmp_path):
    """Starts worker processes for the queue "embed", beside a sweeper."""
    started = []

    def start(**environment) -> subprocess.Popen:
        command = [sys.executable, "-m", "dramatiq", "django_dramatiq.setup", "jobs.actors", "tests.jobs.slow"]
        options = ["--path", str(settings.BASE_DIR), "--skip-logging", "--processes=1", "--threads=1"]
        environment = programs.environment(tmp_path) | {"DJANGO_SETTINGS_MODULE": "config.settings"} | environment
        environment.pop("PROMETHEUS_MULTIPROC_DIR")
        process = subprocess.Popen(
            [*command, *options, "--queues", "embed"],
            env=environment,
            cwd=settings.BASE_DIR,
            start_new_session=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.fixture
def submit(anna, tmp_path):
    """Submits a slow job; its diary tells who ran it."""

    def submit(seconds=0.0, obedient=True) -> tuple[Job, "os.PathLike[str]"]:
        diary = tmp_path / f"diary-{time.monotonic_ns()}"
        slow.INPUT = {"diary": str(diary), "seconds": seconds, "obedient": obedient}
        with tenancy.as_workspace(anna.workspace.id):
            return control.submit(workspace_id=anna.workspace.id, pipeline_name="slow"), diary

    return submit


@pytest.fixture
def task_of(anna):
    def task_of(job) -> Task:
        with tenancy.as_workspace(anna.workspace.id):
            return Task.objects.get(job=job)

    return task_of


def until(condition, seconds=40):
    give_up = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < give_up
        time.sleep(0.05)
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


def test_it_serves_its_figures_and_dies_with_its_master(start):
    port = free_port()
    process = start(WORKER_METRICS_PORT=str(port))
    assert "vouch_task_latency_seconds" in until(lambda: scraped(port))
    assert len(group_members(process.pid)) >= 2
    process.kill()
    process.wait()
    until(lambda: not group_members(process.pid))


def test_what_does_not_end_within_the_grace_time_is_handed_to_others(start, submit, task_of):
    job, diary = submit(seconds=60)
    process = start(JOBS_GRACE_SECONDS="1")
    until(diary.exists)
    process.terminate()
    told = time.monotonic()
    assert process.wait(timeout=20) == 0
    assert 1 < time.monotonic() - told < 8
    task = task_of(job)
    assert (task.status, task.attempts, task.lease) == ("queued", 0, None)
    start()
    until(lambda: task_of(job).status == "done")
    assert task_of(job).attempts == 1
    assert len(set(diary.read_text().split())) == 2


def test_what_ends_within_the_grace_time_is_kept(start, submit, task_of):
    job, diary = submit(seconds=2)
    process = start(JOBS_GRACE_SECONDS="20")
    until(diary.exists)
    process.terminate()
    assert process.wait(timeout=20) == 0
    assert (task_of(job).status, task_of(job).attempts) == ("done", 1)


def test_asked_twice_it_ends_at_once_even_if_a_thread_does_not_listen(start, submit, task_of):
    job, diary = submit(seconds=60, obedient=False)
    process = start(JOBS_GRACE_SECONDS="60")
    until(diary.exists)
    process.terminate()
    time.sleep(2)  # it looks at the signal once a second
    process.terminate()
    assert process.wait(timeout=10) == 0
    assert task_of(job).status == "queued"


def test_a_worn_process_is_replaced_and_its_master_stays(start, submit, task_of):
    process = start(WORKER_MAX_TASKS="1")
    ran_in = set()
    give_up = time.monotonic() + 30
    while len(ran_in) < 2 and time.monotonic() < give_up:
        job, diary = submit()
        until(lambda job=job: task_of(job).status == "done")
        assert task_of(job).attempts == 1
        ran_in.add(diary.read_text())
    assert len(ran_in) == 2
    assert process.poll() is None


def test_wear_is_of_tasks_or_memory(settings):
    assert worker._wear(1) == ""
    assert worker._wear(settings.WORKER_MAX_TASKS) == "tasks"
    settings.WORKER_MAX_MEMORY_MB = 1
    assert worker._wear(1) == "memory"
    assert 10 < worker.resident_mb() < 10_000


def test_a_database_that_was_restarted_costs_a_worker_nothing(start, submit, task_of):
    start(DATABASE_PERSISTENT="1")
    for _ in range(2):
        job, _diary = submit()
        until(lambda job=job: task_of(job).status == "done")
        assert task_of(job).attempts == 1
        connection.close()
        end_all_sessions()


def end_all_sessions() -> None:
    """As a restart of the server does."""
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as other:
        other.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where usename = current_user and datname ="
            " current_database() and pid <> pg_backend_pid()"
        )


def test_dead_connections_are_dropped_and_living_ones_kept(db):
    connection.ensure_connection()
    connections.drop_dead()
    assert connection.connection is not None
    end_all_sessions()
    until(lambda: (connections.drop_dead(), connection.connection is None)[1])
    with connection.cursor() as cursor:
        cursor.execute("select 1")
