"""The engine's promises, over toy stages: claim, fence, retry, sweep, cancel."""

import threading
import time
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models.functions import Now

from documents import tenancy
from documents.errors import Conflict
from jobs import claims, control, runner, stages, sweeper, transitions
from jobs.errors import LeaseLost
from jobs.models import Job, Task
from tests.jobs import toys

pytestmark = pytest.mark.django_db(transaction=True)


def drain(rounds: int = 50) -> None:
    """Runs whatever can be run, in this thread."""
    for _ in range(rounds):
        if sum(runner.run(queue) for queue in stages.QUEUES) == 0:
            return


def make_due(workspace_id) -> None:
    with tenancy.as_workspace(workspace_id):
        Task.objects.filter(status="retryable").update(due_at=Now())
    sweeper.sweep()


def take(queue: str = "default"):
    with tenancy.as_sweeper():
        return next(iter(claims.take(queue)), None)


def bring_forward(workspace_id, task) -> None:
    """It is this task's turn now."""
    with tenancy.as_workspace(workspace_id):
        Task.objects.filter(pk=task.pk).update(turn=-1)


def let_lease_expire(workspace_id, task_id) -> None:
    with tenancy.as_workspace(workspace_id):
        Task.objects.filter(pk=task_id).update(lease_expires_at=Now() - timedelta(seconds=1))


def test_a_job_runs_through_its_stages_and_ends_done(anna, submit, state, events):
    job = submit()
    drain()
    found, tasks = state(job)
    assert (found.status, found.stage, found.progress, found.attempts) == ("done", "done", 100, 0)
    assert [task.status for task in tasks] == ["done"] * 4
    assert sorted(toys.RAN) == [("split", 0), ("split", 1), ("split", 2), ("total", 0)]
    with tenancy.as_workspace(anna.workspace.id):
        assert found.events.get(type="toy.total").data == {"sum": 30}
    story = events(found)
    assert [seq for seq, _ in story] == list(range(1, len(story) + 1))
    assert [type_ for _, type_ in story] == [
        "job.submitted", "stage.started", "stage.finished", "stage.started", "stage.finished", "job.done",
    ]  # fmt: skip


def test_progress_moves_with_the_parts(anna, submit, state):
    job = submit()
    seen = []
    for _ in range(3):
        runner.run("default")
        seen.append(state(job)[0].progress)
    assert seen == [20, 40, 60]


def test_messages_too_many_find_nothing(submit, state):
    job = submit()
    assert [runner.run("default") for _ in range(5)] == [1, 1, 1, 0, 0]
    assert sorted(toys.RAN) == [("split", 0), ("split", 1), ("split", 2)]
    assert state(job)[0].stage == "split"


def test_workers_that_race_take_a_task_each(submit, state):
    submit()
    start = threading.Barrier(4)

    def work():
        start.wait()
        runner.run("default")
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(toys.RAN) == [("split", 0), ("split", 1), ("split", 2)]


def test_a_failure_is_tried_again_with_back_off(anna, submit, state, events):
    toys.MOOD["split"] = toys.flaky()
    job = submit()
    drain()
    found, tasks = state(job)
    assert (found.status, found.error_code) == ("retryable", "flaky")
    assert tasks[1].status == "retryable"
    assert timedelta(seconds=1.5) < tasks[1].due_at - tasks[1].started_at < timedelta(seconds=5)
    toys.MOOD.clear()
    make_due(anna.workspace.id)
    drain()
    found, tasks = state(job)
    assert (found.status, found.error_code, found.attempts) == ("done", "", 1)
    assert toys.RAN.count(("split", 1)) == 2
    assert toys.RAN.count(("split", 0)) == 1
    assert "task.failed" in dict(events(found)).values()


def test_attempts_used_up_end_in_the_dead_letters_with_the_cause(anna, submit, state):
    toys.MOOD["split"] = toys.flaky()
    job = submit()
    for _ in range(6):
        drain()
        make_due(anna.workspace.id)
    found, tasks = state(job)
    assert (found.status, found.error_code) == ("deadletter", "flaky")
    assert found.error_detail == "The service hiccuped; it is tried again."
    assert tasks[1].attempts == 4
    assert found.finished_at is not None


