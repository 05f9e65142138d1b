"""Opens the document: is it what it says, can it be read, and how many pages has it?"""

from pathlib import Path

from analysis import reading
from analysis.source import Source
from jobs.models import Task
from jobs.stages import Stage


class Validate(Stage[Source, int]):
    pipeline, name, queue = "document", "validate", "default"
    running, finished = "validating", "job_validated"
    start, end = 0, 10

    def load(self, task: Task) -> Source:
        return Source.of(task.job.document)

    def compute(self, given: Source, folder: Path) -> int:
        return reading.inspect(given.fetch(folder), given.media_type).page_count

    def save(self, task: Task, output: int) -> None:
        document = task.job.document
        assert document is not None
        document.page_count = output
        document.save(update_fields=["page_count"])


STAGE = Validate()
