"""A pipeline of one stage that does nothing: all that is measured of it is the engine."""

from pathlib import Path
from typing import Any

from jobs.models import Task
from jobs.stages import Stage, register

NAME = "benchmark"
QUEUE = "default"


class Nothing(Stage[None, None]):
    pipeline, name, queue = NAME, "nothing", QUEUE
    running, finished = "idling", "idled"
    start, end = 0, 100
    small = True

    def compute(self, given: Any, folder: Path) -> None:
        """There is nothing to do."""

    def save(self, task: Task, output: Any) -> None:
        """There is nothing to save."""


register(Nothing())
