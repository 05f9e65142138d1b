"""Dramatiq's actors: one for each queue, a line of body, no arguments: which task is next, the database knows."""

from functools import partial

import dramatiq
from django.conf import settings

from jobs.stages import QUEUES

# The heartbeat ends a task that takes too long. This is for one that doesn't even let go of its thread.
LAST_RESORT = (settings.JOBS_TASK_SECONDS + 300) * 1000  # milliseconds


def _run(queue: str) -> None:
    from jobs import runner  # late: actors are imported by whoever sends, runners only by workers

    runner.drain(queue)


# There is no Retries middleware: retries are the engine's, in the database; the broker's own would forget the cause.
RUN = {
    queue: dramatiq.actor(actor_name=f"run_{queue}", queue_name=queue, time_limit=LAST_RESORT)(partial(_run, queue))
    for queue in QUEUES
}


def _deliver() -> None:
    from jobs.webhooks import sending

    sending.run()


WEBHOOKS = "webhooks"  # its queue
DELIVER = dramatiq.actor(actor_name="deliver", queue_name=WEBHOOKS, time_limit=LAST_RESORT)(_deliver)


def _maintain() -> None:
    from jobs import maintenance

    maintenance.run()


MAINTAIN = dramatiq.actor(actor_name="maintain", queue_name="default", time_limit=LAST_RESORT)(_maintain)
