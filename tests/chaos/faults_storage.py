"""An S3 that fails, delays, truncates and changes."""

import time

from tests.chaos.bucket import DELAY_SECONDS, Front, bucket
from tests.chaos.harness import Clock, expect, fault, until
from tests.chaos.load import answered
from tests.chaos.people import Person, text
from tests.chaos.stack import Stack, stack

JOBS = 6
CODES = {"error": "storage_failed", "truncated": "storage_", "changed": "storage_damaged"}


@fault(8, "S3 that answers 500, slowly, with half of the bytes, with other bytes")
def bad_storage() -> str:
    with bucket() as s3, stack(STORAGE_URL=s3.url, JOBS_RETRIES="2") as running:
        anna, figures = running.person("anna"), []
        for mode, code in CODES.items():
            waits = _failing(running, anna, s3, mode, code)
            figures.append(f"{mode}: waits {min(waits):.2f}..{max(waits):.2f} s, {JOBS} dead letters")
        s3.mode = "error"
        refused = answered(lambda: anna.send(text()))
        expect(refused.status == 503 and refused.retry_after, f"an upload that can't be kept was answered {refused}")
        s3.mode = "slow"
        slow = anna.submit()
        running.done(slow, within=60 + 10 * DELAY_SECONDS)
        s3.mode = "well"
        clock = Clock()
        answer = anna.http.post("/api/v1/jobs/redrive", json={})
        expect(answer.status_code == 200, f"the redrive was answered {answer.status_code}: {answer.text[:200]}")
        running.all_over(within=60)
        done = running.one("select count(*) from jobs_job where status = 'done' and created_by_id is not null")
        expect(done == len(running.accepted), f"after the redrive {done} of {len(running.accepted)} are done")
        return f"{'; '.join(figures)}; {len(CODES) * JOBS} redriven in {clock}"


def _failing(running: Stack, anna: Person, s3: Front, mode: str, code: str) -> list[float]:
    """Uploads while all is well, then the workers find the storage broken. The waits before the first retry."""
    for worker in running.workers:
        worker.pause()
    jobs = [anna.submit() for _ in range(JOBS)]
    s3.mode = mode
    for worker in running.workers:
        worker.resume()
    waits = _waits(running, jobs)
    until(lambda: running.open_jobs() == 0, within=120, what=f"jobs without their bytes ({mode}) are given up")
    s3.mode = "well"
    ends = running.sql(
        "select distinct status, error_code, error_detail <> '' from jobs_job where id = any(%s::uuid[])", jobs
    )
    named = all(status == "deadletter" and found.startswith(code) and said for status, found, said in ends)
    expect(named, f"with bytes {mode} the jobs ended {ends}")
    expect(len(set(waits)) > 1, "all waited equally long: no jitter")
    return waits


def _waits(running: Stack, jobs: list[str]) -> list[float]:
    """How long each job's first retry was put off, in seconds."""
    query = (
        "select t.job_id, extract(epoch from t.due_at - max(e.created_at))::float from jobs_task t"
        " join jobs_event e on e.job_id = t.job_id and e.type = 'task.failed'"
        " where t.status = 'retryable' and t.attempts = 1 and t.job_id = any(%s::uuid[]) group by t.id"
    )
    seen: dict[str, float] = {}
    clock = Clock()
    while len(seen) < len(jobs) and clock() < 90:
        seen |= dict(running.sql(query, jobs))
        time.sleep(0.1)
    expect(len(seen) == len(jobs), f"only {len(seen)} of {len(jobs)} jobs were put off")
    return list(seen.values())
