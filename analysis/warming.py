"""Engines that are loaded before the first document needs them."""

import threading

import dramatiq
import structlog

from analysis import reading
from analysis.engines.llm import client
from documents import sandbox

log = structlog.get_logger(__name__)


class WarmUp(dramatiq.Middleware):
    """Starts a worker's child processes and loads its models when it boots, beside its first messages."""

    def after_worker_boot(self, broker: dramatiq.Broker, worker: dramatiq.Worker) -> None:
        threading.Thread(target=_warm, args=(worker.consumer_whitelist,), name="warm-up", daemon=True).start()


def _warm(queues: set[str] | None) -> None:
    try:
        if queues == {"webhooks"}:
            return
        if queues and "ocr" not in queues:
            sandbox.warm("parse")
        else:
            reading.warm_up()
        if client.is_configured() and (not queues or "extract" in queues):
            client.warm_up()
    except Exception as error:  # the first document will say it properly
        log.warning("warm_up_failed", error=type(error).__name__)
