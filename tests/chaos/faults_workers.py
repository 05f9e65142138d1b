"""Workers that die, freeze, or are told to stop."""

import os
import random
import threading
import time
from contextlib import suppress
from itertools import product

import httpx

from tests.chaos.gates import gate
from tests.chaos.harness import Clock, expect, fault, until
from tests.chaos.invariants import orphans
from tests.chaos.people import Person, text
from tests.chaos.program import Program
from tests.chaos.stack import LEASE, Stack, stack
from tests.chaos.stalling import stalled

STAGES = ("validate", "read", "assemble", "extract", "check", "chunk", "embed", "index")
PATIENCE = 60.0  # seconds until a job that went on must be done, on a busy machine
SESSION_SECONDS = 60 + 2 * LEASE  # PostgreSQL ends the session of a client that sleeps in a transaction
# (the status whose writing is waited for, whether in COMMIT): just claimed; output being saved; saved, not yet told.
MOMENTS = {"claimed": ("working", True), "saving": ("done", False), "committing": ("done", True)}


@fault(1, "kill -9 a worker at each stage boundary and in mid-stage")
def killed_worker() -> str:
    with stack() as running:
        anna = running.person("anna")
        took = {one: killed_at(running, anna, *one) for one in product(STAGES, MOMENTS)}
        took["validate", "computing"] = _killed_computing(running, anna)
        slowest = max(took, key=lambda one: took[one])
        figures = f"{len(took)} deaths; resumed within {took[slowest]:.1f} s ({' '.join(slowest)}), lease {LEASE} s"
        expect(took[slowest] <= 2 * LEASE, figures)
        return figures


def killed_at(running: Stack, anna: Person, stage: str, moment: str) -> float:
    """Kills the worker that comes to this moment of the stage. Seconds until the job went on."""
    status, at_commit = MOMENTS[moment]
    where = f"new.stage = '{stage}' and new.status = '{status}'"
    with gate(running, "jobs_task", where, at_commit=at_commit) as closed:
        job = anna.submit()
        name = closed.caught()
        running.programs[name].kill()
        died = running.one("select clock_timestamp()")
    running.restart(name)
    running.done(job, within=PATIENCE)
    attempts = dict(running.sql("select stage, max(attempts) from jobs_task where job_id = %s group by 1", job))
    wanted = dict.fromkeys(STAGES, 1) | ({} if moment == "committing" else {stage: 2})
    expect(attempts == wanted, f"killed {moment} {stage}: attempts {attempts}, not {wanted}")
    return _resumed(running, job, died)


def _resumed(running: Stack, job: str, died: object) -> float:
    """Seconds from the death to the next claim; if that was the job's last commit, 0."""
    query = (
        "select extract(epoch from min(started_at) - %s)::float from jobs_task where job_id = %s and started_at > %s"
    )
    return float(running.one(query, died, job, died) or 0)


def _killed_computing(running: Stack, anna: Person) -> float:
    """The worker dies while it waits for the document's bytes: outside of all transactions."""
    first, second = running.workers
    second.kill()
    with stalled(running, anna) as (job, feed):
        second.start()
        until(lambda: second.starts() > 1, within=PATIENCE, what="the other worker is ready")
        first.kill()
        died = running.one("select clock_timestamp()")
        feed()
        running.done(job, within=PATIENCE)
    first.start()
    return _resumed(running, job, died)


@fault(2, "kill between the object write and the commit, and between the commit and telling the broker")
def killed_between() -> str:
    with stack() as running:
        anna = running.person("anna")
        orphaned = killed_while_uploading(running, anna, at_commit=False)
        expect(len(orphans(running)) == 1, "the bytes of the upload that died are not there: nothing was tried")
        killed_while_uploading(running, anna, at_commit=True)
        documents = running.one("select count(*) from documents_document where filename = 'twice.txt'")
        expect(documents == 1, f"{documents} documents of an upload that died in its commit, not 1")
        for path in running.media.rglob("original"):
            os.utime(path, (time.time() - 3 * 86400,) * 2)
        running.manage("clean")
        expect(not orphans(running), f"bytes without a row after the cleaning: {orphans(running)}")
        went_on = _killed_before_telling(running, anna)
        running.all_over(within=30)
        told = f"dead after the commit: ran once, next job in {went_on:.1f} s"
        return f"{orphaned} orphan cleaned; commit kept without its answer; {told}"


def killed_while_uploading(running: Stack, anna: Person, *, at_commit: bool) -> int:
    """The web server dies while the document's row is written (its bytes are), or in its COMMIT."""
    data, name = text(), "twice.txt" if at_commit else "never.txt"
    answers: list[int] = []
    with gate(running, "documents_document", "true", at_commit=at_commit) as closed:
        thread = threading.Thread(target=lambda: _quietly(anna, data, name, answers))
        thread.start()
        expect(closed.caught() == "web", "somebody else than the web server writes documents")
        running.programs["web"].kill()
    thread.join()
    expect(not answers, f"an upload whose server died was answered {answers}")
    running.restart("web")
    until(running.answers, within=60, what="the web server is back")
    if not at_commit:
        return len(orphans(running))
    answer = anna.send(data, name)  # what a client does that got no answer
    expect(answer.status_code == 200 and answer.json()["duplicate"], f"sent again, it was {answer.status_code}")
    return 0