def test_a_permanent_error_is_not_tried_again_and_frees_its_siblings(anna, submit, state):
    toys.MOOD["split"] = toys.poisoned()
    job = submit()
    bring_forward(anna.workspace.id, state(job)[1][1])
    runner.run("default")
    found, tasks = state(job)
    assert (found.status, found.error_code) == ("deadletter", "poisoned")
    assert [task.status for task in tasks] == ["cancelled", "deadletter", "cancelled"]
    drain()
    assert toys.RAN == [("split", 1)]


def test_an_unknown_error_shows_no_internals(anna, submit, state):
    toys.MOOD["split"] = ValueError("the customer's secret words")
    job = submit()
    drain()
    found, _ = state(job)
    assert found.error_code == "internal_error"
    assert "secret words" not in found.error_detail


def test_the_fence_throws_late_output_away(anna, submit, state):
    job = submit()
    first = state(job)[1][0]
    claim, task = take()
    let_lease_expire(anna.workspace.id, first.id)
    assert sweeper.sweep()["taken_back"] == 1
    with tenancy.as_workspace(anna.workspace.id):
        assert transitions.finish(transitions.Computed(claim, task, 99)) == set()
    with pytest.raises(LeaseLost), tenancy.as_workspace(anna.workspace.id):
        transitions.fail(claim, task, "late", "Too late.", permanent=True)
    found, tasks = state(job)
    assert tasks[0].status == "queued"
    with tenancy.as_workspace(anna.workspace.id):
        assert not found.events.filter(type="toy.saved").exists()
    drain()
    assert state(job)[0].status == "done"


def test_a_job_deleted_under_its_worker_leaves_nothing(anna, submit, state):
    job = submit()
    claim, task = take()
    with tenancy.as_workspace(anna.workspace.id):
        Job.objects.filter(pk=job.pk).delete()
    with tenancy.as_workspace(anna.workspace.id):
        assert transitions.finish(transitions.Computed(claim, task, 1)) == set()
    with pytest.raises(LeaseLost), tenancy.as_workspace(anna.workspace.id):
        transitions.fail(claim, task, "late", "Too late.", permanent=True)


def test_expired_leases_use_up_attempts_and_name_the_cause(anna, submit, state):
    job = submit()
    first = state(job)[1][0]
    for _ in range(4):
        bring_forward(anna.workspace.id, first)
        assert take() is not None
        let_lease_expire(anna.workspace.id, first.id)
        sweeper.sweep()
    found, tasks = state(job)
    assert (found.status, found.error_code) == ("deadletter", "worker_lost")
    assert tasks[0].attempts == 4


def test_a_live_lease_is_left_alone_and_renewal_lengthens_it(anna, submit, state):
    job = submit()
    first = state(job)[1][0]
    claim, task = take()
    assert sweeper.sweep()["taken_back"] == 0
    time.sleep(0.05)
    with tenancy.as_workspace(anna.workspace.id):
        assert claims.renew([claim]) == {first.id}
    assert state(job)[1][0].lease_expires_at > task.lease_expires_at


def test_the_heartbeat_keeps_long_work_alive(anna, submit, state, settings):
    settings.JOBS_LEASE_SECONDS = 1
    toys.MOOD["split"] = lambda: time.sleep(2.5)
    job = submit()
    second = state(job)[1][1]
    bring_forward(anna.workspace.id, second)
    thread = threading.Thread(target=lambda: (runner.run("default"), connection.close()))
    thread.start()
    while thread.is_alive():
        assert sweeper.sweep()["taken_back"] == 0
        time.sleep(0.1)
    assert state(job)[1][1].status == "done"


