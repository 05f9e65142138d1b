"""Starts all of Vouch on this machine, keeps it running, and stops it in order."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import suppress
from types import FrameType

import psycopg
from django.conf import settings
from django.db import connections

from analysis.engines.embedding import e5_files
from analysis.engines.ocr.models import verify_models
from config import roles
from config.embedded import StartError, processes
from config.local import accounts, console, programs, samples, static
from config.local.environment import BASE_DIR, Instance
from config.local.supervision import Supervisor, supervised
from config.management.commands.setup_database import set_up
from documents.errors import Unavailable


class Stop(BaseException):
    """The user, the terminal or the system wants it to end."""


def run(instance: Instance, *, host: str, port: int) -> None:
    """Returns when everything has been started, was told to stop, and has stopped. Raises StartError."""
    _refuse_taken_port(host, port)
    if instance.postgres:
        instance.postgres.prepare()
    shutil.rmtree(instance.folder / "metrics", ignore_errors=True)  # of processes that are no more
    processes.private_folder(instance.folder / "metrics")
    console.step("Starting the database and the broker")
    all_programs = [*programs.servers(instance), *programs.application(host, port)]
    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(signum, _stop)
    try:
        with supervised(instance, all_programs) as supervisor:
            _work(instance, supervisor, host, port)
    except Stop:
        console.step("Stopped.")


def _work(instance: Instance, supervisor: Supervisor, host: str, port: int) -> None:
    try:
        results, login = _start(instance, supervisor, host, port)
        console.summary(f"http://{_shown(host)}:{port}", login, results, instance.folder)
        _watch(supervisor)
    except Stop:
        console.step("Stopping: work in hand is finished first. Ctrl-C again stops at once.")
        raise


def _start(instance: Instance, supervisor: Supervisor, host: str, port: int) -> tuple[list[dict[str, object]], str]:
    _verify_models()
    _build_models()
    _await_servers(instance, supervisor)
    _set_up_database()
    static.collect()
    login = _login()
    console.step("Starting the web server, the workers and the sweeper")
    supervisor.start_one(programs.APPLICATION, "web")  # ahead of the workers, whose models take all cores for a while
    _await_web(supervisor, host, port)
    supervisor.start(programs.APPLICATION)
    return _read_samples(instance), login


def _verify_models() -> None:
    try:
        verify_models()
    except Unavailable as error:
        raise StartError(error.detail) from error


def _build_models() -> None:
    """In a process of its own, with which the memory goes that it takes."""
    if e5_files.are_built():
        return
    console.step("Building the search model (once, some seconds)")
    command = [sys.executable, str(BASE_DIR / "manage.py"), "build_models"]
    built = subprocess.run(command, capture_output=True, text=True, check=False)
    if built.returncode:
        raise StartError((built.stderr.strip() or "The search model could not be built.").splitlines()[-1])


def _await_servers(instance: Instance, supervisor: Supervisor) -> None:
    """Until those that are ours answer; those that are not must answer when they are used."""
    for name, server in (("PostgreSQL", instance.postgres), ("Valkey", instance.valkey)):
        if server:
            log = instance.folder / "logs"
            processes.wait_until(
                lambda server=server: server.is_ready() or _gave_up(supervisor),  # type: ignore[misc]
                seconds=60,
                what=f"{name} was not ready (its log is in {log})",
            )
    _refuse_given_up(supervisor)


def _gave_up(supervisor: Supervisor) -> bool:
    return any(state.state == "FATAL" for state in supervisor.states())


def _refuse_given_up(supervisor: Supervisor) -> None:
    for state in supervisor.states():
        if state.state == "FATAL":
            raise StartError(f"{state.name} does not start. Its last words: {processes.last_line(state.log)}")


def _set_up_database() -> None:
    try:
        set_up(settings.DATABASE_OWNER_URL, os.environ["DATABASE_URL"])
    except roles.RoleError as error:
        raise StartError(str(error)) from error
    except psycopg.OperationalError as error:
        raise StartError(f"The database that DATABASE_URL names does not answer: {str(error).strip()}") from error


def _login() -> str:
    username = os.environ.get("ADMIN_USERNAME", "").strip() or "admin"
    given = os.environ.get("ADMIN_PASSWORD", "")
    try:
        made_up = accounts.ensure_admin(username, given)
    finally:
        connections.close_all()
        connections["default"].close_pool()  # type: ignore[attr-defined]
    if made_up:
        return f"{username} / {made_up}   (shown this once)"
    return f"{username} / the password {'in ADMIN_PASSWORD' if given else 'of the first start'}"


def _await_web(supervisor: Supervisor, host: str, port: int) -> None:
    processes.wait_until(
        lambda: _answers(f"http://{_shown(host)}:{port}/healthz") or _gave_up(supervisor),
        seconds=120,
        what="The web server did not answer",
    )
    _refuse_given_up(supervisor)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5):  # noqa: S310 - the address is our own
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


def _read_samples(instance: Instance) -> list[dict[str, object]]:
    try:
        with console.console.status("Reading the sample documents"):
            return samples.read_once(instance.folder, os.environ.get("ADMIN_USERNAME", "").strip() or "admin")
    except (subprocess.SubprocessError, ValueError) as error:
        console.problem(f"The sample documents could not be read: {error}", "samples")
        return []


def _watch(supervisor: Supervisor) -> None:
    watch = console.Watch()
    while supervisor.process.poll() is None:
        with suppress(OSError):  # its socket lies in a folder that others tidy up; the programs run on without it
            watch.look(supervisor.states())
        time.sleep(1)
    raise StartError("The supervisor was killed; everything that it ran has ended. Start again: nothing is lost.")


def _refuse_taken_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise StartError(
                f"Can't listen on {host}:{port} ({error.strerror}). Choose another port: PORT={port + 1} make run"
            ) from error


def _shown(host: str) -> str:
    """The host for an address that one can open."""
    name = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - it is only compared
    return f"[{name}]" if ":" in name else name


def _stop(_signum: int, _frame: FrameType | None) -> None:
    """Once. Another Ctrl-C is impatience only if a second has passed: some senders signal the process and its group."""
    asked = time.monotonic()

    def again(_signum: int, _frame: FrameType | None) -> None:
        if time.monotonic() - asked > 1:
            raise KeyboardInterrupt

    signal.signal(signal.SIGINT, again)
    for signum in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(signum, signal.SIG_IGN)
    raise Stop
