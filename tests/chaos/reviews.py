"""A file of reviews judged in parts while workers are killed: `python -m tests.chaos reviews [ROWS]`."""

import csv
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from tests.chaos.harness import Broken, Clock, expect
from tests.chaos.people import Person
from tests.chaos.program import Program
from tests.chaos.stack import Stack, stack, workers

ROWS = 100_000  # about ten megabytes
EVERY_PARTS = (5, 60)  # at random in between a worker is killed, some seconds later
_MB = 1 << 20

SHOPS = ("north", "south", "west", "harbour", "online")
FIRST_DAY, DAYS = date(2025, 1, 1), 365
HEAD = ("number", "review", "shop", "stars", "day")
_BEGINNINGS = ("I ordered the", "We bought the", "My sister got the", "This is the second time I had the", "The")
_THINGS = ("kettle", "lamp", "running shoes", "winter coat", "phone case", "garden chair", "headphones", "blender")
_ENDINGS = (
    "and it is wonderful, great quality and I love it.",
    "and it broke after two days, terrible, I want my money back.",
    "and it arrived on Tuesday in a brown box.",
    "and the colour is not what the picture shows, rather disappointing.",
    "and it works as described, nothing special about it.",
    "and the service was friendly, fast and helpful!",
)
# Rows that can't be judged: (one in so many, the code that they are refused with).
BAD = ((211, "text_empty"), (503, "text_too_long"), (1_009, "ragged_row"))
# One that works by the vectors of another embedder than the model's: the regression decides alone, which is quick.
# So many deaths are ours: by default, a part at which four workers died would be taken for what kills them.
SETTINGS = {"EMBEDDER": "tests.toy_embedder.Letters", "JOBS_LEASE_SECONDS": "15", "JOBS_RETRIES": "20"}


@dataclass(frozen=True)
class Row:
    """A row of the file; `code` is what it must be refused with, if it can't be judged."""

    cells: tuple[str, ...]
    code: str = ""

    @property
    def text(self) -> str:
        return self.cells[1]


def rows(count: int) -> Iterator[Row]:
    """The same ones each time."""
    chance = random.Random(count)
    for number in range(1, count + 1):
        text = f"{chance.choice(_BEGINNINGS)} {chance.choice(_THINGS)} {chance.choice(_ENDINGS)}"
        day = FIRST_DAY + timedelta(days=chance.randrange(DAYS))
        rest = (chance.choice(SHOPS), str(chance.randrange(1, 6)), day.isoformat())
        code = next((code for every, code in BAD if number % every == 0), "")
        text = {"text_empty": " ", "text_too_long": text * 12}.get(code, text + f" No {number}." * (number % 2))
        yield Row((str(number), text, *rest, *["surplus"] * (code == "ragged_row")), code)


def write(path: Path, count: int) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEAD)
        writer.writerows(row.cells for row in rows(count))


def main(words: list[str]) -> int:
    """Prints the figures; 0 if all rows are accounted for and all sums are right."""
    try:
        print(run(int(words[0]) if words else ROWS))
    except Broken as broken:
        print(f"FAIL: {broken}")
        return 1
    return 0


