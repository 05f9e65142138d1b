"""A user has some active jobs at once; the others are held, and are let in when one ends."""

import threading

import pytest
from django.db import connection

from documents import tenancy
from jobs import admission, control, runner, stages, sweeper
from jobs.models import Job
from tests.jobs import toys

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def two_at_once(settings):
    settings.JOBS_ACTIVE_PER_USER = 2


def jobs_of(person) -> list[Job]:
    with tenancy.as_workspace(person.workspace.id):
        return list(Job.objects.order_by("created_at"))


def drain() -> None:
    while sum(runner.run(queue) for queue in stages.QUEUES):
        pass


def test_the_third_job_waits_without_tasks(anna, submit):
    for _ in range(3):
        submit()
    assert [job.held for job in jobs_of(anna)] == [False, False, True]
    with tenancy.as_workspace(anna.workspace.id):
        assert not Job.objects.get(held=True).tasks.exists()


def test_an_end_lets_the_next_one_in(anna, submit):
    for _ in range(5):
        submit()
    drain()
    assert [job.status for job in jobs_of(anna)] == ["done"] * 5


def test_a_cancelled_job_makes_room_and_a_held_one_can_be_cancelled(anna, submit):
    first, _, third, fourth = (submit() for _ in range(4))
    with tenancy.as_workspace(anna.workspace.id):
        control.cancel(third.id, user=anna.user)
        control.cancel(first.id, user=anna.user)
    assert [(job.status, job.held) for job in jobs_of(anna)] == [
        ("cancelled", False),
        ("queued", False),
        ("cancelled", False),
        ("queued", False),
    ]
    with tenancy.as_workspace(anna.workspace.id):
        assert Job.objects.get(pk=fourth.pk).tasks.count() == 3


def test_a_cancelled_job_that_never_began_can_be_retried(anna, submit):
    *_, held = (submit() for _ in range(3))
    with tenancy.as_workspace(anna.workspace.id):
        control.cancel(held.id)
        control.retry(held.id)
    drain()
    assert jobs_of(anna)[-1].status == "done"


def test_other_users_are_not_concerned(anna, mallory, submit):
    for _ in range(4):
        submit()
    with tenancy.as_workspace(mallory.workspace.id):
        job = control.submit(workspace_id=mallory.workspace.id, pipeline_name="toy", user=mallory.user)
    assert not job.held


def test_the_sweeper_lets_in_what_an_unseen_end_left_waiting(anna, submit, monkeypatch):
    for _ in range(3):
        submit()
    with monkeypatch.context() as patch:
        patch.setattr(admission, "admit", lambda user_id: 0)  # as if the process had died on commit
        drain()
    assert jobs_of(anna)[-1].held
    assert sweeper.sweep()["admitted"] == 1
    drain()
    assert jobs_of(anna)[-1].status == "done"


def test_jobs_of_a_deleted_user_wait_for_nobody(anna, submit):
    for _ in range(3):
        submit()
    with tenancy.as_workspace(anna.workspace.id):
        Job.objects.update(created_by=None)
    assert sweeper.sweep()["admitted"] == 1


def test_many_uploads_at_once_stay_within_the_limit(anna, submit):
    start = threading.Barrier(8)

    def work():
        start.wait()
        submit()
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(not job.held for job in jobs_of(anna)) == 2
    drain()
    assert [job.status for job in jobs_of(anna)] == ["done"] * 8
    assert toys.RAN.count(("total", 0)) == 8


def test_no_limit(anna, submit, settings):
    settings.JOBS_ACTIVE_PER_USER = 0
    for _ in range(4):
        submit()
    assert not any(job.held for job in jobs_of(anna))


def test_a_held_job_of_an_unknown_pipeline_waits_and_keeps_nobody_from_anything(anna, submit, settings):
    for _ in range(4):
        submit()
    with tenancy.as_workspace(anna.workspace.id):
        oldest = Job.objects.filter(held=True).order_by("created_at").first()
        Job.objects.filter(pk=oldest.pk).update(pipeline="of another version")
    settings.JOBS_ACTIVE_PER_USER = 0
    assert sweeper.sweep()["admitted"] == 1
    assert [job.held for job in jobs_of(anna)] == [False, False, True, False]
