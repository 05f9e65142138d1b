"""The process supervisor: supervisord, configured from the programs and spoken to over its socket."""

import hashlib
import os
import shlex
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from xmlrpc.client import Fault, ServerProxy

from supervisor.xmlrpc import SupervisorTransport

from config.embedded import StartError, processes
from config.local.environment import BASE_DIR, Instance
from config.local.programs import APPLICATION, Program, environment


class State(NamedTuple):
    """How a program is: `name` (with the copy's number), supervisord's name of its state, its process, its log."""

    name: str
    state: str
    pid: int
    log: Path


class Supervisor:
    """A supervisord that is running."""

    def __init__(self, process: subprocess.Popen[bytes], socket: Path) -> None:
        self.process, self._socket = process, socket

    @property
    def _remote(self) -> Any:
        """A new connection for each call: the transport keeps a broken one for ever."""
        transport = SupervisorTransport(None, None, f"unix://{self._socket}")
        return ServerProxy("http://127.0.0.1", transport=transport).supervisor

    def is_ready(self) -> bool:
        try:
            return bool(self._remote.getState()["statename"] == "RUNNING")
        except (OSError, Fault):
            return False

    def start(self, group: str) -> None:
        """Starts the programs of a group that are not running, without waiting for them."""
        self._remote.startProcessGroup(group, False)

    def start_one(self, group: str, name: str) -> None:
        """Starts one program of a group, without waiting for it."""
        self._remote.startProcess(f"{group}:{name}", False)

    def states(self) -> list[State]:
        return [
            State(one["name"], one["statename"], one["pid"], Path(one["stdout_logfile"]))
            for one in self._remote.getAllProcessInfo()
        ]


@contextmanager
def supervised(instance: Instance, programs: list[Program]) -> Iterator[Supervisor]:
    """Runs supervisord with the programs that belong to no group; stops all at the end, the last started first."""
    runtime = runtime_folder(instance.folder)
    config = instance.folder / "supervisord.conf"
    processes.write_private(config, configuration(instance.folder, runtime, programs))
    command = [sys.executable, "-m", "supervisor.supervisord", "--nodaemon", "--configuration", str(config)]
    words = processes.private_folder(instance.folder / "logs") / "supervisord.out"
    with words.open("wb") as output:
        process = subprocess.Popen(
            processes.tied(command, signal.SIGTERM),
            cwd=BASE_DIR,
            env=environment(instance.folder),
            stdin=instance.lock,  # DATA_DIR stays claimed until supervisord ends, even if this process is killed
            stdout=output,
            stderr=output,
            start_new_session=True,  # Ctrl-C is for this process alone, which then stops the others in order
        )
    try:
        supervisor = Supervisor(process, runtime / "supervisor.sock")
        _await(supervisor, words)
        yield supervisor
    finally:
        stop(process, programs)


def stop(process: subprocess.Popen[bytes], programs: list[Program]) -> None:
    """Has everything drained and stopped; a second interruption meanwhile kills it all."""
    process.terminate()
    try:
        process.wait(timeout=15 + sum(program.patience for program in programs))
    except (KeyboardInterrupt, subprocess.TimeoutExpired):
        process.kill()  # the kernel then ends the programs
        process.wait()


def runtime_folder(data_dir: Path) -> Path:
    """A folder for sockets: their paths are limited to 107 bytes, and that of DATA_DIR is not."""
    name = f"vouch-{os.geteuid()}-{hashlib.sha256(str(data_dir).encode()).hexdigest()[:12]}"
    folder = Path(tempfile.gettempdir()) / name
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o077:
        raise StartError(f"{folder} belongs to somebody else or is open to others. Delete it and start again.")
    return folder


def configuration(folder: Path, runtime: Path, programs: list[Program]) -> str:
    """The text of supervisord's configuration file."""
    grouped = [program.name for program in programs if program.group]
    logs = processes.private_folder(folder / "logs")
    sections = [
        _section("unix_http_server", file=runtime / "supervisor.sock", chmod="0700"),
        _section("rpcinterface:supervisor", **{"supervisor.rpcinterface_factory": _RPC}),
        _section("supervisord", **_daemon(logs, runtime)),
        *(_section(f"program:{program.name}", **_entry(program, logs)) for program in programs),
    ]
    if grouped:
        sections.append(_section(f"group:{APPLICATION}", programs=",".join(grouped), priority=99))
    return "\n".join(sections)


_RPC = "supervisor.rpcinterface:make_main_rpcinterface"


def _daemon(logs: Path, runtime: Path) -> dict[str, str]:
    files = {"logfile": logs / "supervisord.log", "pidfile": runtime / "supervisord.pid"}
    values = {name: _literal(str(path)) for name, path in (files | {"childlogdir": logs}).items()}
    values |= {"logfile_maxbytes": "10MB", "logfile_backups": "3", "umask": "077", "silent": "true"}
    if os.geteuid() == 0:
        values["user"] = "root"  # said aloud, or supervisord warns
    return values


def _entry(program: Program, logs: Path) -> dict[str, object]:
    return {
        "command": _literal(shlex.join(program.command)),
        "priority": program.rank,
        "autostart": str(not program.group).lower(),
        "autorestart": "true",
        "startretries": 20,
        "startsecs": 2,
        "stopsignal": program.stop.name.removeprefix("SIG"),
        "stopwaitsecs": program.patience,
        "killasgroup": "true",
        "redirect_stderr": "true",
        "environment": ",".join(f'{name}="{value}"' for name, value in program.environment.items()),
        "stdout_logfile": _literal(_literal(str(logs / f"{program.name}.log"))),  # this one it expands twice
        "stdout_logfile_maxbytes": "10MB",
        "stdout_logfile_backups": 3,
    }


def _literal(text: str) -> str:
    """Text in which supervisord finds nothing to expand."""
    return text.replace("%", "%%")


def _section(title: str, **values: object) -> str:
    return "\n".join([f"[{title}]", *(f"{name}={value}" for name, value in values.items()), ""])


def _await(supervisor: Supervisor, words: Path) -> None:
    processes.wait_until(
        lambda: supervisor.process.poll() is not None or supervisor.is_ready(),
        seconds=20,
        what="supervisord was not ready",
    )
    if supervisor.process.poll() is not None:
        raise StartError(f"supervisord stopped at once. Its last words: {processes.last_line(words)}")
