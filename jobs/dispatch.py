"""Waking workers up. The database is the truth: a message that is lost is sent again by the sweeper."""

from collections.abc import Iterable
from functools import partial

import structlog
from django.db import transaction

from jobs import actors
from jobs.models import Task

log = structlog.get_logger(__name__)


def send_on_commit(tasks: Iterable[Task]) -> None:
    """Sends a message for each task once the transaction that made it due has committed."""
    wake_ups = [(task.queue, str(task.workspace_id), task.pk) for task in tasks]
    if wake_ups:
        transaction.on_commit(partial(send, wake_ups))


def send(wake_ups: list[tuple[str, str, int]]) -> int:
    """Sends messages (queue, workspace, task id); returns how many the broker took. Its absence is no error."""
    sent = 0
    for queue, workspace_id, task_id in wake_ups:
        try:
            actors.RUN[queue].send(workspace_id, task_id)
        except Exception as error:  # any broker failure: the sweeper sends again
            log.warning("broker_away", error=type(error).__name__, unsent=len(wake_ups) - sent)
            break
        sent += 1
    return sent
