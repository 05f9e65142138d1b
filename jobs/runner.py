"""Running one task: claim, load, compute, and in one transaction fence, save and move on."""

import time
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import structlog
from django.conf import settings

from documents import sandbox, tenancy
from jobs import claims, metrics, transitions
from jobs.claims import Claim
from jobs.errors import LeaseLost, cause_of
from jobs.heartbeat import heartbeat
from jobs.models import Task
from jobs.stages import Stage, get

log = structlog.get_logger(__name__)


def run(queue: str) -> bool:
    """Runs the task of the queue whose turn it is; whether there was one.

    Any error becomes the task's retry or its cause of death.
    """
    taken = claims.take(queue)
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
        with tenancy.as_workspace(claim.workspace_id):
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
    with TemporaryDirectory(prefix="task-", dir=_scratch()) as folder:
        return stage.compute(given, Path(folder))


def _load(stage: Stage[Any, Any], claim: Claim, task: Task) -> Any:
    if type(stage).load is Stage.load:
        return None
    with tenancy.as_workspace(claim.workspace_id):
        return stage.load(task)


@cache
def _scratch() -> Path:
    """Where temporary files go; made once in the life of a process."""
    folder = Path(settings.DATA_DIR) / "tmp"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _failed(claim: Claim, task: Task, error: Exception) -> None:
    if claim.lost.is_set():
        log.info("lease_lost")
        return
    code, detail, permanent = cause_of(error)
    log.warning("task_failed", code=code, permanent=permanent, exc_info=code == "internal_error")
    try:
        with tenancy.as_workspace(claim.workspace_id):
            transitions.fail(claim, task, code, detail, permanent=permanent)
    except LeaseLost:
        log.info("lease_lost")
