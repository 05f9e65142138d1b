"""Clients that repeat themselves, race each other, or crowd others out."""

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx

from tests.chaos.harness import Clock, expect, fault, percentile, until
from tests.chaos.people import Person, text
from tests.chaos.stack import Stack, stack

AT_ONCE = 50
CROWD = 10_000
ROUNDS = 30
SAMPLES = 40


@fault(11, "one Idempotency-Key 50 times at once; the same key with another body")
def repeated_key() -> str:
    with stack() as running:
        return one_key(running, AT_ONCE)


def one_key(running: Stack, times: int) -> str:
    """The same request with the same key, so many times at once; then another with that key."""
    anna, data = running.person("anna"), text()
    clock = Clock()
    answers = together(times, lambda _: anna.send(data, headers={"Idempotency-Key": "only-once"}))
    took = str(clock)
    bodies = {json.dumps(answer.json(), sort_keys=True) for answer in answers}
    statuses = sorted({answer.status_code for answer in answers})
    expect(statuses == [202] and len(bodies) == 1, f"{len(bodies)} different answers, statuses {statuses}")
    jobs = running.one("select count(*) from jobs_job where document_id = %s", answers[0].json()["document_id"])
    expect(jobs == 1, f"{jobs} jobs of one key")
    other = anna.send(text(), headers={"Idempotency-Key": "only-once"})
    expect(other.status_code == 409, f"the key with another body was answered {other.status_code}")
    expect(other.json().get("code") == "idempotency_key_reused", f"its code is {other.json().get('code')}")
    running.all_over(within=30)
    return f"{times} equal answers in {took}, one job; another body: 409"


def together(count: int, request: Callable[[int], httpx.Response]) -> list[httpx.Response]:
    """The answers to requests that start at the same moment."""
    barrier = threading.Barrier(count)

    def once(number: int) -> httpx.Response:
        barrier.wait()
        return request(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(once, range(count)))


@fault(20, "two reviewers save one field")
def two_reviewers() -> str:
    with stack() as running:
        return races(running, ROUNDS)


def races(running: Stack, rounds: int) -> str:
    """Two members of a workspace correct the same field, again and again."""
    anna, bert = running.person("anna"), running.person("bert")
    join(running, bert, anna)
    job = anna.submit()
    running.done(job)
    lost = sum(_race(anna, bert, f"/api/v1/results/{job}", number) for number in range(rounds))
    audited = running.sql(
        "select u.username, count(*) from analysis_correction c join documents_user u on u.id = c.user_id"
        " where c.result_id = %s and c.field = 'vendor' group by 1 order by 1",
        job,
    )
    expect(audited == [("anna", rounds), ("bert", rounds)], f"corrections on record: {audited}")
    return f"{rounds} races, {lost} times 412 for one of both, {2 * rounds} corrections on record"


def join(running: Stack, guest: Person, host: Person) -> None:
    running.sql(
        "insert into documents_membership (workspace_id, user_id, role, created_at)"
        " select %s, id, 'member', now() from documents_user where username = %s",
        host.workspace,
        guest.name,
    )


def _race(anna: Person, bert: Person, url: str, number: int) -> int:
    """Both saw the same version and save at once; the loser looks again, and saves on top. How often one lost: 1."""
    seen = anna.http.get(url).headers["ETag"]
    both = (anna, bert)

    def save(who: Person, version: str) -> httpx.Response:
        fields = {"fields": {"vendor": f"{who.name} {number}"}}
        return who.http.patch(url, json=fields, headers={"If-Match": version})

    answers = together(2, lambda one: save(both[one], seen))
    statuses = sorted(answer.status_code for answer in answers)
    expect(statuses == [200, 412], f"two reviewers were answered {statuses}")
    winner = both[[answer.status_code for answer in answers].index(200)]
    loser = bert if winner is anna else anna
    shown = loser.http.get(url)
    expect(shown.json()["fields"]["vendor"]["value"] == f"{winner.name} {number}", "the winner's value is not there")
    expect(save(loser, shown.headers["ETag"]).status_code == 200, "the loser could not save on top of the winner")
    return 1


@fault(16, "one tenant queues 10,000 jobs, another one")
def crowded_out() -> str:
    def start(running: Stack) -> None:
        running.start_local_workers()
        running.start_sweeper()

    with stack(start, direct=True, JOBS_ACTIVE_PER_USER="2") as running:
        anna, bert = running.person("anna"), running.person("bert")
        _one_after_another(running, bert, 5)  # warm
        idle = _one_after_another(running, bert, SAMPLES)
        for _ in range(100):
            anna.submit()
        running.all_over(within=60)
        for worker in running.workers:
            worker.pause()
        running.manage("shell", "-c", CROWDING.format(count=CROWD, name=anna.name), within=600)
        for worker in running.workers:
            worker.resume()
        started = running.open_jobs()
        until(lambda: running.open_jobs() < started - 20, within=120, what="Anna's jobs are being done")
        before = running.open_jobs()
        crowded = _one_after_another(running, bert, SAMPLES)
        after = running.open_jobs()
        expect(after > CROWD / 4, f"only {after} of Anna's jobs were left: nothing was crowded")
        alone, among = percentile(idle, 0.95), percentile(crowded, 0.95)
        medians = f"medians {percentile(idle, 0.5) * 1000:.0f} and {percentile(crowded, 0.5) * 1000:.0f} ms"
        figures = f"Bert's p95 {alone * 1000:.0f} ms idle, {among * 1000:.0f} behind {before}..{after} jobs; {medians}"
        expect(among <= 2 * alone, f"{figures}: {among / alone:.1f} times")
        return f"{figures}: {among / alone:.1f} times"


# Submits through the product's own function: as the API does, without the bytes being sent 10,000 times.
CROWDING = """
from analysis import submission
from documents import tenancy
from documents.models import Document, User
user = User.objects.get(username="{name}")
for start in range(0, {count}, 500):
    with tenancy.as_user(user):
        documents = list(Document.objects.all()[:100])
        for number in range(500):
            submission.submit(documents[number % 100], user=user)
"""


def _one_after_another(running: Stack, person: Person, count: int) -> list[float]:
    """Seconds from the begin of each upload to `done`."""
    took = []
    with running.connect() as connection:
        for _ in range(count):
            clock = Clock()
            job = person.submit()
            query = "select 1 from jobs_job where id = %s and status = 'done'"
            while not connection.execute(query, [job]).fetchone():
                expect(clock() < 60, "Bert's job was not done within a minute")
                threading.Event().wait(0.005)
            took.append(clock())
    return took
