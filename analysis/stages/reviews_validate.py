"""Reads a file of reviews: its encoding and columns, which holds the texts, and its rows, in parts."""

from dataclasses import dataclass
from pathlib import Path

from analysis.models.reviews import ReviewBatch
from analysis.reviews import store, tables
from analysis.source import Source
from documents import sandbox
from jobs import events
from jobs.models import Task
from jobs.stages import Stage

_SECONDS = 300  # for a file; ten megabytes take some


@dataclass(frozen=True, slots=True)
class Given:
    source: Source
    filename: str
    text_column: str


class Validate(Stage[Given, tables.Table]):
    pipeline, name, queue = "reviews", "open_reviews", "default"
    running, finished = "validating", "job_validated"
    start, end = 0, 10

    def load(self, task: Task) -> Given:
        assert task.job.document is not None
        batch = ReviewBatch.objects.get(pk=task.job_id)
        return Given(Source.of(task.job.document), task.job.document.filename, batch.text_column)

    def compute(self, given: Given, folder: Path) -> tables.Table:
        path = given.source.fetch(folder)
        return sandbox.call("parse", tables.read, path, given.filename, given.text_column, timeout_s=_SECONDS)

    def save(self, task: Task, output: tables.Table) -> None:
        store.put_table(ReviewBatch.objects.get(pk=task.job_id), output)
        events.record(task.job, "rows.counted", rows=output.rows, parts=len(output.parts))


STAGE = Validate()
