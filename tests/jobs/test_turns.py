"""Fairness: who is next among workspaces, priorities and queues that are paused."""

import random

import pytest
from django.db.models.functions import Now

from documents import tenancy
from documents.errors import InvalidInput
from jobs import claims, control, queues, runner, stages, sweeper, transitions, turns
from jobs.models import Job, Priority, Task
from tests.jobs import toys

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def no_limit(settings):
    settings.JOBS_ACTIVE_PER_USER = 0


def send(person, **more) -> Job:
    with tenancy.as_workspace(person.workspace.id):
        return control.submit(workspace_id=person.workspace.id, pipeline_name="toy", user=person.user, **more)


def taken(queue: str = "default") -> Task | None:
    with tenancy.as_sweeper():
        found = claims.take(queue)
    return found[0][1] if found else None


def order() -> list:
    """The workspaces of all waiting tasks, in the order in which they are taken."""
    return [task.workspace_id for task in iter(taken, None)]


def test_one_job_of_another_does_not_wait_for_many(anna, mallory):
    for _ in range(10):
        send(anna)
    late = send(mallory)
    positions = [place for place, workspace in enumerate(order()) if workspace == late.workspace_id]
    assert positions[-1] <= 6  # its three tasks stand beside Anna's first three, not behind her thirty


def test_who_was_served_before_is_not_punished_for_it(anna, mallory):
    for _ in range(4):
        send(anna)
    for _ in range(6):
        taken()
    send(mallory)
    send(mallory)
    assert order()[:8].count(anna.workspace.id) in (3, 4, 5)  # they alternate; nobody catches up


def test_a_workspace_alone_is_served_in_the_order_of_its_jobs(anna):
    jobs = [send(anna) for _ in range(3)]
    assert [task.job_id for task in iter(taken, None)] == [job.id for job in jobs for _ in range(3)]


def test_interactive_work_goes_before_bulk(anna, mallory):
    bulk = send(anna, priority=Priority.BULK)
    urgent = send(mallory)
    assert order() == [urgent.workspace_id] * 3 + [bulk.workspace_id] * 3


def test_a_job_that_becomes_urgent_is_taken_first(anna):
    first, second = send(anna, priority=Priority.BULK), send(anna, priority=Priority.BULK)
    with tenancy.as_workspace(anna.workspace.id):
        changed = control.set_priority(second.id, Priority.INTERACTIVE, user=anna.user)
        assert changed.events.latest("seq").type == "job.prioritised"
    assert [task.job_id for task in iter(taken, None)] == [second.id] * 3 + [first.id] * 3


def test_a_task_that_backed_off_is_next(anna, mallory):
    job = send(anna)
    toys.MOOD["split"] = toys.flaky()
    for _ in range(3):
        runner.run("default")
    for _ in range(3):
        send(mallory)
    with tenancy.as_workspace(anna.workspace.id):
        Task.objects.filter(job=job, status="retryable").update(due_at=Now())
    assert sweeper.sweep()["due"] == 1
    assert order()[0] == anna.workspace.id


def test_a_paused_queue_rests_and_its_tasks_wait(anna, broker):
    job = send(anna)
    with tenancy.as_staff(anna.user):
        queues.pause("default", user=anna.user, reason="The disk is being replaced.")
    broker.client.flushdb()
    assert not runner.run("default")
    assert sweeper.sweep()["sent"] == 0
    assert list(queues.paused()) == ["default"]
    with tenancy.as_staff(anna.user):
        assert queues.resume("default", user=anna.user)
        assert not queues.resume("default", user=anna.user)
    assert broker.queue_length("default") == 3
    assert taken().job_id == job.id


def test_only_queues_that_there_are_can_be_paused():
    with pytest.raises(InvalidInput, match="unknown_queue"):
        queues.pause("nonsense")


def test_a_job_that_is_locked_at_the_moment_is_shown_a_little_later(anna, django_db_blocker):
    import threading

    from django.db import connection

    job = send(anna)
    locked, let_go = threading.Event(), threading.Event()

    def hold():
        with tenancy.as_workspace(anna.workspace.id):
            transitions.locked(job.id)
            locked.set()
            toys.wait_for(let_go)
        connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    assert locked.wait(10)
    task = taken()  # waits for nobody
    assert not Task.job.is_cached(task)
    worker = threading.Thread(target=lambda: (runner.run("default"), connection.close()))
    worker.start()
    let_go.set()
    worker.join(20)
    holder.join(20)
    with tenancy.as_workspace(anna.workspace.id):
        assert Job.objects.get(pk=job.pk).status == "working"
    assert len(toys.RAN) == 1


def test_a_stage_that_this_version_does_not_know_is_tried_again_and_named(anna):
    job = send(anna)
    stages._PIPELINES["toy"] = [one for one in stages.pipeline("toy") if one.name != "split"]
    runner.run("default")
    with tenancy.as_workspace(anna.workspace.id):
        found = Job.objects.get(pk=job.pk)
    assert (found.status, found.error_code) == ("retryable", "unknown_stage")


def test_turns_are_told_to_tenants_and_nothing_else_is(anna, mallory):
    for _ in range(5):
        send(mallory)
    for _ in range(4):
        taken()
    with tenancy.as_workspace(anna.workspace.id):
        assert turns.following("default", 0, anna.workspace.id) >= 4  # behind the virtual time …
        assert not Task.objects.exists()  # … of tasks that Anna can't see


@pytest.mark.parametrize("seed", range(3))
def test_shares_are_equal_whoever_came_first(anna, mallory, seed):
    chance = random.Random(seed)
    people = [anna] * 12 + [mallory] * 4
    chance.shuffle(people)
    for person in people:
        send(person)
    first = order()[:24]
    assert abs(first.count(anna.workspace.id) - first.count(mallory.workspace.id)) <= 2
