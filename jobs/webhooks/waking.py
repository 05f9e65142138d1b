"""Waking workers up for what is to be delivered. The database is the truth: a message that is lost is sent again."""

import dramatiq
import structlog
from django.db import transaction

from jobs import actors

log = structlog.get_logger(__name__)

_ENOUGH = 100  # messages that wait; who delivers one sends the next


def wake(count: int = 1) -> int:
    """Sends messages; returns how many the broker took. Its absence is no error: the sweeper sends again."""
    sent = 0
    try:
        for _ in range(min(count, _ENOUGH)):
            actors.DELIVER.send()
            sent += 1
    except Exception as error:  # any failure of the broker
        log.warning("broker_away", error=type(error).__name__, unsent=count - sent)
    return sent


def wake_on_commit(count: int) -> None:
    """Sends messages once the transaction that made something due has committed."""
    if count:
        transaction.on_commit(lambda: wake(count))


def top_up(ready: int) -> int:
    """Sends what the queue lacks of as many messages as there are targets to be served; returns how many."""
    broker = dramatiq.get_broker()
    try:
        waiting = broker.queue_length(actors.WEBHOOKS)  # type: ignore[attr-defined]
    except Exception as error:
        log.warning("broker_away", error=type(error).__name__)
        return 0
    return wake(max(0, min(ready, _ENOUGH) - waiting))
