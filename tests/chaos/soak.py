"""Many small documents while a worker is killed every few seconds: `python -m tests.chaos soak`."""

import os
import random
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import psutil

from tests.chaos.harness import Broken, Clock
from tests.chaos.people import text
from tests.chaos.program import Program
from tests.chaos.stack import Stack, stack

DOCUMENTS = int(os.environ.get("CHAOS_DOCUMENTS", "1000"))
EVERY_SECONDS = (2.0, 5.0)  # at random in between


def main() -> int:
    """Prints how many were done, done twice, and lost; 0 if that is all, none and none."""
    try:
        print(run(DOCUMENTS))
    except Broken as broken:
        print(f"FAIL: {broken}")
        return 1
    return 0


def run(documents: int) -> str:
    """Raises Broken unless each document is done exactly once."""
    with stack(direct=True) as running:
        clock, stop, killed = Clock(), threading.Event(), []
        uploading = ThreadPoolExecutor(4)
        anna = running.person("anna")
        sent = [uploading.submit(anna.insist, text(), within=120) for _ in range(documents)]
        while not stop.wait(random.uniform(*EVERY_SECONDS)):
            if all(one.done() for one in sent) and running.open_jobs() == 0:
                break
            killed.append(_kill(random.choice(running.workers)))
            if clock() > 60 + documents:
                raise Broken(f"{running.open_jobs()} jobs are still open after {clock}")
        uploading.shutdown()
        jobs = [one.result() for one in sent]
        done, twice = _counts(running, jobs)
        lost = documents - done
        figures = f"{done} done, {twice} twice, {lost} lost; {len(killed)} workers killed; {clock}"
        if twice or lost:
            raise Broken(figures)
    return figures


def _kill(worker: Program) -> str:
    """The whole program, its master alone, or the process that works; the supervisor starts it again."""
    tree = worker.tree()
    if len(tree) > 1 and random.random() < 2 / 3:
        victim = tree[random.choice((0, 1))]
        with suppress(psutil.NoSuchProcess):
            victim.kill()
    worker.kill()
    worker.start()
    return worker.name


def _counts(running: Stack, jobs: list[str]) -> tuple[int, int]:
    """(jobs done with their result, jobs that ended or whose stages ended more than once)."""
    done = running.one(
        "select count(*) from jobs_job j join analysis_result r on r.job_id = j.id"
        " where j.status = 'done' and j.id = any(%s::uuid[])",
        jobs,
    )
    twice = running.one(
        "select count(distinct job_id) from (select job_id from jobs_event"
        " where type in ('stage.finished', 'job.done') and job_id = any(%s::uuid[])"
        " group by job_id, type, data->>'stage' having count(*) > 1) again",
        jobs,
    )
    return done, twice