def run(count: int) -> str:
    """Raises Broken unless each row is judged or refused once, and all that is told agrees with the rows."""
    limit = str(max(10, 200 * count // _MB + 1))
    with stack(workers(2, threads=2), REVIEWS_MAX_MB=limit, MAX_UPLOAD_MB=limit, **SETTINGS) as running:
        anna, path = running.person("anna"), running.folder / "reviews.csv"
        write(path, count)
        with Memory(running) as memory:
            clock = Clock()
            job = _upload(anna, path)
            sent, web = clock(), memory.extra("web")
            killed = _kill_until_done(running, job, within=300 + count / 100)
            took = clock()
        anna.sign_in()  # it may have taken longer than a token lasts
        told = anna.http.get(f"/api/v1/reviews/{job}", params={"page_size": 1}).json()["statistics"]
        truth = _truth(running, job, count)
        _compare(told, truth)
        clock = Clock()
        _check_export(anna, job, count)
        return (
            f"{count:,} rows ({path.stat().st_size / _MB:.0f} MB) in {took:.0f} s: {told['classified']:,} judged, "
            f"{told['refused']:,} refused; {killed} workers killed; uploaded in {sent:.1f} s with {web} MB more in "
            f"the web server; workers at most {memory.most('worker')} MB with their children; exported in {clock}"
        )


def _upload(anna: Person, path: Path) -> str:
    with path.open("rb") as file:
        answer = anna.http.post("/api/v1/reviews", files={"file": (path.name, file)}, timeout=600)
    expect(answer.status_code == 202, f"the upload was answered {answer.status_code}: {answer.text[:300]}")
    return str(answer.json()["job_id"])


def _kill_until_done(running: Stack, job: str, *, within: float) -> int:
    """How many workers were killed until the job ended; the first of them while the file is opened."""
    clock, killed, next_at = Clock(), 0, 0
    while (status := running.status(job)) != "done":
        expect(status != "deadletter", f"the job died: {running.story(job)}")
        expect(clock() < within, f"the job is not done after {clock}: {running.story(job)}")
        if (done := _parts_done(running, job)) >= next_at:
            time.sleep(random.uniform(0.5, 3))
            _kill(random.choice(running.workers))
            killed, next_at = killed + 1, done + random.randint(*EVERY_PARTS)
        time.sleep(0.25)
    return killed


def _parts_done(running: Stack, job: str) -> int:
    query = "select count(*) from jobs_task where job_id = %s and stage = 'classify_reviews' and status = 'done'"
    return int(running.one(query, job))


def _kill(worker: Program) -> None:
    worker.kill()
    worker.start()


@dataclass
class Truth:
    """What the stored rows say, counted here, with the groups as the file has them."""

    refused: int = 0
    labels: Counter[str] = field(default_factory=Counter)
    groups: Counter[tuple[str, str, str]] = field(default_factory=Counter)  # (statistic, value, label)
    confidence: float = 0.0


def _truth(running: Stack, job: str, count: int) -> Truth:
    """Raises Broken for a row that is missing, there twice, not the file's, or judged where it must be refused."""
    truth, said = Truth(), dict[str, str]()
    query = (
        "select row, text, label, confidence, language, code from analysis_reviewrow where batch_id = %s order by row"
    )
    with running.connect() as connection, connection.transaction(), connection.cursor("stored") as cursor:
        cursor.itersize = 10_000
        cursor.execute(query, [job])
        number = 0
        for row, (number, *stored) in zip(rows(count), cursor, strict=False):
            expect(str(number) == row.cells[0], f"row {row.cells[0]} is missing or there twice: {number} comes")
            _add(truth, row, stored, said)
        expect(number == count and cursor.fetchone() is None, f"{count} rows in, the last one out is {number}")
    return truth


def _add(truth: Truth, row: Row, stored: list[Any], said: dict[str, str]) -> None:
    text, label, confidence, language, code = stored
    where = f"row {row.cells[0]}"
    expect(code == row.code, f"{where} has the code {code!r} and not {row.code!r}")
    if row.code:
        expect(not label, f"{where} is refused and has the label {label}")
        truth.refused += 1
        return
    expect(text == row.text, f"{where} has another text: {text[:60]!r}")
    expect(said.setdefault(text, label) == label, f"{where} is {label}; its text was {said[text]} before")
    truth.labels[label] += 1
    truth.confidence += confidence
    for statistic, value in zip(("shop", "stars", "by_day", "by_language"), (*row.cells[2:5], language), strict=True):
        truth.groups[statistic, value or "unknown", label] += 1


def _compare(told: dict[str, Any], truth: Truth) -> None:
    classified = sum(truth.labels.values())
    expect(told["total"] == classified + truth.refused, f"{told['total']} rows, {classified} + {truth.refused} stored")
    expect((told["classified"], told["refused"]) == (classified, truth.refused), "the sums told are not the rows'")
    for label in ("positive", "neutral", "negative"):
        expect(told[label]["count"] == truth.labels[label], f"{label}: {told[label]}, stored {truth.labels[label]}")
    expect(abs(told["mean_confidence"] - truth.confidence / classified) < 1e-4, "the mean of confidence is another")
    groups = {**told["by"], "by_day": told["by_day"], "by_language": told["by_language"]}
    counts = Counter[tuple[str, str, str]]()
    for statistic, values in groups.items():
        for value, group in values.items():
            counts.update({(statistic, value, label): group[label] for label in truth.labels})
    expect(+counts == truth.groups, f"groups differ: {list(((+counts) - truth.groups).items())[:3]}")


def _check_export(anna: Person, job: str, count: int) -> None:
    """The file as it came, with a verdict or an error in each row."""
    url = f"/api/v1/reviews/{job}"
    with anna.http.stream("GET", url, params={"format": "csv"}, timeout=600) as answer:
        lines = csv.reader(line + "\r\n" for line in answer.iter_lines())
        next(lines)
        number = 0
        for number, (row, cells) in enumerate(zip(rows(count), lines, strict=False), 1):
            found = (*cells[:5], *cells[9:])
            expect(found == row.cells, f"row {number} was exported as {cells}")
            expect(bool(cells[5]) != bool(row.code) and cells[8].startswith(row.code), f"exported as {cells}")
        expect(number == count and next(lines, None) is None, f"{number} rows were exported of {count}")


class Memory:
    """The most that each program held while the block lasts, in MB; what its processes share counts once for each."""

    def __init__(self, running: Stack) -> None:
        self._running, self._stop = running, threading.Event()
        self._before = self._now()
        self._most = dict(self._before)
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> "Memory":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def extra(self, name: str) -> int:
        return self._most[name] - self._before[name]

    def most(self, prefix: str) -> int:
        return max(most for name, most in self._most.items() if name.startswith(prefix))

    def _now(self) -> dict[str, int]:
        return {name: one.resident() // _MB for name, one in list(self._running.programs.items())}

    def _watch(self) -> None:
        while not self._stop.wait(0.25):
            for name, now in self._now().items():
                self._most[name] = max(self._most[name], now)
