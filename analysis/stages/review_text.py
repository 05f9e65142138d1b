"""Judges a single text: a pipeline of one stage, so that it is done in one go."""

from analysis.reviews.stages import Classify, Verdicts, finish
from jobs.models import Task


class ClassifyText(Classify):
    pipeline, name = "review", "classify_text"
    start, end = 0, 100

    def save(self, task: Task, output: Verdicts) -> None:
        super().save(task, output)
        finish(task.job)


STAGE = ClassifyText()
