"""Documents that mean harm, and readers that the kernel kills."""

import threading
import time
from contextlib import suppress

import psutil

from tests.chaos import papers
from tests.chaos.harness import expect, fault, until
from tests.chaos.people import Person
from tests.chaos.program import Program
from tests.chaos.stack import Stack, stack

BUDGET_MB = 512
PAGE_SECONDS = 10
ON_TIME = 1.5 * PAGE_SECONDS  # a neighbour may wait for the reader that a bomb holds, and no longer
OVERHEAD_MB = 600  # the worker itself, its idle readers, and what a look at it counts twice
MEMORY_ENDS = 3


@fault(14, "bombs: PDF, image, 5,000 pages, encrypted, empty, renamed executable")
def harmful_documents() -> str:
    with stack(SANDBOX_MEMORY_MB=str(BUDGET_MB), SANDBOX_PAGE_SECONDS=str(PAGE_SECONDS)) as running:
        anna, bert = running.person("anna"), running.person("bert")
        watch, slowest = Watch(running.workers), [0.0]
        stop = threading.Event()
        neighbour = threading.Thread(target=lambda: _neighbour(running, bert, stop, slowest))
        neighbour.start()
        with watch:
            ends = {name: _end(running, anna, name, make()) for name, make in papers.HARMFUL.items()}
        stop.set()
        neighbour.join()
        expect(slowest[0] <= ON_TIME, f"a neighbour's job took {slowest[0]:.1f} s")
        most = watch.most / 2**20
        expect(most < BUDGET_MB + OVERHEAD_MB, f"a worker and its readers took {most:.0f} MB")
        for worker in running.workers:
            expect(worker.is_running(), f"{worker.name} died")
        told = ", ".join(f"{name.partition('.')[0]}: {end}" for name, end in ends.items())
        return f"{told}; most memory {most:.0f} MB; neighbour's slowest job {slowest[0]:.1f} s"


def _end(running: Stack, anna: Person, name: str, data: bytes) -> str:
    """The code with which the document was refused or given up, or `partial`."""
    answer = anna.send(data, name)
    if answer.status_code != 202:
        expect(answer.status_code in (413, 415, 422), f"{name} was answered {answer.status_code}")
        return f"{answer.status_code} {answer.json()['code']}"
    job = answer.json()["job_id"]
    until(lambda: running.status(job) in ("done", "deadletter"), within=180, what=f"the job of {name} ends")
    status, partial, code = running.sql("select status, partial, error_code from jobs_job where id = %s", job)[0]
    expect(status == "deadletter" or partial, f"{name} was read as if nothing was wrong with it")
    expect(code != "internal_error", f"{name} ended in an internal error")
    return "partial" if partial else str(code)


def _neighbour(running: Stack, bert: Person, stop: threading.Event, slowest: list[float]) -> None:
    while not stop.wait(0.2):
        started = time.monotonic()
        job = bert.submit()
        with suppress(AssertionError):
            until(lambda job=job: running.status(job) == "done", within=4 * ON_TIME, what="Bert's job is done")
        slowest[0] = max(slowest[0], time.monotonic() - started)


class Watch:
    """The most memory that any of the programs had, with its children, as long as it looked."""

    def __init__(self, programs: list[Program]) -> None:
        self.most, self._programs, self._stop = 0, programs, threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(0.1):
            self.most = max(self.most, *(program.resident() for program in self._programs))


@fault(15, "the OCR child killed for memory three times")
def killed_readers() -> str:
    def start(running: Stack) -> None:
        running.start_worker("worker-1")
        running.start_sweeper()

    with stack(start, OCR_ENGINE="analysis.engines.ocr.rapid.RapidOcr") as running:
        anna, worker = running.person("anna"), running.programs["worker-1"]
        warm = anna.submit(papers.photographed(1), "warm.pdf")
        running.done(warm, within=120)
        pid = worker.pid
        job = anna.submit(papers.photographed(MEMORY_ENDS + 1), "scan.pdf")
        killed: set[int] = set()
        while len(killed) < MEMORY_ENDS:
            killed.add(_kill_reader(worker, killed))
        until(lambda: running.status(job) in ("done", "deadletter"), within=120, what="the job ends")
        failed = running.one(
            "select data->'failed' from jobs_event where job_id = %s and type = 'pages.accounted'", job
        )
        expect(len(failed) == MEMORY_ENDS, f"of {MEMORY_ENDS + 1} pages {failed} failed")
        expect(set(failed.values()) == {"memory_limit"}, f"the pages' cause is {failed}")
        partial = running.one("select partial from jobs_job where id = %s", job)
        expect(partial, "the job does not say that it is partial")
        expect(worker.pid == pid and worker.is_running(), "the worker died")
        after = anna.submit(papers.photographed(1) + b"\n", "after.pdf")
        running.done(after, within=120)
        pages = ", ".join(sorted(failed))
        return f"{len(killed)} killed; partial, pages {pages}: memory_limit; worker alive, next scan done"


def _kill_reader(worker: Program, known: set[int]) -> int:
    """Waits until an OCR child that was not killed yet is at a page, and kills it as the kernel would. Its pid."""
    reader = until(lambda: _reader_at_work(worker, known), within=120, what="an OCR child is at work", every=0.01)
    reader.kill()
    return int(reader.pid)


def _reader_at_work(worker: Program, known: set[int]) -> psutil.Process | None:
    """The largest child, once its memory is capped (that is done at the begin of a call) and it computes."""
    for process in worker.tree()[1:]:
        with suppress(psutil.Error):
            capped = process.rlimit(psutil.RLIMIT_AS)[0] != psutil.RLIM_INFINITY
            large = process.memory_info().rss > 200 * 2**20
            if capped and large and process.pid not in known and process.cpu_percent(0.05) > 20:
                return process
    return None
