"""A toy pipeline: the engine's guarantees are tested without a document in sight."""

import threading
import time
from pathlib import Path

from documents.errors import InvalidInput
from jobs.errors import TransientFailure
from jobs.models import Event
from jobs.stages import Stage

# What compute did, in this process: (stage, part). Tests empty it.
RAN: list[tuple[str, int]] = []
MOOD: dict[str, object] = {}


class Split(Stage[dict, int]):
    """Three parts; part 1 obeys MOOD["split"]: an exception to raise, or a callable."""

    pipeline, name, queue = "toy", "split", "default"
    running, finished = "splitting", "split"
    start, end = 0, 60

    def split(self, job):
        return [{"n": n} for n in range(3)]

    def load(self, task):
        return task.input

    def compute(self, given, folder: Path):
        RAN.append(("split", given["n"]))
        (folder / "scratch").write_text("x")
        if given["n"] == 1:
            obey(MOOD.get("split"))
        return given["n"] * 10

    def save(self, task, output):
        # An effect inside our database, visible to tests.
        Event.objects.create(
            workspace_id=task.workspace_id, job=task.job, seq=1000 + task.id, type="toy.saved", data={"n": output}
        )


class Total(Stage[list, int]):
    """The sum of what Split saved."""

    pipeline, name, queue = "toy", "total", "extract"
    running, finished = "adding", "added"
    start, end = 60, 100

    def load(self, task):
        return list(task.job.events.filter(type="toy.saved").values_list("data__n", flat=True))

    def compute(self, given, folder: Path):
        RAN.append(("total", 0))
        obey(MOOD.get("total"))
        return sum(given)

    def save(self, task, output):
        Event.objects.create(
            workspace_id=task.workspace_id, job=task.job, seq=2000 + task.id, type="toy.total", data={"sum": output}
        )


def obey(mood) -> None:
    if isinstance(mood, BaseException):
        raise mood
    if callable(mood):
        mood()


def poisoned():
    return InvalidInput("poisoned", "The input is poisoned; send another.")


def flaky():
    return TransientFailure("flaky", "The service hiccuped; it is tried again.")


def wait_for(event: threading.Event) -> None:
    deadline = time.monotonic() + 20
    while not event.is_set() and time.monotonic() < deadline:
        time.sleep(0.01)
