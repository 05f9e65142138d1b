"""The programs of the local mode: what runs, in which order it starts and stops, and how it is told to."""

import os
import signal
import sys
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings

from config.embedded import postgres, processes, valkey
from config.local.environment import BASE_DIR, Instance

APPLICATION = "vouch"  # the group of programs that need the servers and a migrated database
# Long-lived threads that each keep a connection to the database: a pool would cost them time for every task.
PERSISTENT = {"DATABASE_PERSISTENT": "1"}


@dataclass(frozen=True)
class Program:
    """One entry for the supervisor. Programs start in the order of their rank, and stop in the reverse order."""

    name: str
    command: list[str]
    rank: int
    stop: signal.Signals = signal.SIGTERM
    patience: int = 15  # seconds from `stop` to SIGKILL
    group: str = ""
    environment: dict[str, str] = field(default_factory=dict)  # beside that of all programs


def servers(instance: Instance) -> list[Program]:
    """PostgreSQL and Valkey, as far as they are ours to run."""
    found = []
    if instance.postgres:
        found.append(_server("postgres", instance.postgres.command(), 1, postgres.STOP))
    if instance.valkey:
        found.append(_server("valkey", instance.valkey.command(), 2, valkey.STOP))
    return found


def application(host: str, port: int) -> list[Program]:
    """The web server, the workers per queue, the sweeper."""
    return [
        _program("web", _web(host, port)),
        # An OCR process takes one page at a time, so a task that waits in one may not keep from another that idles.
        _worker("worker-ocr-1", ["ocr"], threads=1),
        _worker("worker-ocr-2", ["ocr"], threads=1),
        _worker("worker-default", ["default", "extract", "embed"], threads=2),
        # It mostly waits for other people's servers, and nobody waits behind them.
        _worker("worker-outbound", ["webhooks"], threads=8),
        _program("sweeper", [sys.executable, str(BASE_DIR / "manage.py"), "sweep"], environment=PERSISTENT),
    ]


def worker(queues: list[str], *, threads: int) -> list[str]:
    """One Dramatiq process: killed in mid-task, it takes no neighbour with it."""
    python = [sys.executable, "-m", "dramatiq", "django_dramatiq.setup", "jobs.actors", "--path", str(BASE_DIR)]
    size = ["--processes", "1", "--threads", str(threads)]
    return [*python, "--skip-logging", *size, "--queues", *queues]


def environment(folder: Path) -> dict[str, str]:
    """The environment of all programs."""
    frugal = {"OMP_NUM_THREADS": "1", "dramatiq_restart_delay": "1000"}
    metrics = {"PROMETHEUS_MULTIPROC_DIR": str(folder / "metrics")}
    python = {"DJANGO_SETTINGS_MODULE": "config.settings", "PYTHONUNBUFFERED": "1"}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    return {**frugal, **metrics, **python, **_GENEROUS, **os.environ, "PATH": path}  # by which a worker restarts itself


# Whoever runs it for themselves should not meet the limits that protect a site from its users.
_GENEROUS = {
    "UPLOADS_PER_DAY": "5000",
    "POLLS_PER_MINUTE": "12000",
    "REQUESTS_PER_HOUR": "0",
    "JOBS_ACTIVE_PER_USER": "50",
}


def _web(host: str, port: int) -> list[str]:
    uvicorn = [sys.executable, "-m", "uvicorn", "config.asgi:application", "--app-dir", str(BASE_DIR)]
    address = ["--host", host, "--port", str(port), "--lifespan", "off", "--no-access-log"]
    sockets = ["--ws-max-size", "65536", "--ws-per-message-deflate", "false"]
    return [*uvicorn, *address, *sockets, "--timeout-graceful-shutdown", "5"]


def _server(name: str, command: list[str], rank: int, stop: signal.Signals) -> Program:
    """When the supervisor is killed it stops as it always does, with its data saved."""
    return Program(name, processes.tied(command, stop), rank, stop, patience=30)


def _worker(name: str, queues: list[str], *, threads: int) -> Program:
    """It hands back what it can't end within its grace time, and needs some seconds to do so."""
    patience = settings.JOBS_GRACE_SECONDS + 10
    return _program(name, worker(queues, threads=threads), patience=patience, environment=PERSISTENT)


def _program(
    name: str, command: list[str], *, patience: int = 15, environment: dict[str, str] | None = None
) -> Program:
    """When the supervisor is killed the kernel kills it, too: what it was doing is taken up again by another."""
    tied = processes.tied(command, signal.SIGKILL)
    return Program(name, tied, rank=3, patience=patience, group=APPLICATION, environment=environment or {})
