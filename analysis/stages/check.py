"""Checks what was found: arithmetic, dates, check digits."""

from pathlib import Path

from analysis import checks, results, review
from analysis.findings import Extraction, Validation
from analysis.models import Result
from jobs.models import Task
from jobs.stages import Stage


class Check(Stage[Extraction, Validation]):
    pipeline, name, queue = "document", "check", "extract"
    running, finished = "extracted", "validated"
    start, end = 40, 42
    small = True

    def load(self, task: Task) -> Extraction:
        return results.extraction_of(Result.objects.get(job=task.job))

    def compute(self, given: Extraction, folder: Path) -> Validation:
        return checks.validate(given)

    def save(self, task: Task, output: Validation) -> None:
        result = Result.objects.get(job=task.job)
        results.set_validation(result, output)
        review.settle(result)


STAGE = Check()
