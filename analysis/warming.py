"""Engines that are loaded before the first document needs them."""

import threading

import dramatiq
import structlog
from django.db import connections

from analysis import learned, reading, sentiment
from analysis.engines import embedding
from analysis.engines.llm import client
from analysis.search import questions
from documents import sandbox

log = structlog.get_logger(__name__)


class WarmUp(dramatiq.Middleware):
    """Starts a worker's child processes and loads its models when it boots, beside its first messages."""

    def after_worker_boot(self, broker: dramatiq.Broker, worker: dramatiq.Worker) -> None:
        threading.Thread(target=_warm_worker, args=(worker.consumer_whitelist,), name="warm-up", daemon=True).start()


def _warm_worker(queues: set[str] | None) -> None:
    try:
        _warm(queues)
    finally:
        connections.close_all()  # this thread's own, of the question which model is active


def warm_web() -> None:
    """Loads what the web server itself runs, beside its first requests: the embedder of queries."""
    threading.Thread(target=_warm_embedder, name="warm-up", daemon=True).start()


def _warm_embedder() -> None:
    try:
        embedding.current().queries(["warm"])
        questions.warm()
    except Exception as error:  # the first query will say it properly
        log.warning("warm_up_failed", error=type(error).__name__)


def _warm(queues: set[str] | None) -> None:
    try:
        if queues == {"webhooks"}:
            return
        if queues and "ocr" not in queues:
            sandbox.warm("parse")
        else:
            reading.warm_up()
        if not queues or "extract" in queues:
            learned.shipped()
            if client.is_configured():
                client.warm_up()
        if not queues or "embed" in queues:
            _warm_embedder()
            sentiment.warm_up()
    except Exception as error:  # the first document will say it properly
        log.warning("warm_up_failed", error=type(error).__name__)
