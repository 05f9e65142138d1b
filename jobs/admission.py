"""Letting jobs in: a user has a number of active jobs at once; the others wait, held, and have no tasks yet."""

from django.conf import settings
from django.db import connection
from django.db.models import Q

from documents import tenancy
from documents.models import User
from jobs import events
from jobs.models import OPEN, Job
from jobs.stages import pipeline, pipelines

_LOCKS = 0x61646D69  # "admi": the class of advisory locks, one for each user
_BATCH = 100  # jobs let in by one transaction


def must_wait(user: User | None) -> bool:
    """Whether a new job of the user has to wait. Until the transaction's end nobody else is let in for this user."""
    if user is None or not settings.JOBS_ACTIVE_PER_USER:
        return False
    _lock(user.pk)
    return _free_places(user.pk) <= 0


def admit(user_id: int | None) -> int:
    """Starts the held jobs of a user that there is room for, the oldest first; returns how many.

    None stands for users that were deleted: their jobs wait for nobody.
    """
    with tenancy.as_sweeper():
        _lock(user_id)
        held = Job.objects.select_for_update(of=("self",), skip_locked=True)
        held = held.filter(_startable(), created_by=user_id).order_by("priority", "created_at")
        admitted = list(held[: max(0, _free_places(user_id))])
        for job in admitted:
            _start(job)
    return len(admitted)


def admit_all() -> int:
    """The same for all users: what an end that nobody saw to the end left waiting. For the sweeper."""
    with tenancy.as_sweeper():
        waiting = list(Job.objects.filter(_startable()).order_by().values_list("created_by", flat=True).distinct())
    return sum(admit(user_id) for user_id in waiting)


def _startable() -> Q:
    """Held jobs of pipelines that this version of the code has: others wait for one that has theirs."""
    return Q(held=True, status__in=OPEN, pipeline__in=pipelines())


def _start(job: Job) -> None:
    from jobs import transitions  # late: an end lets others in

    with tenancy.as_workspace(job.workspace_id):
        job.held = False
        transitions.start_stage(job, pipeline(job.pipeline)[0])
        events.write(job)


def _free_places(user_id: int | None) -> int:
    limit = settings.JOBS_ACTIVE_PER_USER
    if user_id is None or not limit:
        return _BATCH
    return int(limit) - Job.objects.filter(created_by=user_id, held=False, status__in=OPEN).count()


def _lock(user_id: int | None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s, %s)", [_LOCKS, (user_id or 0) % 2**31])