def test_cancel_stops_what_waits_and_what_runs(anna, submit, state, settings):
    settings.JOBS_LEASE_SECONDS = 1
    started, let_go = threading.Event(), threading.Event()
    toys.MOOD["split"] = lambda: (started.set(), toys.wait_for(let_go))
    job = submit()
    second = state(job)[1][1]
    bring_forward(anna.workspace.id, second)
    thread = threading.Thread(target=lambda: (runner.run("default"), connection.close()))
    thread.start()
    assert started.wait(10)
    with tenancy.as_workspace(anna.workspace.id):
        control.cancel(job.id, user=anna.user)
    let_go.set()
    thread.join()
    found, tasks = state(job)
    assert found.status == "cancelled"
    assert {task.status for task in tasks} == {"cancelled"}
    drain()
    assert toys.RAN == [("split", 1)]
    with pytest.raises(Conflict), tenancy.as_workspace(anna.workspace.id):
        control.cancel(job.id)


def test_retry_keeps_finished_parts_of_the_stage_that_failed(anna, submit, state):
    toys.MOOD["split"] = toys.poisoned()
    job = submit()
    runner.run("default")
    runner.run("default")
    toys.MOOD.clear()
    with tenancy.as_workspace(anna.workspace.id):
        control.retry(job.id, user=anna.user)
    drain()
    assert state(job)[0].status == "done"
    assert toys.RAN.count(("split", 0)) == 1
    assert toys.RAN.count(("split", 1)) == 2


def test_retry_from_a_stage_repeats_that_stage_and_the_later_ones(anna, submit, state):
    job = submit()
    drain()
    with tenancy.as_workspace(anna.workspace.id):
        control.retry(job.id, from_stage="total")
    toys.RAN.clear()
    drain()
    assert toys.RAN == [("total", 0)]
    assert state(job)[0].status == "done"


def test_what_is_missing_stays_missing_when_a_later_stage_is_repeated(anna, submit, state):
    job = submit()
    drain()
    with tenancy.as_workspace(anna.workspace.id):
        Job.objects.filter(pk=job.pk).update(partial=True)
        control.retry(job.id, from_stage="total")
    drain()
    found, _ = state(job)
    assert (found.status, found.partial) == ("done", True)


@pytest.mark.parametrize("stage", ["nonsense", "total"])
def test_retry_from_where_the_job_never_was_is_refused(anna, submit, state, stage):
    toys.MOOD["split"] = toys.poisoned()
    job = submit()
    drain()
    with pytest.raises(Conflict), tenancy.as_workspace(anna.workspace.id):
        control.retry(job.id, from_stage=stage)


def test_an_open_job_is_not_retried(anna, submit):
    job = submit()
    with pytest.raises(Conflict), tenancy.as_workspace(anna.workspace.id):
        control.retry(job.id)


def test_messages_that_the_broker_lost_are_sent_again(anna, submit, state, broker, settings):
    job = submit()
    assert broker.queue_length("default") == 3
    broker.client.flushdb()
    assert sweeper.sweep()["sent"] == 3
    assert broker.queue_length("default") == 3
    assert state(job)[0].status == "queued"


def test_a_broker_that_is_away_refuses_nobody(anna, submit, state, monkeypatch):
    import redis

    from jobs import actors

    def away(*args, **kwargs):
        raise redis.ConnectionError("away")

    monkeypatch.setattr(actors.RUN["default"].broker, "wake", away)
    job = submit()
    assert state(job)[0].status == "queued"


def test_a_rolled_back_submission_sends_nothing(anna, broker):
    def fail_after_submitting():
        with tenancy.as_workspace(anna.workspace.id):
            control.submit(workspace_id=anna.workspace.id, pipeline_name="toy")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_after_submitting()
    assert broker.queue_length("default") == 0
    with tenancy.as_workspace(anna.workspace.id):
        assert not Job.objects.exists()


def test_a_worker_runs_jobs_end_to_end(submit, state, worker):
    jobs = [submit() for _ in range(5)]
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and any(state(job)[0].status != "done" for job in jobs):
        time.sleep(0.05)
    assert [state(job)[0].status for job in jobs] == ["done"] * 5
    assert len(toys.RAN) == 20
