"""What a worker process does beside its tasks: it starts clean, ends in good order, and is replaced when worn."""

import ctypes
import multiprocessing
import os
import signal
import threading
import time
from pathlib import Path
from typing import Any, cast

import dramatiq
import structlog
from django.conf import settings

from documents import sandbox
from jobs.broker import RedisBroker

log = structlog.get_logger(__name__)

_PR_SET_PDEATHSIG = 1
_END_SECONDS = 3  # for threads to notice that their work was handed back


class WorkerMiddleware(dramatiq.Middleware):
    """Ties the process to its master's life, drains it, and has it replaced before it leaks.

    In a process that is no child of Dramatiq's master, as a test's, it does neither of these.
    """

    def __init__(self) -> None:
        self._master = 0
        self._leaving = False
        self._lock = threading.Lock()

    def after_process_boot(self, broker: dramatiq.Broker) -> None:
        """A killed master must not leave workers behind; what they were doing is taken up again by others."""
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        master = multiprocessing.parent_process()
        if master is not None and os.getppid() != master.pid:  # it died before the kernel was asked
            os.kill(os.getpid(), signal.SIGKILL)
        self._master = os.getppid()
        from documents import cleaning  # late, as below: Dramatiq loads its middleware before Django its models
        from jobs import metrics

        cleaning.remove_scratch()
        metrics.serve()

    def before_worker_boot(self, broker: dramatiq.Broker, worker: dramatiq.Worker) -> None:
        from jobs import runner
        from jobs.stages import QUEUES

        chosen = worker.consumer_whitelist or set(QUEUES)
        runner.served = tuple(queue for queue in QUEUES if queue in chosen)
        cast(RedisBroker, broker).seats.open(worker.worker_threads)

    def before_process_message(self, broker: dramatiq.Broker, message: Any) -> None:
        from jobs import connections

        structlog.contextvars.clear_contextvars()
        connections.drop_dead()

    def after_process_message(
        self, broker: dramatiq.Broker, message: Any, *, result: Any = None, exception: BaseException | None = None
    ) -> None:
        from jobs import runner

        with self._lock:
            reason = "" if self._leaving or not self._master else _wear(runner.tasks_run)
            self._leaving = self._leaving or bool(reason)
        if reason:
            self._recycle(reason)

    def before_worker_shutdown(self, broker: dramatiq.Broker, worker: dramatiq.Worker) -> None:
        """What runs may end within the grace time; what doesn't is handed back for others to take up at once."""
        self._leaving = True
        cast(RedisBroker, broker).seats.close()
        if self._master:
            from jobs import metrics

            metrics.DRAINS.inc()
            hurry = threading.Event()
            signal.signal(signal.SIGTERM, lambda *_: hurry.set())  # asked again: the grace time is over
            threading.Thread(target=_hand_back_after, args=(hurry,), name="drain", daemon=True).start()

    def after_worker_shutdown(self, broker: dramatiq.Broker, worker: dramatiq.Worker) -> None:
        sandbox.shutdown()

    def _recycle(self, reason: str) -> None:
        """The master drains this process and starts itself anew, under the same process id."""
        from jobs import metrics

        log.info("worker_recycled", reason=reason, resident_mb=resident_mb())
        metrics.RECYCLES.labels(reason=reason).inc()
        os.kill(self._master, signal.SIGHUP)


def resident_mb() -> int:
    """MiB of memory that this process has, its children not counted."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 2**20


def _wear(tasks: int) -> str:
    """Why the process should be replaced; empty if it shouldn't."""
    if tasks >= settings.WORKER_MAX_TASKS:
        return "tasks"
    return "memory" if resident_mb() > settings.WORKER_MAX_MEMORY_MB else ""


def _hand_back_after(hurry: threading.Event) -> None:
    """Ends the process, unless it ended by itself within the grace time: leases go back, and then threads are left."""
    from jobs import metrics
    from jobs.heartbeat import heartbeat

    hurried = hurry.wait(settings.JOBS_GRACE_SECONDS)
    give_up = time.monotonic() + _END_SECONDS
    while time.monotonic() < give_up:
        if given := heartbeat.hand_back():
            metrics.HANDED_BACK.inc(given)
            log.warning("work_handed_back", tasks=given, hurried=hurried)
        time.sleep(0.2)
    log.warning("threads_abandoned")  # they compute without looking up; nothing of it will be saved
    os._exit(0)
