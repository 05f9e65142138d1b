"""A process of the product that can be killed, frozen, told to stop, and looked at."""

import signal
import subprocess
from contextlib import suppress
from pathlib import Path

import psutil

from config.embedded import processes
from config.local import console
from tests.chaos.servers import BASE_DIR


class Program:
    """A process of the product, with those that it has started."""

    def __init__(self, name: str, command: list[str], env: dict[str, str], log: Path) -> None:
        self.name, self._command, self._log = name, command, log
        self._env = env | {"PGAPPNAME": name}  # PostgreSQL then says whose connection is whose
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                processes.tied(self._command, signal.SIGKILL),
                env=self._env,
                cwd=BASE_DIR,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        assert self._process
        return self._process.pid

    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def tree(self) -> list[psutil.Process]:
        with suppress(psutil.NoSuchProcess):
            main = psutil.Process(self.pid)
            return [main, *main.children(recursive=True)]
        return []

    def kill(self) -> None:
        """kill -9, all at once."""
        for process in self.tree():
            with suppress(psutil.NoSuchProcess):
                process.kill()
        if self._process:
            self._process.wait()

    def terminate(self) -> None:
        assert self._process
        self._process.terminate()

    def wait(self, seconds: float) -> int:
        assert self._process
        return self._process.wait(seconds)

    def pause(self) -> None:
        for process in self.tree():
            with suppress(psutil.NoSuchProcess):
                process.suspend()

    def resume(self) -> None:
        for process in self.tree():
            with suppress(psutil.NoSuchProcess):
                process.resume()

    def resident(self) -> int:
        """Bytes of all its processes; what they share counts once for each."""
        total = 0
        for process in self.tree():
            with suppress(psutil.NoSuchProcess):
                total += process.memory_info().rss
        return total

    def said(self) -> str:
        return self._log.read_text(errors="replace")

    def starts(self) -> int:
        """How often it came to be ready, if it is a worker."""
        return self.said().count("Worker process is ready for action")

    def complaints(self) -> list[str]:
        """The errors in its log."""
        return [line for line in self.said().splitlines() if console.is_wrong(line)]
