"""The other measures: latency when idle, CPU when idle, the claim's plan and time."""

import random
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import psycopg

from benchmarks.queue import engine, machine
from benchmarks.queue.contestants import Contestant
from benchmarks.queue.recording import Recorded, Step
from benchmarks.queue.servers import Servers

_SAMPLES = 60
Sample = TypeVar("Sample")


@dataclass(frozen=True)
class Latency:
    """Milliseconds."""

    p50: float
    p95: float


def latencies(seconds: Sequence[float]) -> Latency:
    ordered = sorted(seconds)
    return Latency(statistics.median(ordered) * 1000, ordered[int(len(ordered) * 0.95)] * 1000)


def idle_latency(owner: psycopg.Connection) -> tuple[Latency, Latency]:
    """From the begin of a submission to the task's claim, and to the job's end, one job at a time."""

    def once() -> tuple[float, float]:
        before, job_id = time.time(), engine.submit()
        query = f"select started_at, finished_at from jobs_job where id = '{job_id}' and finished_at is not null"
        while not (row := owner.execute(query).fetchone()):
            time.sleep(0.002)
        return row[0].timestamp() - before, row[1].timestamp() - before

    claimed, done = zip(*_now_and_then(once), strict=True)
    return latencies(claimed), latencies(done)


def celery_latency(url: str) -> Latency:
    """From the sending of a message to the begin of the task."""
    import redis

    from benchmarks.queue import peer_celery

    client, connection = redis.Redis.from_url(url), peer_celery.app.connection_for_write(url)

    def once() -> float:
        before = time.time()
        peer_celery.tell_time.apply_async(connection=connection)
        return float(client.blpop("begun", 10)[1]) - before

    return latencies(_now_and_then(once))


def _now_and_then(once: Callable[[], Sample]) -> list[Sample]:
    found = []
    for _ in range(_SAMPLES):
        time.sleep(random.uniform(0.05, 0.15))
        found.append(once())
    return found


def idle_cpu(ours: Contestant, servers: Servers, seconds: float = 8) -> tuple[float, float]:
    """Per cent of a core that all our processes use when there is nothing to do; and PostgreSQL."""
    client, server = ours.workers.cpu_seconds(), machine.family_seconds(servers.postmaster)
    time.sleep(seconds)
    client, server = ours.workers.cpu_seconds() - client, machine.family_seconds(servers.postmaster) - server
    return client / seconds * 100, server / seconds * 100


def claim(url: str, owner: psycopg.Connection, recorded: Recorded) -> tuple[float, str]:
    """Milliseconds of the statement that claims tasks (median), and how its plan finds the first one."""
    steps = recorded[max(recorded)]
    before = steps[: next(place for place, step in enumerate(steps) if step.learns)]
    take = steps[len(before)]
    times = []
    with psycopg.connect(url) as connection:
        for _ in range(30):
            for step in before:
                connection.execute(step.sql, step.params)
            began = time.perf_counter()
            connection.execute(take.sql, take.params)
            times.append(time.perf_counter() - began)
            connection.rollback()
    return statistics.median(times) * 1000, _access(owner, take)


def _access(owner: psycopg.Connection, take: Step) -> str:
    """The first way in which the plan reads the tasks, in whatever function it does so."""
    plans: list[str] = []
    owner.add_notice_handler(lambda notice: plans.append(notice.message_primary or ""))
    with owner.transaction(force_rollback=True):
        owner.execute("load 'auto_explain'")
        for name, value in {"min_duration": "0", "nested_statements": "on"}.items():
            owner.execute(f"set local auto_explain.log_{name} = {value}")
        owner.execute("set local client_min_messages = log")
        owner.execute(take.sql, take.params)
    lines = (line for plan in plans for line in plan.splitlines())
    found = next(line for line in lines if " on jobs_task " in line and "Scan" in line)
    return found.strip(" ->").partition("  (")[0]
