"""Messages that come twice and out of order, and clocks that are wrong."""

import json
import random
import threading
import time
from datetime import datetime
from pathlib import Path

from tests.chaos.faults_servers import broker
from tests.chaos.harness import expect, fault
from tests.chaos.people import Person, text
from tests.chaos.stack import LEASE, Stack, stack
from tests.chaos.stalling import stalled

HOUR = 3600
SHIFTED = Path(__file__).parent / "shifted"  # a folder for PYTHONPATH; its sitecustomize shifts Python's clocks


@fault(10, "every message delivered twice and out of order")
def doubled_messages() -> str:
    with stack() as running:
        anna, bert = running.person("anna"), running.person("bert")
        files = [text() for _ in range(40)]
        plain = _state_after(running, anna, files)
        doubling = Doubling(running)
        with doubling:
            doubled = _state_after(running, bert, files)
        expect(doubling.count >= len(files), f"only {doubling.count} messages were doubled: nothing was tried")
        differing = [one for one in plain if plain[one] != doubled.get(one)]
        expect(not differing, f"{len(differing)} of {len(files)} documents ended otherwise")
        return f"{len(files)} documents, {doubling.count} messages doubled, states identical"


class Doubling:
    """While it lasts, doubles and shuffles whatever waits in the broker, many times a second."""

    def __init__(self, running: Stack) -> None:
        self.count = 0
        self._client, self._stop = broker(running), threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self._client.close()

    def _run(self) -> None:
        doubled: set[bytes] = set()
        while not self._stop.wait(0.002):
            for key in self._client.scan_iter("*", _type="LIST"):
                self._double(key, doubled)

    def _double(self, key: bytes, doubled: set[bytes]) -> None:
        """Each message once more, somewhere else in the queue; copies of copies are not made."""
        new = [message for message in self._client.lrange(key, 0, -1) if message not in doubled]
        random.shuffle(new)
        for message in new:
            doubled.add(message)
            random.choice((self._client.rpush, self._client.lpush))(key, message)
            self.count += 1


def _state_after(running: Stack, person: Person, files: list[bytes]) -> dict[str, object]:
    """What is left of the files once all is over, by their hash: without ids and times."""
    for worker in running.workers:
        worker.pause()  # so that messages pile up
    for file in files:
        person.submit(file)
    time.sleep(0.5)
    for worker in running.workers:
        worker.resume()
    running.all_over(within=120)
    query = """
        select d.sha256, array[j.status, j.stage, j.attempts::text, d.markdown_sha256, d.page_count::text,
            (select string_agg(concat(e.seq, e.type, e.data), ' ' order by e.seq)
                from jobs_event e where e.job_id = j.id),
            (select string_agg(concat(t.stage, t.part, t.status, t.attempts), ' ' order by t.stage, t.part)
                from jobs_task t where t.job_id = j.id),
            (select string_agg(concat(f.name, f.value, f.source), ' ' order by f.name)
                from analysis_field f join analysis_result r on r.id = f.result_id where r.job_id = j.id)]
        from jobs_job j join documents_document d on d.id = j.document_id where d.workspace_id = %s"""
    return dict(running.sql(query, person.workspace))


@fault(9, "the clocks of a worker and of the sweeper off by an hour")
def wrong_clock() -> str:
    def start(running: Stack) -> None:
        running.start_worker("worker-ahead", **_shifted(HOUR))
        running.start_worker("worker-behind", **_shifted(-HOUR))
        running.start_sweeper(**_shifted(HOUR))

    with stack(start) as running:
        anna = running.person("anna")
        for _ in range(30):
            anna.submit()
        held = 2.5 * LEASE
        slow = _slow_job(running, anna, held)
        running.all_over(within=60)
        expired = running.one("select count(*) from jobs_event where type in ('lease.expired', 'task.retried')")
        expect(not expired, f"{expired} leases were taken back early")
        attempts = running.one("select max(attempts) from jobs_task where job_id = %s", slow)
        expect(attempts == 1, f"a task of {held} s on a lease of {LEASE} s ran {attempts} times")
        wrong = running.one(
            "select count(*) from jobs_job where finished_at > now() + interval '5 s' or finished_at < created_at"
            " or started_at < created_at"
        )
        expect(not wrong, f"{wrong} jobs show times of a wrong clock")
        ahead, behind = (_said_at(running, name) for name in ("worker-ahead", "worker-behind"))
        expect(ahead - behind > 1.9 * HOUR, "the clocks were right: nothing was tried")
        return f"30 jobs and one of {held} s on a lease of {LEASE} s; none taken back, all times the database's"


def _shifted(seconds: int) -> dict[str, str]:
    return {"PYTHONPATH": str(SHIFTED), "CHAOS_CLOCK_SHIFT": str(seconds)}


def _slow_job(running: Stack, anna: Person, seconds: float) -> str:
    """A job whose bytes take that long to come from the storage."""
    with stalled(running, anna) as (job, feed):
        time.sleep(seconds)
        feed()
    running.done(job)
    return job


def _said_at(running: Stack, name: str) -> float:
    """When a program says that it wrote the first entry of its log, in seconds since the epoch."""
    first = next(json.loads(line) for line in running.programs[name].said().splitlines() if line.startswith("{"))
    return datetime.fromisoformat(first["timestamp"]).timestamp()
