"""Bare Dramatiq: an actor that does nothing, on a broker with the default middleware."""

import os

import dramatiq
from dramatiq.brokers.redis import RedisBroker

broker = RedisBroker(url=os.environ["BENCHMARK_DRAMATIQ"])


@dramatiq.actor(queue_name="default", broker=broker)
def nothing() -> None:
    pass
