"""Judges the rows of a file, a thousand at a time: the parts spread over all workers."""

from collections.abc import Sequence
from typing import Any

from analysis.models.reviews import ReviewPart
from analysis.reviews.stages import Classify
from jobs.models import Job


class ClassifyParts(Classify):
    pipeline, name = "reviews", "classify_reviews"
    start, end = 10, 98

    def split(self, job: Job) -> Sequence[dict[str, Any]]:
        return [{}] * ReviewPart.objects.filter(batch=job.pk).count()


STAGE = ClassifyParts()
