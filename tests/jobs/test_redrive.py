"""Dead letters, one by one and in bulk; work that is given back."""

import pytest

from documents import tenancy
from jobs import claims, control, runner, stages
from jobs.models import Job, Task
from tests.jobs import toys

pytestmark = pytest.mark.django_db(transaction=True)


def drain() -> None:
    while sum(runner.run(queue) for queue in stages.QUEUES):
        pass


def test_dead_letters_are_redriven_in_bulk_and_what_cannot_be_is_named(anna, submit):
    toys.MOOD["split"] = toys.poisoned()
    dead = [submit(), submit()]
    drain()
    toys.MOOD.clear()
    running = submit()
    with tenancy.as_workspace(anna.workspace.id):
        done = control.redrive(Job.objects.all(), user=anna.user)
    assert done.started == 2
    assert list(done.refused) == [running.id]
    assert "cancel it first" in done.refused[running.id]
    drain()
    with tenancy.as_workspace(anna.workspace.id):
        assert set(Job.objects.values_list("status", flat=True)) == {"done"}
        assert Job.objects.get(pk=dead[0].pk).events.filter(type="job.retried").count() == 1


def test_a_job_whose_pipeline_is_gone_is_refused(anna, submit):
    toys.MOOD["split"] = toys.poisoned()
    job = submit()
    drain()
    stages._PIPELINES.pop("toy")
    with tenancy.as_workspace(anna.workspace.id):
        assert list(control.redrive(Job.objects.all()).refused) == [job.id]


def test_work_that_is_given_back_is_queued_again_and_counts_no_attempt(anna, submit, state, broker):
    job = submit()
    with tenancy.as_sweeper():
        [(claim, task)] = claims.take("default")
    broker.client.flushdb()
    with tenancy.as_workspace(anna.workspace.id):
        assert claims.give_back([claim]) == 1
        assert claims.give_back([claim]) == 0
    assert broker.queue_length("default") == 1
    with tenancy.as_workspace(anna.workspace.id):
        again = Task.objects.get(pk=task.pk)
    assert (again.status, again.attempts, again.lease) == ("queued", 0, None)
    drain()
    found, _ = state(job)
    assert (found.status, found.attempts) == ("done", 0)


@pytest.mark.parametrize(("stage", "ran"), [("", 4), ("total", 1)])
def test_a_job_whose_tasks_are_forgotten_can_be_run_again(anna, submit, stage, ran):
    job = submit()
    drain()
    with tenancy.as_workspace(anna.workspace.id):
        job.tasks.all().delete()
        control.retry(job.id, from_stage=stage)
    toys.RAN.clear()
    drain()
    assert len(toys.RAN) == ran
