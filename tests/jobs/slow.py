"""A pipeline of one stage for worker processes of their own: the first run of a task is as long as its input says."""

import os
import time
from pathlib import Path

from documents import sandbox
from jobs import stages
from jobs.stages import Stage


class Slow(Stage[dict, int]):
    """Writes the process that runs it into the file `diary`; whoever is second finds the work half done."""

    pipeline, name, queue = "slow", "slow", "embed"
    running, finished = "slowly", "slow"
    start, end = 0, 100

    def split(self, job):
        return [INPUT]

    def load(self, task):
        return task.input

    def compute(self, given, folder):
        diary = Path(given["diary"])
        again = diary.exists()
        with diary.open("a") as file:
            file.write(f"{os.getpid()}\n")
        give_up = time.monotonic() + (0 if again else given["seconds"])
        while time.monotonic() < give_up:
            sandbox.check_stop(sandbox.stop_event.get() if given["obedient"] else None)
            time.sleep(0.02)
        return 0

    def save(self, task, output):
        pass


INPUT: dict[str, object] = {}
stages.register(Slow())
