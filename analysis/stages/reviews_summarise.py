"""Adds up a file's parts, and accounts for its rows: in are classified and refused."""

from pathlib import Path

from analysis.reviews.stages import finish
from jobs import events
from jobs.models import Task
from jobs.stages import Stage


class Summarise(Stage[None, None]):
    pipeline, name, queue = "reviews", "summarise_reviews", "default"
    running, finished = "summarising", "summarised"
    start, end = 98, 100
    small = True

    def compute(self, given: None, folder: Path) -> None:
        """All there is to do is in the database."""

    def save(self, task: Task, output: None) -> None:
        finish(task.job)
        events.record(task.job, "rows.accounted", partial=task.job.partial)


STAGE = Summarise()
