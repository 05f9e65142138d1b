"""Waking workers up. The database is the truth: a message says that a queue has work, and nothing else."""

from collections import Counter
from functools import partial

import dramatiq
import structlog
from django.db import transaction

from documents import tenancy
from jobs import actors
from jobs.models import QueuePause, Status, Task
from jobs.stages import QUEUES

log = structlog.get_logger(__name__)

# Messages that wait in a queue: one for each thread that may be idle. A thread that is woken up goes on while there is
# work, so more of them would only find nothing.
_ENOUGH = 100


def send_on_commit(tasks: Counter[str]) -> None:
    """Sends as many messages as there are new tasks, by queue, once the transaction has committed."""
    if tasks.total():
        transaction.on_commit(partial(send, tasks))


def send(messages: Counter[str]) -> int:
    """Sends messages, by queue, as many as are of use; returns how many. The broker's absence is no error."""
    broker = dramatiq.get_broker()
    sent = 0
    try:
        for queue, count in messages.items():
            sent += broker.wake(actors.RUN[queue].message(), count, _ENOUGH)  # type: ignore[attr-defined]
    except Exception as error:  # any failure of the broker: `top_up` sends again
        log.warning("broker_away", error=type(error).__name__)
    return sent


def top_up() -> int:
    """Sends what queues lack: as many messages should wait as tasks do, within reason. Returns how many were sent."""
    lengths = _queue_lengths()
    if not lengths:
        return 0
    with tenancy.as_sweeper():
        paused = set(QueuePause.objects.values_list("queue", flat=True))
        waiting = {queue: _waiting(queue) for queue in QUEUES if queue not in paused}
    lacking = {queue: count - lengths.get(queue, 0) for queue, count in waiting.items()}
    return send(Counter({queue: count for queue, count in lacking.items() if count > 0}))


def _waiting(queue: str) -> int:
    """How many tasks could be claimed now; counted no further than it matters, for there may be a million."""
    return Task.objects.filter(queue=queue, status=Status.QUEUED).order_by()[:_ENOUGH].count()


def _queue_lengths() -> dict[str, int]:
    """Messages that wait in the broker, by queue; none if it is away."""
    broker = dramatiq.get_broker()
    try:
        return {queue: broker.queue_length(queue) for queue in QUEUES}  # type: ignore[attr-defined]
    except Exception as error:
        log.warning("broker_away", error=type(error).__name__)
        return {}