def _quietly(anna: Person, data: bytes, name: str, answers: list[int]) -> None:
    with suppress(httpx.HTTPError):
        answers.append(anna.send(data, name).status_code)


def _killed_before_telling(running: Stack, anna: Person) -> float:
    """The broker is frozen right after the last claim: the work is committed, and the worker dies before it can tell.

    Seconds until the next job is done, when the broker is back.
    """
    last = "new.stage = 'index' and new.status = 'working'"
    with gate(running, "jobs_task", last, at_commit=True) as closed:
        job = anna.submit()
        name = closed.caught()
        running.broker.freeze()
    running.done(job, within=30)
    running.programs[name].kill()
    running.broker.thaw()
    running.restart(name)
    clock, again = Clock(), anna.submit()
    running.done(again, within=60)
    runs = running.one("select max(attempts) from jobs_task where job_id = %s", job)
    expect(runs == 1, f"a task that was committed before its worker died ran {runs} times")
    return clock()


@fault(6, "SIGSTOP a worker past its lease, then SIGCONT")
def frozen_worker() -> str:
    with stack() as running:
        anna = running.person("anna")
        before = _frozen(running, anna, "new.stage = 'read' and new.status = 'working'", at_commit=True)
        expect(before <= 2 * LEASE, f"the work of a frozen worker was taken over after {before:.1f} s, lease {LEASE} s")
        inside = _frozen(running, anna, "new.stage = 'extract' and new.status = 'done'", at_commit=False)
        expect(inside <= SESSION_SECONDS, f"frozen in mid-transaction: taken over after {inside:.1f} s")
        return f"taken over in {before:.1f} s; frozen in mid-transaction: {inside:.1f} s; nothing written after"


def _frozen(running: Stack, anna: Person, where: str, *, at_commit: bool) -> float:
    """Seconds until another worker took over what the frozen one had."""
    with gate(running, "jobs_task", where, at_commit=at_commit) as closed:
        job = anna.submit()
        frozen = running.programs[closed.caught()]
        frozen.pause()
        stopped = running.one("select clock_timestamp()")
    for _ in range(3):
        running.done(anna.submit(), within=PATIENCE / 2)  # nobody else is held up
    running.done(job, within=SESSION_SECONDS + PATIENCE)
    rows = _rows_of(running, job)
    frozen.resume()
    time.sleep(2 * LEASE)
    expect(_rows_of(running, job) == rows, "the worker that came back wrote into a job that was done")
    expect(frozen.is_running(), "the worker that came back died of it")
    _works(running, anna, frozen)
    return _resumed(running, job, stopped)


def _rows_of(running: Stack, job: str) -> list[object]:
    """All rows of a job, and which transaction wrote each."""
    query = "select t.xmin::text || t::text from {} t where {} = %s order by 1"
    tables = {"jobs_job": "id", "jobs_task": "job_id", "jobs_event": "job_id", "analysis_result": "job_id"}
    return [running.sql(query.format(table, column), job) for table, column in tables.items()]


def _works(running: Stack, anna: Person, alone: Program) -> None:
    """It does new work when it is the only one."""
    others = [one for one in running.workers if one is not alone]
    for other in others:
        other.kill()
    running.done(anna.submit(), within=30)
    for other in others:
        other.start()


@fault(17, "SIGTERM again and again under load")
def told_to_stop() -> str:
    with stack() as running:
        anna, stop, drains = running.person("anna"), threading.Event(), []

        def upload() -> None:
            while not stop.is_set():
                anna.submit()
                time.sleep(0.05)

        thread = threading.Thread(target=upload)
        thread.start()
        try:
            for worker in running.workers * 3:
                time.sleep(random.uniform(4, 6))
                worker.terminate()
                clock = Clock()
                code = worker.wait(40)
                drains.append(clock())
                expect(code == 0, f"a worker told to stop ended with code {code}")
                worker.start()
        finally:
            stop.set()
            thread.join()
        running.all_over(within=60)
        lost = running.one("select count(*) from jobs_event where type in ('lease.expired', 'task.failed')")
        expect(not lost, f"{lost} leases were lost or tasks failed though every worker was asked politely")
        done = running.one("select count(*) from jobs_job where status = 'done'")
        expect(done == len(running.accepted), f"{done} done of {len(running.accepted)}")
        return f"{done} jobs, {len(drains)} stops, slowest drain {max(drains):.1f} s, no lease lost"
