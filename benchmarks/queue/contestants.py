"""Who takes part: our engine on two databases, bare Dramatiq, and Celery with processes and with threads."""

import os
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial

import psycopg
import redis

from benchmarks.queue import engine, filling, machine, pipeline, replay, workers
from benchmarks.queue.recording import Recorded
from benchmarks.queue.servers import Servers
from benchmarks.queue.workers import Workers

_WARM_UP = 400  # tasks before the first round, so that all processes are up and connected

OURS, HISTORY, DRAMATIQ = "Vouch", "Vouch, with a history", "Dramatiq, bare"
BARE, LONG = "vouch_bare", "vouch_history"  # copies of the database
CELERY = ("Celery, 2 processes", "Celery, 2 x 8 threads")


@dataclass(frozen=True)
class Contestant:
    """`prepare` readies a number of tasks and gives what lets them loose, all at once; `is_drained`: all are done."""

    name: str
    workers: Workers
    prepare: Callable[[int], Callable[[], None]]
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
    """From the moment that `count` tasks wait to the last one's end."""
    let_loose = one.prepare(count)
    client, server = one.workers.cpu_seconds(), machine.family_seconds(servers.postmaster)
    began = time.perf_counter()
    let_loose()
    workers.wait_for(one.is_drained, one.workers, seconds=300)
    seconds = time.perf_counter() - began
    client, server = one.workers.cpu_seconds() - client, machine.family_seconds(servers.postmaster) - server
    return Drain(count / seconds, client / count * 1000, server / count * 1000)


def drain_bare(servers: Servers, recorded: Recorded, count: int) -> Drain:
    """The same with the engine's statements alone: no Dramatiq, no Django, no engine."""
    with servers.owner(BARE) as owner:
        filling.queue(owner, count)
        owner.execute("commit")
        server = machine.family_seconds(servers.postmaster)
        seconds, client = replay.replay(servers.postgres.url("vouch_app", BARE), recorded, engine.prepare_threshold())
        server = machine.family_seconds(servers.postmaster) - server
        assert _all_done(owner), "the replay of the recorded statements did not do the work"
    return Drain(count / seconds, client / count * 1000, server / count * 1000)


@contextmanager
def all_of_them(servers: Servers) -> Iterator[dict[str, Contestant]]:
    """Started and warm."""
    os.environ |= {"BENCHMARK_DRAMATIQ": servers.valkey.url(2), "BENCHMARK_CELERY": servers.valkey.url(3)}
    with ExitStack() as stack:
        found = [
            stack.enter_context(_ours(OURS, servers, "vouch", 0)),
            stack.enter_context(_ours(HISTORY, servers, LONG, 1)),
            stack.enter_context(_dramatiq()),
            stack.enter_context(_celery(CELERY[0], servers, 3, [workers.celery("prefork", 2, "prefork")])),
            stack.enter_context(
                _celery(CELERY[1], servers, 4, [workers.celery("threads", 8, name) for name in ("one", "two")])
            ),
        ]
        for _ in range(2):  # the first round begins when one process of a group is up, the second when all are
            for one in found:
                one.prepare(_WARM_UP)()
                workers.wait_for(one.is_drained, one.workers, seconds=90)
        yield {one.name: one for one in found}


@contextmanager
def _ours(name: str, servers: Servers, database: str, number: int) -> Iterator[Contestant]:
    """The workers and the sweeper, with the settings of the local mode, but that workers are not replaced."""
    from config.local import programs
    from jobs.broker import RedisBroker

    broker, owner = RedisBroker(url=servers.valkey.url(number), middleware=[]), servers.owner(database)
    owner.execute("set enable_seqscan = off")  # asking for open jobs must cost as little with a history as without
    commands = [
        workers.dramatiq("django_dramatiq.setup", "jobs.actors", "benchmarks.queue.pipeline", queue=pipeline.QUEUE),
        workers.sweeper(),
    ]
    environment = programs.environment(servers.folder) | programs.PERSISTENT | {"WORKER_MAX_TASKS": "1000000"}
    environment |= servers.environment(database, number)

    def prepare(count: int) -> Callable[[], None]:
        filling.queue(owner, count)

        def let_loose() -> None:
            owner.execute("commit")
            engine.wake(broker, count)

        return let_loose

    def is_drained() -> bool:
        return not broker.queue_length(pipeline.QUEUE) and _all_done(owner)

    with workers.started(commands, environment) as group:
        yield Contestant(name, group, prepare, is_drained)


def _all_done(owner: psycopg.Connection) -> bool:
    row = owner.execute("select exists (select from jobs_job where status in ('queued', 'working', 'retryable'))")
    return row.fetchone() == (False,)


@contextmanager
def _dramatiq() -> Iterator[Contestant]:
    from benchmarks.queue import peer_dramatiq

    broker, client = peer_dramatiq.broker, peer_dramatiq.broker.client
    names = {f"dramatiq:aside{part}": f"dramatiq:default{part}" for part in (".msgs", "")}

    def prepare(count: int) -> Callable[[], None]:
        for _ in range(count):
            message = peer_dramatiq.nothing.message()
            message = message.copy(options={"redis_message_id": message.message_id})
            broker.do_enqueue("aside", message.message_id, message.encode())
        return partial(_rename, client, names)

    commands = [workers.dramatiq("benchmarks.queue.peer_dramatiq:broker", queue="default")]
    is_drained = partial(_nothing_in, client, "dramatiq:default.msgs")
    with workers.started(commands, {}) as group:
        yield Contestant(DRAMATIQ, group, prepare, is_drained)


@contextmanager
def _celery(name: str, servers: Servers, number: int, commands: list[list[str]]) -> Iterator[Contestant]:
    from benchmarks.queue import peer_celery

    url = servers.valkey.url(number)
    client = redis.Redis.from_url(url)

    def prepare(count: int) -> Callable[[], None]:
        with peer_celery.app.connection_for_write(url) as connection:
            for _ in range(count):
                peer_celery.nothing.apply_async(connection=connection, queue="aside")
        return partial(_rename, client, {"aside": "celery"})

    is_drained = partial(_nothing_in, client, "celery", "unacked")
    with workers.started(commands, {"BENCHMARK_CELERY": url}) as group:
        yield Contestant(name, group, prepare, is_drained)


def _rename(client: redis.Redis, names: dict[str, str]) -> None:
    with client.pipeline() as together:
        for old, new in names.items():
            together.rename(old, new)
        together.execute()


def _nothing_in(client: redis.Redis, *keys: str) -> bool:
    return not client.exists(*keys)
