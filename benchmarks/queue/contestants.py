"""Who takes part: our engine on two databases, bare Dramatiq, and Celery with processes and with threads."""

import os
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial

import dramatiq
import psycopg
import redis
from dramatiq.brokers.redis import RedisBroker

from benchmarks.queue import engine, filling, machine, pipeline, replay, workers
from benchmarks.queue.recording import Step
from benchmarks.queue.servers import Servers
from benchmarks.queue.workers import Workers

_WARM_UP = 400  # tasks before the first round, so that all processes are up and connected

OURS, HISTORY, DRAMATIQ = "Vouch", "Vouch, with a history", "Dramatiq, bare"
CELERY = ("Celery, 2 processes", "Celery, 2 x 8 threads")


@dataclass(frozen=True)
class Contestant:
    """`put` enqueues a number of tasks, `is_drained` says whether all are done and acknowledged."""

    name: str
    workers: Workers
    put: Callable[[int], None]
    is_drained: Callable[[], bool]


@dataclass(frozen=True)
class Drain:
    """Tasks per second; CPU milliseconds per task of the workers and of PostgreSQL."""

    rate: float
    client_ms: float
    server_ms: float


def median(drains: Sequence[Drain]) -> Drain:
    columns = zip(*((one.rate, one.client_ms, one.server_ms) for one in drains), strict=True)
    return Drain(*(statistics.median(column) for column in columns))


def drain(one: Contestant, servers: Servers, count: int) -> Drain:
    """Enqueues `count` tasks while the workers are frozen, and measures from their thaw to the last task's end."""
    one.put(count)
    client, server = one.workers.cpu_seconds(), machine.family_seconds(servers.postmaster)
    began = time.perf_counter()
    one.workers.thaw()
    workers.wait_for(one.is_drained, one.workers, seconds=300)
    seconds = time.perf_counter() - began
    client, server = one.workers.cpu_seconds() - client, machine.family_seconds(servers.postmaster) - server
    time.sleep(0.2)  # connections go back to their pools, messages are forgotten
    one.workers.freeze()
    return Drain(count / seconds, client / count * 1000, server / count * 1000)


def drain_bare(servers: Servers, steps: Sequence[Step], count: int) -> Drain:
    """The same with the engine's statements alone: no Dramatiq, no Django, no engine."""
    with servers.owner("vouch") as owner:
        filling.queue(owner, count)
        server = machine.family_seconds(servers.postmaster)
        seconds, client = replay.replay(servers.postgres.url("vouch_app"), steps, engine.binding())
        server = machine.family_seconds(servers.postmaster) - server
        assert _all_done(owner), "the replay of the recorded statements did not do the work"
    return Drain(count / seconds, client / count * 1000, server / count * 1000)


@contextmanager
def all_of_them(servers: Servers, message: dramatiq.Message) -> Iterator[dict[str, Contestant]]:
    """Started, warm and frozen."""
    os.environ |= {"BENCHMARK_DRAMATIQ": servers.valkey.url(2), "BENCHMARK_CELERY": servers.valkey.url(3)}
    with ExitStack() as stack:
        found = [
            stack.enter_context(_ours(OURS, servers, "vouch", 0, message)),
            stack.enter_context(_ours(HISTORY, servers, "vouch_history", 1, message)),
            stack.enter_context(_dramatiq()),
            stack.enter_context(_celery(CELERY[0], servers, 3, [workers.celery("prefork", 2, "prefork")])),
            stack.enter_context(
                _celery(CELERY[1], servers, 4, [workers.celery("threads", 8, name) for name in ("one", "two")])
            ),
        ]
        yield {one.name: one for one in found}


@contextmanager
def _ours(name: str, servers: Servers, database: str, number: int, message: dramatiq.Message) -> Iterator[Contestant]:
    """The workers and the sweeper, with the settings of the local mode."""
    from config.local import programs

    broker = RedisBroker(url=servers.valkey.url(number), middleware=[])
    broker.declare_queue(pipeline.QUEUE)
    owner = servers.owner(database)
    commands = [
        workers.dramatiq("django_dramatiq.setup", "jobs.actors", "benchmarks.queue.pipeline", queue=pipeline.QUEUE),
        workers.sweeper(),
    ]
    environment = programs.environment(servers.folder) | servers.environment(database, number)

    def put(count: int) -> None:
        filling.queue(owner, count)
        for _ in range(count):
            broker.enqueue(engine.another(message))

    def is_drained() -> bool:
        return not broker.client.exists(f"dramatiq:{pipeline.QUEUE}.msgs") and _all_done(owner)

    with _warm(name, commands, environment, put, is_drained) as contestant:
        yield contestant


def _all_done(owner: psycopg.Connection) -> bool:
    row = owner.execute("select exists (select from jobs_job where status in ('queued', 'working', 'retryable'))")
    return row.fetchone() == (False,)


@contextmanager
def _dramatiq() -> Iterator[Contestant]:
    from benchmarks.queue import peer_dramatiq

    def put(count: int) -> None:
        for _ in range(count):
            peer_dramatiq.nothing.send()

    commands = [workers.dramatiq("benchmarks.queue.peer_dramatiq", queue="default")]
    client = peer_dramatiq.broker.client
    with _warm(DRAMATIQ, commands, {}, put, lambda: not client.exists("dramatiq:default.msgs")) as contestant:
        yield contestant


@contextmanager
def _celery(name: str, servers: Servers, number: int, commands: list[list[str]]) -> Iterator[Contestant]:
    from benchmarks.queue import peer_celery

    url = servers.valkey.url(number)
    client = redis.Redis.from_url(url)
    connection = peer_celery.app.connection_for_write(url)

    def put(count: int) -> None:
        for _ in range(count):
            peer_celery.nothing.apply_async(connection=connection)

    is_drained = partial(_nothing_in, client, "celery", "unacked")
    with _warm(name, commands, {"BENCHMARK_CELERY": url}, put, is_drained) as contestant:
        yield contestant


def _nothing_in(client: redis.Redis, *keys: str) -> bool:
    return not client.exists(*keys)


@contextmanager
def _warm(
    name: str,
    commands: list[list[str]],
    environment: dict[str, str],
    put: Callable[[int], None],
    is_drained: Callable[[], bool],
) -> Iterator[Contestant]:
    put(_WARM_UP)
    with workers.started(commands, environment, is_drained) as group:
        time.sleep(2)  # all processes are up by now, not only the first
        put(_WARM_UP)
        workers.wait_for(is_drained, group, seconds=60)
        time.sleep(0.2)
        group.freeze()
        yield Contestant(name, group, put, is_drained)
