"""The engine against a model of it: any order of claims, crashes, expiries, retries, cancels and lost messages.

`STATE_MACHINE_EXAMPLES=500 STATE_MACHINE_STEPS=80` makes a long run of it.
"""

import os
import sys
import threading
from collections import Counter
from contextlib import contextmanager
from functools import partial
from uuid import UUID

import dramatiq
import pytest
from django.db import connection, transaction
from django.db.models import Count, Max
from django.db.models.functions import Now
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from documents import tenancy
from documents.errors import Conflict
from documents.models import Membership
from jobs import claims, control, queues, runner, stages, sweeper, transitions
from jobs.errors import LeaseLost
from jobs.models import Event, Job, Priority, QueuePause, Status, Task
from tests.conftest import make_person
from tests.jobs import toys
from tests.jobs.engine_model import ACTIVE, LIVE, MAX_ATTEMPTS, QUEUE_OF, SMALL, STAGES, START_OF, JobModel, TaskModel

SAVED = "machine.saved"  # the effect of a task: one event of this type, numbered from here
FIRST_EFFECT = 1_000_000
USED_QUEUES = ("default", "extract")

COMPUTED: list[int] = []  # ids of tasks, as often as they were computed
MOOD: list[Exception] = []  # raised by whatever is computed next

WORKING = ("finish", "finish twice", "fail", "fail for good", "renew", "give back", "expire", "expire")


class Counting(stages.Stage[int, int]):
    """Counts what it computes, and saves one effect for each task; saving twice would break a unique constraint."""

    pipeline = "machine"

    def split(self, job):
        return [{} for _ in range(STAGES[self.name])]

    def load(self, task):
        return task.pk

    def compute(self, given, folder):
        COMPUTED.append(given)
        if MOOD:
            raise MOOD.pop()
        return given

    def save(self, task, output):
        Event.objects.create(
            workspace_id=task.workspace_id, job=task.job, seq=FIRST_EFFECT + output, type=SAVED, data={}
        )


def stage(name, end):
    attributes = {"name": name, "queue": QUEUE_OF[name], "start": START_OF[name], "end": end, "small": name == SMALL}
    return type(name, (Counting,), attributes | {"running": f"{name} runs", "finished": f"{name} is over"})()


def pick(items, number):
    return items[number % len(items)]


numbers = st.integers(0, 1000)
used_queues = st.sampled_from(USED_QUEUES)


