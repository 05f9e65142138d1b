"""Puts the passages, with vectors and words, and the pictures in the place of those that were found until now."""

from pathlib import Path

from analysis import passages, picture_sets
from jobs.models import Task
from jobs.stages import Stage


class Index(Stage[None, None]):
    pipeline, name, queue = "document", "index", "embed"
    running, finished = "embeddings_buffered", "embedded"
    start, end = 75, 100

    def compute(self, given: None, folder: Path) -> None:
        """All there is to do is in the database."""

    def save(self, task: Task, output: None) -> None:
        assert task.job.document is not None
        passages.swap(task.job.document, task.job_id)
        picture_sets.swap(task.job.document, task.job_id)


STAGE = Index()
