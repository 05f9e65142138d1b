"""Files of reviews as people send them, and jobs that judge them with the real model."""

import time

import pytest
from django.core.files.base import ContentFile

from analysis.models import ReviewBatch, ReviewRow
from analysis.reviews import submission
from documents import tenancy
from jobs import runner
from jobs.models import Job, Task
from jobs.stages import QUEUES

GOOD, BAD = "I love it, wonderful and great quality!", "Terrible. It broke at once, I hate it and want my money back."


def csv_of(*rows: str) -> bytes:
    return ("text,stars,day\n" + "".join(row + "\n" for row in rows)).encode()


def submit(person, data: bytes, name="reviews.csv", **more):
    with tenancy.as_user(person.user):
        _, job, duplicate = submission.submit_file(
            ContentFile(data), filename=name, workspace_id=person.workspace.id, user=person.user, **more
        )
    return job, duplicate


def work(person, job) -> Job:
    """Runs tasks until none waits, as a worker would; what backs off is not waited for."""
    give_up = time.monotonic() + 30
    while runner.run(*QUEUES):
        assert time.monotonic() < give_up
    with tenancy.as_user(person.user):
        return Job.objects.get(pk=job.pk)


def batch_of(person, job) -> tuple[ReviewBatch, list[ReviewRow]]:
    with tenancy.as_user(person.user):
        return ReviewBatch.objects.get(pk=job.pk), list(ReviewRow.objects.filter(batch=job.pk).order_by("row"))


@pytest.fixture
def engine(transactional_db, broker):
    """The database as it is when several connections work on it."""
    assert not Task.objects.exists()
