"""Running one task: claim, load, compute, and in one transaction fence, save and move on."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from shutil import rmtree
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
from jobs.stages import Stage, get

log = structlog.get_logger(__name__)

_BURST_SECONDS = 0.05
_thread = threading.local()
_rounds = count()
served: tuple[str, ...] = ()  # the queues of this process, if it is a worker's
tasks_run = 0  # by this process: about, for threads may count at the same moment


def drain(queue: str) -> None:
    """Runs tasks until none waits in this process's queues, for a moment at most; another message follows then.

    So a message costs little when tasks are small, and need not be sent for each. The queues take turns: whoever is
    next in one of them doesn't wait for what is in the others.
    """
    global tasks_run
    ends = time.monotonic() + _BURST_SECONDS
    while run(*_in_turn(served or (queue,))):
        tasks_run += 1
        if time.monotonic() > ends:
            dispatch.send(Counter({queue: 1}))
            return


def _in_turn(queues: tuple[str, ...]) -> tuple[str, ...]:
    first = next(_rounds) % len(queues)
    return queues[first:] + queues[:first]


def run(*queues: str) -> bool:
    """Runs the task whose turn it is in the first of the queues that has one; whether there was one.

    Any error becomes the task's retry or its cause of death.
    """
    taken = claims.take(*queues)
    if taken is None:
        return False
    claim, task = taken
    if not Task.job.is_cached(task):
        try:
            claims.show(task)
        except LeaseLost:  # deleted meanwhile
            return True
    context = structlog.contextvars.bound_contextvars(
        request_id=task.job.correlation_id, job=str(claim.job_id), stage=task.stage, part=task.part
    )
    with context, heartbeat.beating(claim):
        _attempt(claim, task)
    return True


def _attempt(claim: Claim, task: Task) -> None:
    started = time.monotonic()
    try:
        output = _work(claim, task)
        if claim.lost.is_set():
            raise LeaseLost(claim.task_id)
        with transaction.atomic():
            transitions.finish(claim, task, output)
    except LeaseLost:
        log.info("lease_lost")
    except Exception as error:
        _failed(claim, task, error)
    else:
        metrics.TASK_SECONDS.labels(stage=task.stage).observe(time.monotonic() - started)


def _work(claim: Claim, task: Task) -> Any:
    stage = get(task.job.pipeline, task.stage)
    given = _load(stage, claim, task)
    sandbox.stop_event.set(claim.lost)  # a lost lease kills the native code that works for it
    with _empty_folder() as folder:
        return stage.compute(given, folder)


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
    if claim.lost.is_set():
        log.info("lease_lost")
        return
    code, detail, permanent = cause_of(error)
    log.warning("task_failed", code=code, permanent=permanent, exc_info=code == "internal_error")
    try:
        with transaction.atomic():
            transitions.fail(claim, task, code, detail, permanent=permanent)
    except LeaseLost:
        log.info("lease_lost")
