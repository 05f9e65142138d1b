"""Estimates: from what was done of late to what is left."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone

from documents import tenancy
from jobs import pace, queues
from jobs.models import Job, Priority, StagePace, Status, Task
from jobs.serializers import JobSerializer, visible_jobs

pytestmark = pytest.mark.django_db

SPLIT, TOTAL = 8.0, 2.0  # seconds that the toy's stages take


@pytest.fixture(autouse=True)
def _nothing_remembered():
    pace._paces.forget()
    pace._queues.forget()
    yield
    pace._paces.forget()
    pace._queues.forget()


@pytest.fixture
def paces():
    for stage, seconds, part in (("split", SPLIT, 4.0), ("total", TOTAL, 2.0)):
        StagePace.objects.create(pipeline="toy", stage=stage, seconds=seconds, seconds_per_part=part, jobs=9)


@pytest.fixture
def make(anna):
    """A toy job and the tasks of its stages: (stage, status, seconds since it began)."""

    def make(*tasks, status=Status.WORKING, user=None, **fields):
        now = timezone.now()
        with tenancy.as_workspace(anna.workspace.id):
            job = Job.objects.create(
                workspace=anna.workspace,
                pipeline=fields.pop("pipeline", "toy"),
                status=status,
                created_by=user,
                **fields,
            )
            parts = {stage: sum(one[0] == stage for one in tasks) for stage, *_ in tasks}
            for part, (stage, state, ago, *rest) in enumerate(tasks):
                Task.objects.create(
                    workspace=anna.workspace,
                    job=job,
                    stage=stage,
                    part=part,
                    parts=parts[stage],
                    queue="default" if stage == "split" else "extract",
                    status=state,
                    due_at=now + timedelta(seconds=rest[0] if rest else 0),
                    started_at=None if ago is None else now - timedelta(seconds=ago),
                    turn=part,
                )
        return job

    return make


@pytest.fixture
def seconds(anna):
    def seconds(job):
        with tenancy.as_workspace(anna.workspace.id):
            return pace.estimate([job])[job.pk]

    return seconds


def near(expected, given):
    """Within what rounding does."""
    return given is not None and abs(given - expected) <= 1


def test_before_there_is_history_nothing_is_known(make, seconds):
    assert seconds(make(("split", Status.WORKING, 1))) is None


def test_what_is_over_takes_no_time(make, seconds):
    for status in (Status.DONE, Status.DEADLETTER, Status.CANCELLED):
        assert seconds(make(status=status)) == 0


def test_a_stage_runs_down_and_the_later_ones_follow(make, seconds, paces):
    assert near(6 + TOTAL, seconds(make(("split", Status.WORKING, 2))))
    assert near(1 + TOTAL, seconds(make(("split", Status.WORKING, 7))))
    assert near(1, seconds(make(("split", Status.DONE, 20), ("total", Status.WORKING, 1))))


def test_it_is_never_negative_and_open_work_never_takes_nothing(make, seconds, paces):
    assert seconds(make(("split", Status.DONE, 90), ("total", Status.WORKING, 500))) == 1
    assert near(1 + TOTAL, seconds(make(("split", Status.WORKING, 5000))))


def test_parts_that_are_left_count(make, seconds, paces):
    twenty = [("split", Status.QUEUED, None)] * 18
    busy = [("split", Status.WORKING, 1)] * 2
    assert seconds(make(*twenty, *busy)) == 40  # 20 parts of 4 s, two at a time, and the sum
    half = [("split", Status.DONE, 50)] * 10 + [("split", Status.QUEUED, None)] * 8 + busy
    assert seconds(make(*half)) == 45  # they took 5 s each: that counts for more by now


def test_who_waits_in_a_queue_waits_for_those_before(make, seconds, paces, anna):
    for _ in range(100):
        make(("split", Status.QUEUED, None), status=Status.QUEUED)
    with tenancy.as_workspace(anna.workspace.id):
        Task.objects.update(turn=5)
    make(("split", Status.WORKING, 1))
    make(("split", Status.WORKING, 1))
    urgent = make(("split", Status.QUEUED, None), status=Status.QUEUED)
    last = make(("split", Status.QUEUED, None), status=Status.QUEUED, priority=Priority.BULK)
    with tenancy.as_workspace(anna.workspace.id):
        last.tasks.update(priority=Priority.BULK, turn=1)
    pace._queues.forget()
    assert seconds(urgent) == SPLIT + TOTAL
    assert seconds(last) == 210  # a hundred tasks of 4 s by two workers, and its own ten


def test_who_backs_off_waits_for_that(make, seconds, paces):
    assert near(30 + SPLIT + TOTAL, seconds(make(("split", Status.RETRYABLE, 1, 30), status=Status.RETRYABLE)))
    assert near(SPLIT + TOTAL, seconds(make(("split", Status.RETRYABLE, 1, -5), status=Status.RETRYABLE)))


def test_a_paused_queue_can_take_any_time(make, seconds, paces):
    job = make(("split", Status.QUEUED, None), status=Status.QUEUED)
    queues.pause("default")
    assert seconds(job) is None
    assert near(6 + TOTAL, seconds(make(("split", Status.WORKING, 2))))  # what runs goes on


def test_held_jobs_wait_for_their_users_others(make, seconds, paces, anna, settings):
    settings.JOBS_ACTIVE_PER_USER = 2
    held = [make(status=Status.QUEUED, user=anna.user, held=True) for _ in range(6)]
    assert seconds(held[0]) == 15
    assert seconds(held[5]) == 40
    assert near(10, seconds(make(status=Status.QUEUED, user=anna.user)))


def test_a_pipeline_of_another_version_has_no_estimate(make, seconds, paces):
    assert seconds(make(("split", Status.WORKING, 2), pipeline="gone")) is None


def test_between_the_last_part_and_the_end_it_takes_a_moment(make, seconds, paces):
    assert seconds(make(("split", Status.DONE, 9), ("total", Status.DONE, 9))) == 2


def test_a_stage_without_history_leaves_the_others(make, seconds, paces):
    StagePace.objects.filter(stage="split").delete()
    assert seconds(make(("split", Status.WORKING, 2))) == TOTAL
    assert seconds(make(("split", Status.DONE, 2), ("total", Status.QUEUED, None))) == TOTAL


def test_a_list_costs_no_more_queries_than_one_job(make, paces, anna, django_assert_num_queries):
    jobs = [make(("split", Status.WORKING, 2)) for _ in range(5)]
    with tenancy.as_workspace(anna.workspace.id):
        pace.estimate(jobs)
        with django_assert_num_queries(2):
            shown = JobSerializer(visible_jobs().filter(status=Status.WORKING), many=True).data
        single = JobSerializer(visible_jobs().get(pk=jobs[0].pk)).data
    assert len(shown) == 5
    assert all(near(6 + TOTAL, one["eta_seconds"]) for one in [*shown, single])


def done(anna, *, split, total, parts=3, start=0.0):
    """A job that was done, whose parts ran one after the other, with a second of waiting before each stage."""
    zero = timezone.now() - timedelta(hours=1)
    with tenancy.as_workspace(anna.workspace.id):
        job = Job.objects.create(workspace=anna.workspace, pipeline="toy", status=Status.DONE, id=uuid4())
        at = 0.0
        for stage, whole, count in (("split", split, parts), ("total", total, 1)):
            at += 1
            for part in range(count):
                Task.objects.create(
                    workspace=anna.workspace,
                    job=job,
                    stage=stage,
                    part=part,
                    parts=count,
                    queue="default",
                    status=Status.DONE,
                    due_at=zero,
                    started_at=zero + timedelta(seconds=at),
                    finished_at=zero + timedelta(seconds=at + whole / count),
                )
                at += whole / count
    return job


def test_paces_are_measured_on_what_was_done(anna, mallory):
    for split in (3, 6, 90):
        done(anna, split=split, total=1.5)
    pace.measure()
    found = {one.stage: one for one in StagePace.objects.all()}
    assert found["split"].seconds == pytest.approx(6)
    assert found["split"].seconds_per_part == pytest.approx(2)
    assert (found["total"].seconds, found["total"].jobs) == (pytest.approx(1.5), 3)
    for _ in range(4):
        done(anna, split=30, total=1.5)
    pace.measure()
    assert StagePace.objects.get(stage="split").seconds == pytest.approx(30)
    assert StagePace.objects.count() == 2


def test_measuring_nothing_is_no_failure(db):
    pace.measure()
    assert not StagePace.objects.exists()


def test_measuring_is_cheap(anna, django_assert_num_queries):
    done(anna, split=3, total=1)
    with django_assert_num_queries(3) as captured:  # with a savepoint around it
        pace.measure()
    assert sum("jobs_stagepace" in query["sql"] for query in captured.captured_queries) == 1


def test_what_was_learnt_is_read_anew_after_a_while(make, seconds, paces):
    job = make(("split", Status.WORKING, 0))
    assert near(10, seconds(job))
    StagePace.objects.update(seconds=100)
    assert near(10, seconds(job))
    pace._paces.forget()
    assert seconds(job) > 100


def test_the_sight_of_the_sweeper_ends_with_the_look_at_the_queues(make, seconds, paces, anna):
    job = make(("split", Status.QUEUED, None), status=Status.QUEUED)
    with tenancy.as_workspace(anna.workspace.id):
        pace.estimate([job])
        with connection.cursor() as cursor:
            cursor.execute("select current_setting('vouch.role', true), current_setting('vouch.workspaces', true)")
            assert cursor.fetchone() == ("", str(anna.workspace.id))
