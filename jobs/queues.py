"""Queues as operators handle them: pause and resume."""

import structlog
from django.db import transaction

from documents.errors import InvalidInput
from documents.models import User
from jobs import dispatch
from jobs.models import QueuePause
from jobs.stages import QUEUES

log = structlog.get_logger(__name__)


def pause(queue: str, *, user: User | None = None, reason: str = "") -> QueuePause:
    """No task of the queue is begun until it is resumed; what runs goes on. Raises InvalidInput `unknown_queue`."""
    _check(queue)
    found, _ = QueuePause.objects.update_or_create(queue=queue, defaults={"by": user, "reason": reason})
    log.warning("queue_paused", queue=queue, by=user and user.pk, reason=reason)
    return found


def resume(queue: str, *, user: User | None = None) -> bool:
    """Whether it was paused. Workers are woken up on commit. Raises InvalidInput `unknown_queue`."""
    _check(queue)
    was_paused = bool(QueuePause.objects.filter(queue=queue).delete()[0])
    log.warning("queue_resumed", queue=queue, by=user and user.pk)
    transaction.on_commit(dispatch.top_up)
    return was_paused


def paused() -> dict[str, QueuePause]:
    """The paused queues, by name."""
    return {pause.queue: pause for pause in QueuePause.objects.select_related("by")}


def _check(queue: str) -> None:
    if queue not in QUEUES:
        raise InvalidInput("unknown_queue", f"There is no queue {queue!r}; the queues are {', '.join(QUEUES)}.")
