"""Workers of any kind as groups of processes."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from benchmarks.queue import machine
from benchmarks.queue.servers import BASE_DIR
from config.embedded import processes

PROCESSES, THREADS = 2, 8


@dataclass(frozen=True)
class Workers:
    """Programs in one process group. They idle while others are measured."""

    programs: list[subprocess.Popen[bytes]]

    @property
    def group(self) -> int:
        return self.programs[0].pid

    def cpu_seconds(self) -> float:
        return machine.group_seconds(self.group)

    def check(self) -> None:
        for program in self.programs:
            if program.poll() is not None:
                raise RuntimeError(f"A worker ended with {program.returncode}: {program.args!r}")


@contextmanager
def started(commands: list[list[str]], environment: dict[str, str]) -> Iterator[Workers]:
    """Starts programs, and kills them at the end."""
    programs: list[subprocess.Popen[bytes]] = []
    try:
        for command in commands:
            tied, env = processes.tied(command, signal.SIGKILL), os.environ | environment
            group = programs[0].pid if programs else 0
            programs.append(subprocess.Popen(tied, env=env, cwd=BASE_DIR, process_group=group))
        yield Workers(programs)
    finally:
        if programs:
            os.killpg(programs[0].pid, signal.SIGKILL)
        for program in programs:
            program.wait()


def wait_for(condition: Callable[[], bool], workers: Workers, *, seconds: float) -> None:
    """Looks every 20 ms. Raises RuntimeError when a worker dies or the time is over."""
    give_up = time.monotonic() + seconds
    while not condition():
        workers.check()
        if time.monotonic() > give_up:
            raise RuntimeError(f"Not done within {seconds:.0f} s: {workers.programs[0].args!r}")
        time.sleep(0.02)


def dramatiq(*modules: str, queue: str) -> list[str]:
    size = ["--processes", str(PROCESSES), "--threads", str(THREADS)]
    python = [sys.executable, "-m", "dramatiq", *modules, "--path", str(BASE_DIR), "--skip-logging"]
    return [*python, *size, "--queues", queue]


def celery(pool: str, concurrency: int, name: str) -> list[str]:
    python = [sys.executable, "-m", "celery", "--quiet", "-A", "benchmarks.queue.peer_celery", "worker"]
    quiet = ["--loglevel", "ERROR", "--without-gossip", "--without-mingle"]
    return [*python, *quiet, "--pool", pool, "--concurrency", str(concurrency), "--hostname", f"{name}@%h"]


def sweeper() -> list[str]:
    return [sys.executable, str(BASE_DIR / "manage.py"), "sweep"]