class Engine(RuleBasedStateMachine):
    """Each rule makes a move in the engine and in the model; the invariants compare the two."""

    def __init__(self):
        super().__init__()
        empty()
        anna, ben = Engine.people
        self.people = {
            "anna": (anna.user, [anna.workspace.id]),
            "ben": (ben.user, [ben.workspace.id, anna.workspace.id]),
        }
        self.jobs: dict[UUID, JobModel] = {}
        self.claims: list[tuple[claims.Claim, Task]] = []  # all that were ever made: the stale ones come back, too
        self.paused: set[str] = set()

    # --- Helpers

    def task_of(self, claim: claims.Claim, task: Task) -> TaskModel | None:
        """The model's task, if the claim's lease on it still holds."""
        job = self.jobs.get(claim.job_id)
        found = job and job.tasks.get((task.stage, task.part))
        return found if found and found.lease == claim.lease else None

    def claimed(self, *, live: bool) -> list[tuple[claims.Claim, Task]]:
        return [one for one in self.claims if bool(self.task_of(*one)) is live]

    def tasks(self, *statuses: str):
        return [
            (job, key, task) for job in self.jobs.values() for key, task in job.tasks.items() if task.status in statuses
        ]

    def takeable(self, queue: str) -> dict[tuple[UUID, str, int], int]:
        """What a worker may be given now -> its priority."""
        if queue in self.paused:
            return {}
        found = {
            (job_id, *key): job.priority
            for job_id, job in self.jobs.items()
            for key, task in job.tasks.items()
            if task.status == "queued" and QUEUE_OF[key[0]] == queue
        }
        return {key: priority for key, priority in found.items() if priority == min(found.values())}

    def small_ones(self, queue: str) -> set[tuple[UUID, str, int]]:
        """What may come along with another small task: nothing that was tried before."""
        return {
            (job_id, *key)
            for job_id, job in self.jobs.items()
            for key, task in job.tasks.items()
            if task.status == "queued" and not task.attempts and key[0] == SMALL and QUEUE_OF[SMALL] == queue
        }

    def active(self, user: str) -> int:
        return sum(job.user == user and job.is_open and not job.held for job in self.jobs.values())

    @contextmanager
    def as_owner(self, job_id: UUID):
        with tenancy.as_user(self.people[self.jobs[job_id].user][0]):
            yield

    # --- What people do

    @initialize(users=st.lists(st.sampled_from(["anna", "ben"]), min_size=1, max_size=3))
    def begin(self, users):
        for user in users:
            self.submit(user, 0, Priority.INTERACTIVE)

    @precondition(lambda self: len(self.jobs) < 8)
    @rule(user=st.sampled_from(["anna", "ben"]), where=numbers, priority=st.sampled_from(Priority))
    def submit(self, user, where, priority):
        person, workspaces = self.people[user]
        with tenancy.as_user(person):
            job = control.submit(
                workspace_id=pick(workspaces, where), pipeline_name="machine", priority=priority, user=person
            )
        self.jobs[job.pk] = model = JobModel(user, priority, held=self.active(user) >= ACTIVE)
        assert job.held == model.held
        if not model.held:
            model.start("fan")

    @precondition(lambda self: self.jobs)
    @rule(which=numbers, do=st.sampled_from(["cancel", "prioritise", "delete", "retry", *STAGES, "nonsense"]))
    def steer(self, which, do):
        job_id, job = pick(list(self.jobs.items()), which)
        with self.as_owner(job_id):
            if do == "cancel":
                self.if_allowed(job.is_open, control.cancel, job_id) and job.close("cancelled")
            elif do == "prioritise":
                priority = Priority.BULK if job.priority == Priority.INTERACTIVE else Priority.INTERACTIVE
                if self.if_allowed(job.is_open, control.set_priority, job_id, priority):
                    job.priority = priority
            elif do == "delete":
                Job.objects.filter(pk=job_id).delete()
                del self.jobs[job_id]
            else:
                stage = "" if do == "retry" else do
                retry = partial(control.retry, from_stage=stage)
                self.if_allowed(job.can_restart_at(stage), retry, job_id) and job.retry(stage)

    def if_allowed(self, allowed, move, *given) -> bool:
        """Makes the move if the model allows it; the engine must refuse it otherwise."""
        if allowed:
            move(*given)
        else:
            with pytest.raises(Conflict), transaction.atomic():
                move(*given)
        return allowed

    @precondition(lambda self: any(not job.is_open for job in self.jobs.values()))
    @rule(user=st.sampled_from(["anna", "ben"]))
    def redrive(self, user):
        over = {job_id: job for job_id, job in self.jobs.items() if job.user == user and not job.is_open}
        still_open = {job_id for job_id, job in self.jobs.items() if job.user == user and job.is_open}
        person, _ = self.people[user]
        with tenancy.as_user(person):
            redriven = control.redrive(Job.objects.filter(created_by=person), user=person)
        assert (redriven.started, set(redriven.refused)) == (len(over), still_open)
        for job in over.values():
            job.retry("")

    def pause_or_resume(self, queue):
        if queue in self.paused:
            assert queues.resume(queue)
            self.paused.remove(queue)
        else:
            queues.pause(queue)
            self.paused.add(queue)

    # --- What workers do

    @precondition(lambda self: any(self.takeable(queue) for queue in USED_QUEUES))
    @rule(which=numbers)
    def take(self, which):
        """A worker begins; what becomes of it, other rules decide."""
        queue = pick([queue for queue in USED_QUEUES if self.takeable(queue)], which)
        may = self.takeable(queue)
        [(claim, task)] = claims.take(queue)
        assert (task.job_id, task.stage, task.part) in may
        self.jobs[task.job_id].tasks[task.stage, task.part].take(claim.lease)
        self.claims.append((claim, task))

    @rule(
        queue=used_queues,
        mood=st.sampled_from([None, None, None, toys.flaky, toys.poisoned, lambda: ValueError("internal")]),
    )
    def deliver(self, queue, mood):
        """A message comes in, wanted or not, and its worker runs what is next to its end: one task, or small ones."""
        may, others = self.takeable(queue), self.small_ones(queue)
        COMPUTED.clear()
        MOOD[:] = [mood()] if mood else []
        permanent = bool(MOOD and getattr(MOOD[0], "permanent", False))
        count = runner.run(queue)
        assert (count > 0) == bool(may)
        keys = self.account(fails=bool(mood), permanent=permanent)
        assert len(keys) == count
        assert set(keys[:1]) <= may.keys()
        assert set(keys[1:]) <= others
        assert count <= 1 or keys[0] in others

    def account(self, *, fails=False, permanent=False):
        """Moves the model's tasks that were just computed, each once. `fails`: the first of them did."""
        keys = self.keys_of(COMPUTED)
        assert len(COMPUTED) == len(set(COMPUTED)) == len(keys)
        for job_id, name, part in keys:
            job = self.jobs[job_id]
            job.tasks[name, part].take(UUID(int=0))
            if fails and (job_id, name, part) == keys[0]:
                job.fail(name, part, permanent=permanent)
            else:
                job.finish(name, part)
        return keys

    def keys_of(self, task_ids):
        with tenancy.as_sweeper():
            found = {task.pk: (task.job_id, task.stage, task.part) for task in Task.objects.filter(pk__in=task_ids)}
        return [found[task_id] for task_id in task_ids]

    @precondition(lambda self: len(self.takeable("default")) > 1)
    @rule()
    def race(self):
        """Three workers at once: siblings end side by side, and none of them is run twice."""
        COMPUTED.clear()
        MOOD.clear()
        assert at_once(3, lambda: runner.run("default")) == [None] * 3
        self.see_who_was_let_in()
        self.account()

    @precondition(lambda self: self.claimed(live=True))
    @rule(
        which=numbers,
        do=st.sampled_from(
            ["finish", "finish twice", "fail", "fail for good", "renew", "give back", "expire", "expire"]
        ),
    )
    def work(self, which, do):
        """A worker goes on with what it took; `expire`: it died, hung or was frozen."""
        claim, task = pick(self.claimed(live=True), which)
        job, model = self.jobs[claim.job_id], self.task_of(claim, task)
        if do == "finish":
            self.finish(claim, task)
            job.finish(task.stage, task.part)
        elif do == "finish twice":
            errors = at_once(2, lambda: self.finish(claim, task))
            assert sorted(type(error).__name__ for error in errors) == ["LeaseLost", "NoneType"]
            job.finish(task.stage, task.part)
        elif do.startswith("fail"):
            self.fail(claim, task, permanent=do == "fail for good")
            job.fail(task.stage, task.part, permanent=do == "fail for good")
        elif do == "renew":
            with tenancy.as_workspace(claim.workspace_id):
                assert claims.renew([claim]) == {claim.task_id}
            model.expired = False
        elif do == "give back":
            with tenancy.as_workspace(claim.workspace_id):
                assert claims.give_back([claim]) == 1
            model.end("queued")
            model.attempts -= 1
        else:
            self.expire(claim, task)

    def finish(self, claim, task):
        with transaction.atomic():
            if not transitions.finish(transitions.Computed(claim, task, task.pk)):
                raise LeaseLost(task.pk)

    @precondition(lambda self: len(self.claims) > 1)
    @rule(which=st.lists(numbers, min_size=2, max_size=4))
    def finish_together(self, which):
        """A worker saves several tasks at once, of whatever jobs; of those that it lost nothing is saved."""
        chosen = {one[1].pk: one for one in (pick(self.claims, number) for number in which)}.values()
        live = [(claim, task) for claim, task in chosen if (claim, task) in self.claimed(live=True)]
        with transaction.atomic():
            done = transitions.finish(*(transitions.Computed(claim, task, task.pk) for claim, task in chosen))
        assert done == {task.pk for _, task in live}
        for claim, task in live:
            self.jobs[claim.job_id].finish(task.stage, task.part)

    def fail(self, claim, task, *, permanent):
        with transaction.atomic():
            transitions.fail(claim, task, "broken", "It broke.", permanent=permanent)

    def expire(self, claim, task):
        with tenancy.as_sweeper():
            Task.objects.filter(pk=claim.task_id).update(lease_expires_at=Now() - claims.lease_length())
        self.task_of(claim, task).expired = True

    @precondition(lambda self: self.claimed(live=False))
    @rule(which=numbers, permanent=st.booleans())
    def come_late(self, which, permanent):
        """A worker that lost its lease has no effect whatever it does."""
        claim, task = pick(self.claimed(live=False), which)
        with pytest.raises(LeaseLost):
            self.finish(claim, task)
        with pytest.raises(LeaseLost):
            self.fail(claim, task, permanent=permanent)
        with tenancy.as_sweeper():
            assert claims.renew([claim]) == set()
            assert claims.give_back([claim]) == 0

    # --- What happens

    @rule(waited=st.booleans(), lost=st.booleans(), switched=st.sampled_from(["", "", *USED_QUEUES]))
    def sweep(self, waited, lost, switched):
        """`waited`: what backs off has done so long enough. `lost`: all messages. `switched`: paused, or resumed."""
        if switched:
            self.pause_or_resume(switched)
        if waited:
            with tenancy.as_sweeper():
                Task.objects.filter(status=Status.RETRYABLE).update(due_at=Now())
        if lost:
            dramatiq.get_broker().client.flushdb()
        sweeper.sweep()
        for job, task in [(job, task) for job, _, task in self.tasks("working") if task.expired]:
            if task.status == "working":  # not cancelled with its job by then
                job.take_back(task)
        for _, _, task in self.tasks("retryable"):
            if waited:
                task.end("queued")
        self.nobody_is_kept_waiting()

    def nobody_is_kept_waiting(self):
        """After a sweep, every waiting task has its message, and every free place is taken."""
        self.see_who_was_let_in()
        broker = dramatiq.get_broker()
        waiting = Counter(QUEUE_OF[stage] for _, (stage, _), _ in self.tasks("queued"))
        for queue in set(USED_QUEUES) - self.paused:
            assert broker.queue_length(queue) >= waiting[queue]
        for user in self.people:
            held = any(job.held for job in self.jobs.values() if job.user == user)
            assert not held or self.active(user) >= ACTIVE

    # --- What must hold after each move

    def see_who_was_let_in(self):
        """When a job ends, another one of its user may be let in; never more than there is room for."""
        held = [job_id for job_id, job in self.jobs.items() if job.held]
        if not held:
            return
        with tenancy.as_sweeper():
            free = list(Job.objects.filter(pk__in=held, held=False).values_list("pk", flat=True))
        for job_id in free:
            job = self.jobs[job_id]
            job.start("fan")
            assert self.active(job.user) <= ACTIVE

    @invariant()
    def the_engine_agrees(self):
        with tenancy.as_sweeper():
            self.see_who_was_let_in()
            self.tasks_are_as_they_must_be()
            self.jobs_are_as_they_must_be()
            self.every_done_task_had_its_effect_once()

    def tasks_are_as_they_must_be(self):
        found = {(task.job_id, task.stage, task.part): task for task in Task.objects.all()}
        seen = {key: (task.status, task.attempts) for key, task in found.items()}
        assert seen == {
            (job_id, *key): (task.status, task.attempts)
            for job_id, job in self.jobs.items()
            for key, task in job.tasks.items()
        }
        for (job_id, *key), task in found.items():
            model = self.jobs[job_id].tasks[tuple(key)]
            assert (task.lease, task.lease_expires_at is None) == (model.lease, model.lease is None)
            assert (task.finished_at is not None) == (task.status in ("done", "deadletter", "cancelled"))
            assert task.priority == self.jobs[job_id].priority or not model.is_live

    def jobs_are_as_they_must_be(self):
        found = {job.pk: job for job in Job.objects.all()}
        stories = Event.objects.filter(seq__lt=FIRST_EFFECT).order_by().values("job")
        told = {row["job"]: row for row in stories.annotate(count=Count("pk"), last=Max("seq"))}
        assert found.keys() == self.jobs.keys()
        for job_id, job in found.items():
            assert (told[job_id]["count"], told[job_id]["last"]) == (job.event_count, job.event_count)
            check_job(job, self.jobs[job_id])

    def every_done_task_had_its_effect_once(self):
        effects = set(Event.objects.filter(type=SAVED).values_list("seq", flat=True))
        every = {FIRST_EFFECT + task_id: status for task_id, status in Task.objects.values_list("pk", "status")}
        assert effects & every.keys() == {effect for effect, status in every.items() if status == "done"}

    def teardown(self):
        if sys.exc_info()[0] is None:  # a failure on the way would only be hidden by the next one
            self.let_workers_work()

    def let_workers_work(self):
        """Nothing is stuck: every job comes to an end."""
        for queue in set(self.paused):
            self.pause_or_resume(queue)
        for claim, task in self.claimed(live=True):
            self.expire(claim, task)
        for _ in range(100):
            self.sweep(waited=True, lost=False, switched="")
            for queue in USED_QUEUES:
                self.deliver(queue, None)
                self.see_who_was_let_in()
            if not any(job.is_open for job in self.jobs.values()):
                break
        self.the_engine_agrees()
        assert {job.status for job in self.jobs.values()} <= {"done", "cancelled", "deadletter"}


