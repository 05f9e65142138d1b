"""Runs the sweeper until it is told to stop."""

import signal
import threading
from typing import Any

import structlog
from django.core.management.base import BaseCommand, CommandParser
from django.db import connection

from jobs import metrics, sweeper

log = structlog.get_logger(__name__)
_ROUNDS_PER_CLEANING = 600


class Command(BaseCommand):
    help = "Takes back expired leases and sends lost messages again. Run one or more; one of them acts."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="one round, then exit")
        parser.add_argument("--every", type=float, default=1.0, metavar="SECONDS", help="pause between rounds (1)")

    def handle(self, *args: Any, once: bool, every: float, **options: Any) -> None:
        stop = threading.Event()
        if not once:
            for signum in (signal.SIGTERM, signal.SIGINT):
                signal.signal(signum, lambda *_: stop.set())
            metrics.serve()
        rounds = 0
        while not stop.is_set():
            self._round(clean=rounds % _ROUNDS_PER_CLEANING == 0)
            rounds += 1
            if once or stop.wait(every):
                break

    def _round(self, *, clean: bool) -> None:
        try:
            done = sweeper.sweep()
            if clean:
                sweeper.clean_scratch()
        except Exception as error:  # the database may be away: try again at the next round
            log.warning("sweep_failed", error=type(error).__name__)
            connection.close()
            return
        if any(done.values()):
            log.info("swept", **done)
