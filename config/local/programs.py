"""The programs of the local mode: what runs, in which order it starts and stops, and how it is told to."""

import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

from config.embedded import postgres, processes, valkey
from config.local.environment import BASE_DIR, Instance

APPLICATION = "vouch"  # the group of programs that need the servers and a migrated database
DRAIN_SECONDS = 30  # a worker may finish what it is doing; what it does not finish, another one takes up again


@dataclass(frozen=True)
class Program:
    """One entry for the supervisor. Programs start in the order of their rank, and stop in the reverse order."""

    name: str
    command: list[str]
    rank: int
    stop: signal.Signals = signal.SIGTERM
    patience: int = 15  # seconds from `stop` to SIGKILL
    group: str = ""


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
        _program("worker-ocr-1", worker(["ocr"], threads=1), patience=DRAIN_SECONDS + 5),
        _program("worker-ocr-2", worker(["ocr"], threads=1), patience=DRAIN_SECONDS + 5),
        _program("worker-default", worker(["default", "extract", "embed"], threads=4), patience=DRAIN_SECONDS + 5),
        _program("sweeper", [sys.executable, str(BASE_DIR / "manage.py"), "sweep"]),
    ]


def worker(queues: list[str], *, threads: int) -> list[str]:
    """One Dramatiq process: killed in mid-task, it takes no neighbour with it."""
    python = [
        sys.executable,
        "-m",
        "dramatiq",
        "django_dramatiq.setup",
        "jobs.actors",
        "--path",
        str(BASE_DIR),
        "--skip-logging",
    ]
    size = ["--processes", "1", "--threads", str(threads)]
    return [*python, *size, "--worker-shutdown-timeout", str(DRAIN_SECONDS * 1000), "--queues", *queues]


def environment(folder: Path) -> dict[str, str]:
    """The environment of all programs."""
    brisk = {"dramatiq_worker_timeout": "25", "dramatiq_queue_prefetch": "1", "OMP_NUM_THREADS": "1"}
    metrics = {"PROMETHEUS_MULTIPROC_DIR": str(folder / "metrics")}
    settings = {"DJANGO_SETTINGS_MODULE": "config.settings", "PYTHONUNBUFFERED": "1"}
    return {**brisk, **metrics, **settings, **os.environ}


def _web(host: str, port: int) -> list[str]:
    uvicorn = [sys.executable, "-m", "uvicorn", "config.asgi:application", "--app-dir", str(BASE_DIR)]
    address = ["--host", host, "--port", str(port), "--lifespan", "off", "--no-access-log"]
    return [*uvicorn, *address, "--timeout-graceful-shutdown", "5"]


def _server(name: str, command: list[str], rank: int, stop: signal.Signals) -> Program:
    """When the supervisor is killed it stops as it always does, with its data saved."""
    return Program(name, processes.tied(command, stop), rank, stop, patience=30)


def _program(name: str, command: list[str], *, patience: int = 15) -> Program:
    """When the supervisor is killed the kernel kills it, too: what it was doing is taken up again by another."""
    return Program(name, processes.tied(command, signal.SIGKILL), rank=3, patience=patience, group=APPLICATION)
