"""PostgreSQL and Redis that restart, forget, freeze, vanish from the network, or have no connection left."""

import threading
import time
from collections.abc import Callable

import httpx
import redis

from tests.chaos.harness import Clock, expect, fault, percentile, until
from tests.chaos.load import Answer, Uploads, answered
from tests.chaos.people import Person
from tests.chaos.stack import Stack, stack

AWAY_SECONDS = 120
REBUILT_SECONDS = 60


@fault(3, "Redis flushed, restarted, away for two minutes")
def redis_gone() -> str:
    with stack() as running:
        anna = running.person("anna")
        after_flush = flushed(running, anna)
        restarted = _restarted(running, anna)
        running.broker.refuse()
        with Uploads(anna, pause=1) as uploads:
            time.sleep(AWAY_SECONDS)
        running.broker.accept()
        clock = Clock()
        uploads.only(202)
        running.all_over(within=REBUILT_SECONDS)
        return (
            f"rebuilt after a flush in {after_flush:.1f} s, a kill {restarted:.1f} s, {AWAY_SECONDS} s away {clock};"
            f" {uploads.count(202)} uploads meanwhile, slowest {uploads.slowest:.2f} s"
        )


def flushed(running: Stack, anna: Person) -> float:
    """Twenty jobs wait; all their messages are forgotten, and whatever else the broker knew."""
    for worker in running.workers:
        worker.pause()
    for _ in range(20):
        anna.submit()
    broker(running).flushall()
    for worker in running.workers:
        worker.resume()
    clock = Clock()
    running.all_over(within=REBUILT_SECONDS)
    return clock()


def _restarted(running: Stack, anna: Person) -> float:
    with Uploads(anna) as uploads:
        time.sleep(2)
        running.valkey.kill()
        time.sleep(2)
        running.valkey.start()
        clock = Clock()
        time.sleep(2)
    uploads.only(202)
    running.all_over(within=REBUILT_SECONDS)
    return clock()


def broker(running: Stack) -> "redis.Redis":
    """A client past the proxy."""
    return redis.Redis.from_url(running.valkey.engine.url())


@fault(4, "PostgreSQL restarted, killed, and frozen by SIGSTOP")
def postgres_gone() -> str:
    with stack() as running:
        anna = running.person("anna")

        def restart() -> None:
            running.postgres.stop()
            running.postgres.start()

        def kill() -> None:
            running.postgres.kill()
            time.sleep(1)
            running.postgres.start()

        def freeze() -> None:
            running.postgres.pause()
            time.sleep(20)
            running.postgres.resume()

        return "; ".join(_while_uploading(running, anna, one) for one in (restart, kill, freeze))


def _while_uploading(running: Stack, anna: Person, breaking: Callable[[], None]) -> str:
    with Uploads(anna, threads=2) as uploads:
        time.sleep(2)
        breaking()
        clock = Clock()
        anna.insist(b"Back again after the %s.\n" % breaking.__name__.encode(), within=30)
        back = clock()
        time.sleep(2)
    uploads.only(202, 503)
    expect(uploads.count(202), "no upload was taken at all")
    running.all_over(within=60)
    figures = f"{uploads.count(202)} taken, {uploads.count(503)} refused with 503"
    return f"{breaking.__name__}: {figures}, uploads back in {back:.1f} s, all work done in {clock}"


@fault(5, "half-open TCP to PostgreSQL, then to Redis")
def half_open() -> str:
    with stack() as running:
        anna = running.person("anna")
        noticed = []
        for name, proxy in (("PostgreSQL", running.database), ("Redis", running.broker)):
            with Uploads(anna, pause=0.2) as uploads:  # so that some are in the midst of something
                time.sleep(2)
                links = proxy.vanish()
                clock = Clock()
                anna.insist(f"After {name} had vanished.\n".encode(), within=60)
                taken = clock()
            uploads.only(202, 503)
            running.done(anna.submit(), within=60 - min(clock(), 59))
            worked = clock()
            running.all_over(within=60)
            noticed.append(f"{name}: {links} links, uploads back in {taken:.1f} s, workers in {worked:.1f} s")
        return "; ".join(noticed)


@fault(23, "the pool of database connections exhausted")
def pool_exhausted() -> str:
    with stack(DATABASE_POOL_SIZE="2") as running:
        anna, answers, health = running.person("anna"), [], []

        def ask() -> None:
            answers.append(answered(lambda: anna.http.get("/api/v1/documents", timeout=90)))

        threads = [threading.Thread(target=ask) for _ in range(60)]
        with running.connect() as blocker, blocker.transaction():
            blocker.execute("lock table documents_document in access exclusive mode")
            for thread in threads:
                thread.start()
            clock = Clock()
            while clock() < 15:
                health.append(answered(lambda: httpx.get(f"{running.url}/healthz", timeout=30)))
                time.sleep(0.2)
        clock = Clock()
        until(lambda: anna.http.get("/api/v1/documents").status_code == 200, within=15, what="it answers again")
        back = clock()
        for thread in threads:
            thread.join()
        return f"{_shed(answers)}; {_healthy(health)}; back in {back:.1f} s"


def _shed(answers: list[Answer]) -> str:
    statuses = {answer.status for answer in answers}
    expect(statuses <= {200, 429, 503}, f"requests without a connection were answered {sorted(statuses)}")
    refused = [answer for answer in answers if answer.status != 200]
    expect(refused, "nothing was shed")
    expect(all(answer.retry_after for answer in refused), "refused without Retry-After")
    return (
        f"{len(refused)} of {len(answers)} requests shed, slowest refusal {max(one.seconds for one in refused):.1f} s"
    )


def _healthy(health: list[Answer]) -> str:
    slow = percentile([answer.seconds for answer in health], 0.95)
    expect(all(answer.status == 200 for answer in health), "/healthz failed")
    expect(slow < 1, f"/healthz took {slow:.1f} s (p95) meanwhile")
    return f"/healthz p95 {slow * 1000:.0f} ms"
