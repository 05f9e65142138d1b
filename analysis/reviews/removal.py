"""Taking a batch of reviews out again."""

from analysis.models.reviews import ReviewBatch
from documents.models import User
from documents.removal import remove
from jobs import control
from jobs.models import Job


def remove_batch(batch: ReviewBatch, *, user: User) -> None:
    """Deletes the batch and all its rows for good, with its file if nothing else was read from that.

    Work on it that still runs is cancelled, in the name of `user`.
    """
    job, document = batch.job, batch.job.document
    control.cancel_open(Job.objects.filter(pk=job.pk), user=user)
    if document is not None and not document.jobs.exclude(pk=job.pk).exists():
        remove(document)
    else:
        job.delete()