def check_job(job: Job, model: JobModel) -> None:
    statuses = Counter(task.status for task in model.tasks.values())
    live = sum(statuses[status] for status in LIVE)
    assert job.is_open == model.is_open == (job.finished_at is None)
    assert (job.held, job.priority) == (model.held, model.priority)
    assert model.progress <= job.progress <= 100
    model.progress = job.progress
    if job.is_open:
        assert live or (job.held and not model.tasks)
        assert job.status != Status.QUEUED or not statuses["working"]
        assert job.status != Status.RETRYABLE or statuses["retryable"] or statuses["queued"]
    else:
        assert (job.status, live) == (model.status, 0)
        assert bool(job.error_code) == (job.status == Status.DEADLETTER) or job.status == Status.CANCELLED
        assert (job.progress == 100 and statuses["done"] == sum(STAGES.values())) or job.status != Status.DONE


def at_once(count, work):
    """Runs `work` in threads that start together; the errors, None for those that had none."""
    start, errors = threading.Barrier(count), []

    def run():
        try:
            start.wait()
            work()
        except Exception as error:
            errors.append(error)
        else:
            errors.append(None)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors


def empty():
    dramatiq.get_broker().client.flushdb()
    with tenancy.as_sweeper():
        Job.objects.all().delete()
        QueuePause.objects.all().delete()


@pytest.fixture
def machine(transactional_db, broker, settings):
    settings.JOBS_LEASE_SECONDS = settings.JOBS_RETRY_BASE_SECONDS = 3600  # time passes when a rule says so
    settings.JOBS_ACTIVE_PER_USER, settings.JOBS_MAX_ATTEMPTS = ACTIVE, MAX_ATTEMPTS
    for name, end in {"fan": 40, "pair": 80, "last": 100}.items():
        stages.register(stage(name, end))
    anna, ben = Engine.people = make_person("anna"), make_person("ben")
    with tenancy.as_workspace(anna.workspace.id):
        Membership.objects.create(workspace=anna.workspace, user=ben.user)
    yield Engine
    empty()
    stages._PIPELINES.pop("machine", None)


@pytest.mark.long
def test_the_engine_does_as_its_model(machine):
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=int(os.environ.get("STATE_MACHINE_EXAMPLES", "15")),
            stateful_step_count=int(os.environ.get("STATE_MACHINE_STEPS", "40")),
            deadline=None,
            database=None,
            print_blob=True,
            report_multiple_bugs=False,
            phases=[Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
        ),
    )
