"""Celery as one runs it when work must not get lost: acknowledged after the work, one message ahead."""

import os
import time

import celery
import redis

URL = os.environ["BENCHMARK_CELERY"]
app = celery.Celery("benchmark", broker=URL)
app.conf.update(
    task_acks_late=True,
    worker_prefetch_multiplier=1,
    task_ignore_result=True,
    broker_connection_retry_on_startup=True,
)
client = redis.Redis.from_url(URL)


@app.task
def nothing() -> None:
    pass


@app.task
def tell_time() -> None:
    """Leaves the time at which it began in the list `begun`."""
    client.rpush("begun", time.time())
