"""Running tasks: claim, load, compute, and in one transaction fence, save and move on."""

import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from itertools import count as counting
from pathlib import Path
from shutil import rmtree
from statistics import fmean
from tempfile import mkdtemp
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction

from documents import sandbox, tenancy
from jobs import claims, dispatch, metrics, transitions
from jobs.claims import Claim
from jobs.errors import LeaseLost, cause_of
from jobs.heartbeat import heartbeat
from jobs.models import Task
from jobs.stages import Stage, get, small
from jobs.transitions import Computed

log = structlog.get_logger(__name__)

_BURST_SECONDS = 0.05
TOGETHER = 16  # small tasks that are taken at once …
_TOGETHER_SECONDS = 0.02  # … and how long they may take, for others wait for this thread meanwhile
_thread = threading.local()
_rounds = counting()
served: tuple[str, ...] = ()  # the queues of this process, if it is a worker's
# About, for threads may count at the same moment.
tasks_run = 0  # by this process
_small_seconds = 0.002  # what a small one took lately, without the claim and the commit


def drain(queue: str) -> None:
    """Runs tasks until none waits in this process's queues, for a moment at most; another message follows then.

    So a message costs little when tasks are small, and need not be sent for each. The queues take turns: whoever is
    next in one of them doesn't wait for what is in the others.
    """
    global tasks_run
    ends = time.monotonic() + _BURST_SECONDS
    while count := run(*_in_turn(served or (queue,))):
        tasks_run += count
        if time.monotonic() > ends:
            dispatch.send(Counter({queue: 1}))
            return


def _in_turn(queues: tuple[str, ...]) -> tuple[str, ...]:
    first = next(_rounds) % len(queues)
    return queues[first:] + queues[:first]


def run(*queues: str) -> int:
    """Runs the task whose turn it is in the first of the queues that has one, or a few small ones; how many there were.

    Any error becomes the task's retry or its cause of death.
    """
    taken = claims.take(*queues, at_most=_how_many())
    with heartbeat.beating(*(claim for claim, _ in taken)):
        done = [one for claim, task in taken if (one := _attempt(claim, task))]
        _finish(done)
    if done and taken[0][1].stage in small():
        _learn(fmean(one.seconds for one in done))
    return len(taken)


def _how_many() -> int:
    return max(1, min(TOGETHER, int(_TOGETHER_SECONDS / _small_seconds)))


def _learn(seconds: float) -> None:
    global _small_seconds
    _small_seconds += (seconds - _small_seconds) / 8


@dataclass(frozen=True, slots=True)
class _Done:
    computed: Computed
    seconds: float


def _attempt(claim: Claim, task: Task) -> _Done | None:
    """Computes a task's output. None if it failed, which is written then, or the lease is gone."""
    started = time.monotonic()
    try:
        if not Task.job.is_cached(task):
            claims.show(task)
        with _logging(task):
            return _Done(Computed(claim, task, _work(claim, task)), time.monotonic() - started)
    except LeaseLost:  # deleted meanwhile
        return None
    except Exception as error:
        _failed(claim, task, error)
        return None


def _logging(task: Task) -> AbstractContextManager[None]:
    """Log lines say of what task they are."""
    return structlog.contextvars.bound_contextvars(
        request_id=task.job.correlation_id, job=str(task.job_id), stage=task.stage, part=task.part
    )


def _finish(done: Sequence[_Done]) -> None:
    """Saves what was computed, in one transaction; if that fails, each in its own, so that its failure is its own."""
    ours = [one for one in done if not one.computed.claim.lost.is_set()]
    if not ours:
        return
    started = time.monotonic()
    try:
        with transaction.atomic():
            saved = transitions.finish(*(one.computed for one in ours))
    except Exception as error:
        if len(ours) == 1:
            _failed(ours[0].computed.claim, ours[0].computed.task, error)
            return
        for one in ours:
            _finish([one])
        return
    share = (time.monotonic() - started) / len(ours)
    for one in ours:
        if one.computed.task.pk in saved:
            metrics.TASK_SECONDS.labels(stage=one.computed.task.stage).observe(one.seconds + share)
        else:
            log.info("lease_lost", task=one.computed.task.pk)


def _work(claim: Claim, task: Task) -> Any:
    stage = get(task.job.pipeline, task.stage)
    given = _load(stage, claim, task)
    token = sandbox.stop_event.set(claim.lost)  # a lost lease kills the native code that works for it
    try:
        with _empty_folder() as folder:
            return stage.compute(given, folder)
    finally:
        sandbox.stop_event.reset(token)  # and no other


def _load(stage: Stage[Any, Any], claim: Claim, task: Task) -> Any:
    if type(stage).load is Stage.load:
        return None
    with tenancy.as_workspace(claim.workspace_id):
        return stage.load(task)


@contextmanager
def _empty_folder() -> Iterator[Path]:
    """A folder for temporary files. Each thread keeps its own, for many tasks write nothing."""
    folder = getattr(_thread, "folder", None)
    if folder is None or not folder.is_dir():
        scratch = Path(settings.DATA_DIR) / "tmp"
        scratch.mkdir(parents=True, exist_ok=True)
        folder = _thread.folder = Path(mkdtemp(prefix="task-", dir=scratch))
    try:
        yield folder
    finally:
        if next(folder.iterdir(), None):
            rmtree(folder, ignore_errors=True)


def _failed(claim: Claim, task: Task, error: Exception) -> None:
    with _logging(task):
        if claim.lost.is_set():
            log.info("lease_lost")
            return
        code, detail, permanent = cause_of(error)
        log.warning("task_failed", code=code, permanent=permanent, exc_info=error if code == "internal_error" else None)
        try:
            with transaction.atomic():
                transitions.fail(claim, task, code, detail, permanent=permanent)
        except LeaseLost:
            log.info("lease_lost")
