"""What a Dramatiq worker process does when it starts and stops."""

import ctypes
import multiprocessing
import os
import signal
from typing import Any

import dramatiq
import structlog

from documents import sandbox

_PR_SET_PDEATHSIG = 1


class WorkerMiddleware(dramatiq.Middleware):
    """Ties the process to its master's life and cleans up its children."""

    def after_process_boot(self, broker: dramatiq.Broker) -> None:
        """A killed master must not leave workers behind; what they were doing is taken up again by others."""
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        master = multiprocessing.parent_process()
        if master is not None and os.getppid() != master.pid:  # it died before the kernel was asked
            os.kill(os.getpid(), signal.SIGKILL)
        from jobs import metrics  # late: Dramatiq loads its middleware before Django its models

        metrics.serve()

    def before_process_message(self, broker: dramatiq.Broker, message: Any) -> None:
        structlog.contextvars.clear_contextvars()

    def after_worker_shutdown(self, broker: dramatiq.Broker, worker: dramatiq.Worker) -> None:
        sandbox.shutdown()
