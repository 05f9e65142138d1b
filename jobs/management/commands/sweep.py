"""Runs the sweeper until it is told to stop, and the clock of the periodic work."""

import signal
import threading
from typing import Any

import structlog
from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import connection
from dramatiq_crontab import cron, scheduler

from documents import cleaning
from jobs import actors, connections, metrics, sweeper

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
            _start_clock()
        rounds = 0
        while not stop.is_set():
            self._round(clean=rounds % _ROUNDS_PER_CLEANING == 0)
            rounds += 1
            if once or stop.wait(every):
                break

    def _round(self, *, clean: bool) -> None:
        try:
            connections.drop_dead()
            done = sweeper.sweep()
            metrics.SWEPT_AT.set_to_current_time()
            if clean:
                cleaning.remove_scratch()
        except Exception as error:  # the database may be away: try again at the next round
            log.warning("sweep_failed", error=type(error).__name__)
            connection.close()
            return
        if any(done.values()):
            log.info("swept", **done)


def _start_clock() -> None:
    """Sends the message of the periodic work when it is due. Each sweeper does: to do it twice does no harm."""
    cron(settings.MAINTENANCE_CRON)(actors.MAINTAIN)
    threading.Thread(target=scheduler.start, name="clock", daemon=True).start()
