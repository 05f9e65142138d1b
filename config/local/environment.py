"""What `up` decides once and every later command finds again: the folder, its lock, secrets and addresses."""

import fcntl
import json
import os
import secrets
import time
from pathlib import Path
from typing import IO

from config import roles
from config.embedded import StartError, processes
from config.embedded.postgres import Postgres
from config.embedded.valkey import Valkey

BASE_DIR = Path(__file__).resolve().parent.parent.parent
DATABASE = ("DATABASE_URL", "DATABASE_OWNER_URL")
STORAGE = ("STORAGE_", "AWS_", "MINIO_")  # how the names begin that say where documents are kept
HAND_OVER_SECONDS = 60  # how long a killed instance may take to stop what it had started

_lock: IO[str] | None = None


def data_dir() -> Path:
    return Path(os.environ.get("DATA_DIR", "").strip() or BASE_DIR / ".data").expanduser().resolve()


def load() -> None:
    """Completes the environment with what the local instance of DATA_DIR runs with; what is set already stays."""
    kept = _read(data_dir() / "environment.json")
    given = os.environ.get("DATABASE_URL")
    if given and given != kept.get("DATABASE_OWNER_URL"):
        kept = {name: value for name, value in kept.items() if name not in DATABASE}
    elif given and not os.environ.get("DATABASE_OWNER_URL"):
        os.environ["DATABASE_URL"] = kept["DATABASE_URL"]  # `up` was given the owner's address, too
    for name, value in kept.items():
        if not os.environ.get(name):
            os.environ[name] = value


def prepare() -> None:
    """Claims DATA_DIR for this process and completes the environment with secrets and addresses, kept for the next time.

    Raises StartError if the folder can't be written or another instance has it.
    """
    folder = data_dir()
    try:
        processes.private_folder(folder)
        _claim(folder)
        _complete(folder)
    except OSError as error:
        raise StartError(
            f"Vouch can't write to {error.filename or folder} ({error.strerror}). Set DATA_DIR to a folder that belongs to you."
        ) from error


def lock() -> IO[str]:
    """The open lock of DATA_DIR: who inherits it keeps the folder claimed after this process."""
    if _lock is None:
        raise RuntimeError("DATA_DIR has not been claimed")
    return _lock


def embedded_postgres() -> Postgres | None:
    """The embedded server, unless the environment names another one. Only after `prepare`."""
    return _postgres


def embedded_valkey() -> Valkey | None:
    return _valkey


_postgres: Postgres | None = None
_valkey: Valkey | None = None


def _claim(folder: Path) -> None:
    global _lock
    path = folder / "up.lock"
    _lock = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+")
    give_up = time.monotonic() + HAND_OVER_SECONDS
    while not _locked(_lock):
        holder = _lock.read().strip()
        _lock.seek(0)
        if Path(f"/proc/{holder}").exists() or time.monotonic() > give_up:
            raise StartError(
                f"Vouch already runs on {folder} (process {holder}). Stop it first, or set DATA_DIR and PORT to others."
            )
        time.sleep(0.2)
    _lock.truncate()
    _lock.write(str(os.getpid()))
    _lock.flush()


def _locked(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _complete(folder: Path) -> None:
    global _postgres, _valkey
    kept = _secrets(folder / "secrets.json")
    os.environ["DATA_DIR"] = str(folder)
    os.environ.setdefault("SECRET_KEY", kept["secret_key"])
    if not os.environ.get("DATABASE_URL"):
        _postgres = Postgres.configure(folder / "postgres")
        os.environ["DATABASE_URL"] = _postgres.url()
    if not os.environ.get("DATABASE_OWNER_URL"):
        os.environ["DATABASE_OWNER_URL"] = os.environ["DATABASE_URL"]
        os.environ["DATABASE_URL"] = roles.app_url(os.environ["DATABASE_URL"], kept["app_password"])
    if not os.environ.get("REDIS_URL"):
        _valkey = Valkey.configure(folder / "valkey")
        os.environ["REDIS_URL"] = _valkey.url()
    names = [name for name in os.environ if name.startswith(STORAGE) or name in ("SECRET_KEY", "REDIS_URL", *DATABASE)]
    processes.write_private(
        folder / "environment.json", json.dumps({name: os.environ[name] for name in names}, indent=1)
    )


def _secrets(path: Path) -> dict[str, str]:
    kept = _read(path)
    made = {"secret_key": secrets.token_urlsafe(48), "app_password": secrets.token_urlsafe(32)} | kept
    if made != kept:
        processes.write_private(path, json.dumps(made, indent=1))
    return made


def _read(path: Path) -> dict[str, str]:
    try:
        return dict(json.loads(path.read_text()))
    except FileNotFoundError:
        return {}
    except PermissionError:
        return {}  # another user's instance: the commands need an environment of their own
    except ValueError:
        raise StartError(f"{path} is damaged. Restore it from a backup, or delete it to have it made anew.") from None
