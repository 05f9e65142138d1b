"""What `up` decides once and every later command finds again: the folder, its lock, secrets and addresses."""

import fcntl
import json
import os
import secrets
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from config import roles
from config.embedded import StartError, processes
from config.embedded.postgres import Postgres
from config.embedded.valkey import Valkey

BASE_DIR = Path(__file__).resolve().parent.parent.parent
DATABASE = ("DATABASE_URL", "DATABASE_OWNER_URL")
STORAGE = ("STORAGE_", "AWS_", "MINIO_")  # how the names begin that say where documents are kept
HAND_OVER_SECONDS = 60  # how long what a killed instance had started may take to stop


@dataclass(frozen=True)
class Instance:
    """A claimed DATA_DIR; who inherits the open `lock` keeps it claimed. Servers named by the environment are None."""

    folder: Path
    lock: IO[str]
    postgres: Postgres | None
    valkey: Valkey | None


_instance: Instance | None = None


def instance() -> Instance:
    """What `prepare` claimed in this process."""
    if _instance is None:
        raise RuntimeError("DATA_DIR is claimed by manage.py, before the settings are read.")
    return _instance


def data_dir() -> Path:
    return Path(os.environ.get("DATA_DIR", "").strip() or BASE_DIR / ".data").expanduser().resolve()


def load() -> None:
    """Completes the environment with what the local instance of DATA_DIR runs with; what is set already stays."""
    kept = _read(data_dir() / "environment.json")
    given = os.environ.get("DATABASE_URL")
    if given and given == kept.get("DATABASE_OWNER_URL") and not os.environ.get("DATABASE_OWNER_URL"):
        del os.environ["DATABASE_URL"]  # `up` was given the owner's address, too, and made another role
    elif given:
        kept = {name: value for name, value in kept.items() if name not in DATABASE}
    for name, value in kept.items():
        os.environ.setdefault(name, value)


def prepare() -> None:
    """Claims DATA_DIR for this process and completes the environment with secrets and addresses, kept for later.

    Raises StartError if the folder can't be written or another instance has it.
    """
    global _instance
    folder = data_dir()
    try:
        processes.private_folder(folder)
        lock = _claim(folder / "up.lock")
        postgres, valkey = _complete(folder)
    except OSError as error:
        place = error.filename or folder
        raise StartError(
            f"Can't write to {place} ({error.strerror}). Set DATA_DIR to a folder that is yours."
        ) from error
    _instance = Instance(folder, lock, postgres, valkey)


def _claim(path: Path) -> IO[str]:
    lock = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+")
    give_up = time.monotonic() + HAND_OVER_SECONDS
    while not _locked(lock):
        holder = lock.read().strip()
        lock.seek(0)
        if (holder and Path(f"/proc/{holder}").exists()) or time.monotonic() > give_up:
            raise StartError(
                f"Vouch already runs on {path.parent} (process {holder}). Stop it, or set DATA_DIR and PORT to others."
            )
        time.sleep(0.2)
    lock.truncate()
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


def _locked(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _complete(folder: Path) -> tuple[Postgres | None, Valkey | None]:
    """Sets what is not set; gives the servers that are ours to run."""
    kept = _secrets(folder / "secrets.json")
    environ = {name: os.environ.get(name, "").strip() for name in ("SECRET_KEY", "REDIS_URL", *DATABASE)}
    postgres = None if any(environ[name] for name in DATABASE) else Postgres.configure(folder / "postgres")
    valkey = None if environ["REDIS_URL"] else Valkey.configure(folder / "valkey")
    if valkey:
        environ["REDIS_URL"] = valkey.url()
    if postgres:
        environ["DATABASE_URL"] = postgres.url()
    environ |= _both_roles(environ["DATABASE_URL"], environ["DATABASE_OWNER_URL"], kept["app_password"])
    environ["SECRET_KEY"] = environ["SECRET_KEY"] or kept["secret_key"]
    os.environ.update(environ, DATA_DIR=str(folder))
    environ |= {name: value for name, value in os.environ.items() if name.startswith(STORAGE)}
    processes.write_private(folder / "environment.json", json.dumps(environ, indent=1))
    return postgres, valkey


def _both_roles(url: str, owner_url: str, password: str) -> dict[str, str]:
    """One address alone is the owner's: web and workers get a role of their own beside it."""
    if not (url and owner_url):
        owner_url = url or owner_url
        url = roles.app_url(owner_url, password)
    return {"DATABASE_URL": url, "DATABASE_OWNER_URL": owner_url}


def _secrets(path: Path) -> dict[str, str]:
    kept = _read(path)
    made = {"secret_key": secrets.token_urlsafe(48), "app_password": secrets.token_urlsafe(32)} | kept
    if made != kept:
        processes.write_private(path, json.dumps(made, indent=1))
    return made


def _read(path: Path) -> dict[str, str]:
    try:
        return dict(json.loads(path.read_text()))
    except (FileNotFoundError, PermissionError):
        return {}  # nothing was started here, or by somebody else: the environment must name everything
    except ValueError:
        raise StartError(f"{path} is damaged. Restore it from a backup, or delete it to have it made anew.") from None
