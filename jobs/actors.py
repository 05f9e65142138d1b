"""Dramatiq's actors: one for each queue, a line of body, no arguments: which task is next, the database knows."""

from functools import partial

import dramatiq

from jobs.stages import QUEUES

THIRTY_MINUTES = 30 * 60 * 1000


def _run(queue: str) -> None:
    from jobs import runner  # late: actors are imported by whoever sends, runners only by workers

    runner.run(queue)


# There is no Retries middleware: retries are the engine's, in the database; the broker's own would forget the cause.
RUN = {
    queue: dramatiq.actor(actor_name=f"run_{queue}", queue_name=queue, time_limit=THIRTY_MINUTES)(partial(_run, queue))
    for queue in QUEUES
}


def _deliver() -> None:
    from jobs.webhooks import sending

    sending.run()


WEBHOOKS = "webhooks"  # its queue
DELIVER = dramatiq.actor(actor_name="deliver", queue_name=WEBHOOKS, time_limit=THIRTY_MINUTES)(_deliver)


def _maintain() -> None:
    from jobs import maintenance

    maintenance.run()


MAINTAIN = dramatiq.actor(actor_name="maintain", queue_name="default", time_limit=THIRTY_MINUTES)(_maintain)
