"""Running one task: claim, load, compute, and in one transaction fence, save and move on."""

import time
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
from jobs.stages import get

log = structlog.get_logger(__name__)


def run(workspace_id: str, task_id: int) -> None:
    """Runs the task if it is there to be run. Any error becomes the task's retry or its cause of death."""
    with tenancy.as_workspace(workspace_id):
        taken = claims.take(task_id)
    if taken is None:
        return
    claim, task = taken
    context = structlog.contextvars.bound_contextvars(
        request_id=task.job.correlation_id, job=str(claim.job_id), stage=task.stage, part=task.part
    )
    with context, heartbeat.beating(claim):
        _attempt(claim, task)


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
    with tenancy.as_workspace(claim.workspace_id):
        given = stage.load(task)
    scratch = settings.DATA_DIR / "tmp"
    scratch.mkdir(parents=True, exist_ok=True)
    sandbox.stop_event.set(claim.lost)  # a lost lease kills the native code that works for it
    with TemporaryDirectory(prefix="task-", dir=scratch) as folder:
        return stage.compute(given, Path(folder))


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
