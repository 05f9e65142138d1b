"""The work on a part of a batch, for the pipelines of files and of single texts alike."""

from dataclasses import dataclass
from pathlib import Path

from analysis import sentiment
from analysis.models.reviews import ReviewBatch, ReviewPart
from analysis.reviews import judging, store
from analysis.reviews.judging import Judged
from analysis.reviews.records import Record
from analysis.reviews.tables import unpack
from jobs.models import Job, Task
from jobs.stages import Stage


@dataclass(frozen=True, slots=True)
class Part:
    """Packed rows, and the place of the text in each."""

    rows: bytes
    text: int


@dataclass(frozen=True, slots=True)
class Verdicts:
    records: list[Record]
    judged: list[Judged]
    model_version: str


class Classify(Stage[Part, Verdicts]):
    """Judges one part. Whoever subclasses it says which pipeline and where on its bar."""

    queue = "embed"
    running, finished = "classifying", "classified"

    def load(self, task: Task) -> Part:
        part = part_of(task)
        return Part(bytes(part.rows), store.layout_of(part.batch).text)

    def compute(self, given: Part, folder: Path) -> Verdicts:
        records = unpack(given.rows)
        return Verdicts(records, judging.judge(records, given.text), sentiment.model_version())

    def save(self, task: Task, output: Verdicts) -> None:
        part = part_of(task)
        store.put_verdicts(part, output.records, output.judged)
        if part.batch.model_version != output.model_version:
            part.batch.model_version = output.model_version
            part.batch.save(update_fields=["model_version"])


def part_of(task: Task) -> ReviewPart:
    return ReviewPart.objects.select_related("batch").get(batch=task.job_id, part=task.part)


def finish(job: Job) -> None:
    """The sums of a batch, and on its job whether rows were refused."""
    counts = store.finish(ReviewBatch.objects.get(pk=job.pk))
    job.partial = bool(counts["refused"])
