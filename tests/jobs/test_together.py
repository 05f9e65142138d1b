"""Small tasks, taken several at once and saved by one transaction."""

import pytest
from django.db.models.functions import Now

from documents import sandbox, tenancy
from jobs import claims, control, runner, stages
from jobs.models import Event, Job, Task
from tests.jobs import toys

pytestmark = pytest.mark.django_db(transaction=True)

SEEN: list[tuple[object, int]] = []  # by save: the workspace, and how many jobs it saw


class Tiny(stages.Stage[int, int]):
    """Two small parts; fails for the tasks in MOOD, while it computes or while it saves."""

    pipeline, name = "tiny", "tiny"
    running, finished = "twinkling", "twinkled"
    start, end = 0, 50
    small = True

    def split(self, job):
        return [{}, {}]

    def load(self, task):
        return task.pk

    def compute(self, given, folder):
        toys.RAN.append(("tiny", given))
        if given in toys.MOOD.get("compute", ()):
            raise toys.flaky()
        return given

    def save(self, task, output):
        SEEN.append((task.workspace_id, Job.objects.count()))
        Event.objects.create(
            workspace_id=task.workspace_id, job=task.job, seq=1000 + task.pk, type="tiny.saved", data={}
        )
        if output in toys.MOOD.get("save", ()):
            raise toys.poisoned()


class Last(Tiny):
    name, start, end = "last", 50, 100
    running, finished = "ending", "ended"

    def split(self, job):
        return [{}]


@pytest.fixture(autouse=True)
def tiny_pipeline(monkeypatch):
    SEEN.clear()
    monkeypatch.setattr(runner, "_small_seconds", 0.001)
    stages.register(Tiny())
    stages.register(Last())
    yield
    stages._PIPELINES.pop("tiny")


@pytest.fixture
def send(anna, broker):
    def send(person=anna, name="tiny", **more) -> Job:
        with tenancy.as_workspace(person.workspace.id):
            return control.submit(workspace_id=person.workspace.id, pipeline_name=name, **more)

    return send


def tasks(**which) -> list[Task]:
    with tenancy.as_sweeper():
        return list(Task.objects.filter(**which).order_by("pk"))


def jobs() -> list[Job]:
    with tenancy.as_sweeper():
        return list(Job.objects.order_by("created_at"))


def saved() -> list[int]:
    """The tasks whose effect is in the database, once for each effect."""
    with tenancy.as_sweeper():
        return sorted(seq - 1000 for seq in Event.objects.filter(type="tiny.saved").values_list("seq", flat=True))


def story(job: Job) -> list[str]:
    with tenancy.as_sweeper():
        found = list(job.events.filter(seq__lt=1000).values_list("seq", "type"))
    assert [seq for seq, _ in found] == list(range(1, len(found) + 1))
    return [type_ for _, type_ in found]


def test_a_few_are_one_transaction_and_a_job_moves_once(send, monkeypatch):
    monkeypatch.setattr(runner, "TOGETHER", 8)
    for _ in range(5):
        send()
    before = tasks()
    assert (runner.run("default"), runner.run("default")) == (8, 2 + 4)  # four jobs went on to their last stage
    assert [task.attempts for task in tasks()] == [1] * 14 + [0]
    assert saved() == [task.pk for task in before] + [task.pk for task in tasks(stage="last")][:4]
    assert runner.run("default") == 1
    assert {job.status for job in jobs()} == {"done"}
    whole = ["job.submitted", "stage.started", "stage.finished", "stage.started", "stage.finished", "job.done"]
    assert [story(job) for job in jobs()] == [whole] * 5


def test_one_that_fails_does_not_keep_the_others(send):
    for _ in range(3):
        send()
    first, second, third, *_ = tasks()
    toys.MOOD["compute"], toys.MOOD["save"] = {first.pk}, {third.pk}
    assert runner.run("default") == 6
    found = tasks(stage="tiny")
    assert [task.status for task in found[:4]] == ["retryable", "done", "deadletter", "cancelled"]
    assert [task.status for task in found[4:]] == ["done", "done"]
    assert saved() == [second.pk, *[task.pk for task in found[4:]]]
    assert [job.status for job in jobs()] == ["retryable", "deadletter", "working"]
    assert [job.error_code for job in jobs()] == ["flaky", "poisoned", ""]


def test_each_is_saved_in_the_scope_of_its_own_workspace(send, anna, mallory):
    for person in (anna, mallory, anna):
        send(person)
    assert runner.run("default") == 6
    assert sorted(SEEN) == sorted([(anna.workspace.id, 2)] * 4 + [(mallory.workspace.id, 1)] * 2)
    assert {task.status for task in tasks(stage="tiny")} == {"done"}
    with tenancy.as_workspace(mallory.workspace.id):
        assert Event.objects.filter(type="tiny.saved").count() == 2


def test_what_was_cancelled_meanwhile_is_left_out(send, anna):
    mine, other = send(), send()
    compute = Tiny.compute

    def cancelling(self, given, folder):
        if len(toys.RAN) == 1:
            with tenancy.as_workspace(anna.workspace.id):
                control.cancel(mine.pk)
        return compute(self, given, folder)

    Tiny.compute = cancelling
    try:
        assert runner.run("default") == 4
    finally:
        Tiny.compute = compute
    assert [job.status for job in jobs()] == ["cancelled", "working"]
    assert saved() == [task.pk for task in tasks(job=other, stage="tiny")]
    assert sandbox.stop_event.get() is None  # what stops those tasks stops nothing after them


def test_a_large_one_is_alone(send):
    send(name="toy")
    send()
    assert [runner.run("default") for _ in range(4)] == [1, 1, 1, 2]
    assert toys.RAN[:3] == [("split", 0), ("split", 1), ("split", 2)]


def test_large_ones_between_small_ones_are_left_for_others(send, mallory):
    send()
    send(mallory, name="toy")
    send(mallory)
    assert runner.run("default") == 4
    assert {name for name, _ in toys.RAN} == {"tiny"}


def test_one_that_was_tried_before_is_alone(send):
    send()
    with tenancy.as_sweeper():
        Task.objects.update(attempts=1)
    send()
    assert [runner.run("default") for _ in range(3)] == [1, 1, 3]


def test_as_many_are_taken_as_are_done_in_a_moment(send, monkeypatch):
    monkeypatch.setattr(runner, "_small_seconds", 0.009)
    for _ in range(3):
        send()
    assert runner.run("default") == 2
    monkeypatch.setattr(runner, "_small_seconds", 100)
    assert [runner.run("default") for _ in range(8)] == [1] * 7 + [0]
    assert runner._small_seconds < 100 * (7 / 8) ** 6


def test_several_takers_share_what_waits(send):
    for _ in range(6):
        send()
    with tenancy.as_sweeper():
        first = claims.take("default", at_most=8)
        second = claims.take("default", at_most=8)
        assert claims.take("default", at_most=8) == []
    assert (len(first), len(second)) == (8, 4)
    taken = [task for _, task in first + second]
    assert [task.pk for task in taken] == [task.pk for task in tasks()]
    assert len({task.lease for task in taken}) == 12
    with tenancy.as_sweeper():
        assert claims.renew([claim for claim, _ in first + second]) == {task.pk for task in taken}
        assert Task.objects.filter(lease_expires_at__gt=Now()).count() == 12
