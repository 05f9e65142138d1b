"""The table: who drains how fast at what cost, how long an idle engine takes, and which aims are met."""

import statistics
import sys
import time
from functools import partial

from benchmarks.queue import contestants, engine, filling, measures, servers
from benchmarks.queue.contestants import CELERY, DRAMATIQ, HISTORY, OURS, Contestant, Drain
from benchmarks.queue.recording import Recorded
from benchmarks.queue.servers import Servers

TASKS, ROUNDS = 4_000, 5
HISTORIC_TASKS = 1_000_000
BARE_SQL = "the same SQL, bare"
_BEGAN = time.monotonic()


class Aims:
    """What docs/benchmarks.md aims at; counts what is missed."""

    def __init__(self) -> None:
        self.missed = 0

    def check(self, text: str, value: float, *, at_least: float = 0, below: float = float("inf")) -> None:
        met = at_least <= value < below
        bound = f"at least {at_least:g}" if at_least else f"below {below:g}"
        self.missed += not met
        print(f"  {'met   ' if met else 'MISSED'}  {text}: {value:.2f} ({bound})")


def progress(text: str) -> None:
    print(f"[{time.monotonic() - _BEGAN:>4.0f} s] {text}", file=sys.stderr, flush=True)


def run(ours: Servers) -> int:
    """Measures and prints everything; returns how many aims are missed."""
    aims = Aims()
    progress(f"{HISTORIC_TASKS:,} finished tasks")
    recorded = prepare(ours)
    progress("workers")
    with contestants.all_of_them(ours) as field:
        show_drains(aims, drains(ours, field, recorded), recorded)
        show_idle(aims, ours, field)
    show_claims(ours, recorded)
    return aims.missed


def prepare(ours: Servers) -> Recorded:
    """Databases with many tenants, one of them with a long history; and the statements of tasks."""
    with ours.owner("vouch") as owner:
        filling.prepare_numbers(owner)
        recorded = engine.recorded()
        filling.keep_first_user(owner)
        filling.keep(owner, engine.submit_and_run(), "finished")
        filling.keep(owner, engine.submit(), "waiting")
        filling.tenants(owner)
    for name in (contestants.BARE, contestants.LONG):
        servers.copy(ours, name)
    with ours.owner(contestants.LONG) as owner:
        filling.history(owner, HISTORIC_TASKS)
    return recorded


def drains(ours: Servers, field: dict[str, Contestant], recorded: Recorded) -> dict[str, list[Drain]]:
    """The drains of each, round by round."""
    measured = {name: partial(contestants.drain, one, ours, TASKS) for name, one in field.items()}
    measured[BARE_SQL] = partial(contestants.drain_bare, ours, recorded, TASKS)
    found: dict[str, list[Drain]] = {name: [] for name in measured}
    for number in range(ROUNDS):
        for name in list(measured)[:: -1 if number % 2 else 1]:  # there and back: nobody always comes after the same
            progress(f"round {number + 1} of {ROUNDS}: {name}")
            found[name].append(measured[name]())
    return found


def show_drains(aims: Aims, found: dict[str, list[Drain]], recorded: Recorded) -> None:
    print(f"{TASKS} no-op tasks, 2 processes x 8 threads, median of {ROUNDS} rounds")
    print(f"  {'':<24} {'tasks/s':>8} {'CPU ms/task':>12} {'PostgreSQL':>11}")
    for name, each in found.items():
        one = contestants.median(each)
        print(f"  {name:<24} {one.rate:>8.0f} {one.client_ms:>12.2f} {one.server_ms:>11.2f}")
    for count in (min(recorded), max(recorded)):
        transactions = sum(step.ends_transaction for step in recorded[count])
        print(f"  Ours taken {count} at a time: {len(recorded[count])} statements in {transactions} transactions.")
    aims.check("drain rate to Celery's", min(ratio(found, OURS, name) for name in CELERY), at_least=1)
    aims.check("drain rate to the bare SQL's", ratio(found, OURS, BARE_SQL), at_least=0.6)
    aims.check(f"with {HISTORIC_TASKS:,} finished tasks to without", ratio(found, HISTORY, OURS), at_least=0.9)
    print(f"  (to bare Dramatiq's, which keeps no record: {ratio(found, OURS, DRAMATIQ):.2f})")


def ratio(found: dict[str, list[Drain]], one: str, other: str) -> float:
    """The median of the rounds' ratios: what slows a whole round down slows both."""
    return statistics.median(mine.rate / theirs.rate for mine, theirs in zip(found[one], found[other], strict=True))


def show_idle(aims: Aims, ours: Servers, field: dict[str, Contestant]) -> None:
    with ours.owner("vouch") as owner:
        claimed, done = measures.idle_latency(owner)
    celery = measures.celery_latency(ours.valkey.url(3))
    print(f"\nIdle: one job at a time, {'p50':>22} {'p95':>8}")
    for name, one in {"submit to claimed": claimed, "submit to done": done, "Celery, send to begun": celery}.items():
        print(f"  {name:<36} {one.p50:>7.1f} {one.p95:>8.1f} ms")
    client, server = measures.idle_cpu(field[OURS], ours)
    print(f"  2 worker processes, their master and the sweeper use {client:.1f} % of a core, PostgreSQL {server:.1f} %")
    aims.check("submit to claimed, p50, ms", claimed.p50, below=20)


def show_claims(ours: Servers, recorded: Recorded) -> None:
    """On top of the history."""
    print(f"\nThe claim's statement, with {HISTORIC_TASKS:,} finished tasks")
    url, before = ours.postgres.url("vouch_app", contestants.LONG), 0
    with ours.owner(contestants.LONG) as owner:
        for queued in (10_000, 100_000):
            filling.queue(owner, queued - before)
            owner.execute("commit")
            before = queued
            milliseconds, access = measures.claim(url, owner, recorded)
            print(f"  {queued:>7,} queued: {milliseconds:.2f} ms, {access}")
