"""Is the process alive, and can it serve?"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotInTime
from pathlib import Path

import redis
import structlog
from django.conf import settings
from django.core.files.storage import FileSystemStorage, default_storage
from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.utils.module_loading import import_string

log = structlog.get_logger(__name__)

_SECONDS = 3.0  # for all checks together
# Checks that hang fill this pool and nothing else; later ones then wait in vain and count as not ready.
_pool = ThreadPoolExecutor(max_workers=8, thread_name_prefix="readiness")


def healthz(_request: HttpRequest) -> JsonResponse:
    """The process answers; nothing else is asked."""
    return JsonResponse({"status": "ok"})


def readyz(_request: HttpRequest) -> JsonResponse:
    """200 if all that requests need works, else 503; each part with its state, and no cause: causes are in the log."""
    running = {name: _pool.submit(check) for name, check in CHECKS.items()}
    states = {name: _state(name, check) for name, check in running.items()}
    ready = all(state == "ok" for state in states.values())
    body = {"status": "ready" if ready else "not ready", "checks": states}
    return JsonResponse(body, status=200 if ready else 503, headers={"Cache-Control": "no-store"})


def _state(name: str, check: "Future[None]") -> str:
    try:
        check.result(timeout=_SECONDS)
    except NotInTime:
        check.cancel()
        log.warning("not_ready", check=name, error="timeout")
        return "timeout"
    except Exception as error:  # whatever it is, the part doesn't work
        log.warning("not_ready", check=name, error=type(error).__name__)
        return "failed"
    return "ok"


def _database() -> None:
    """Answers, has our tables, and holds us to row-level security: a role that could bypass it serves nobody."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("select from jobs_job limit 1")
            cursor.execute("select rolsuper or rolbypassrls from pg_roles where rolname = current_user")
            if cursor.fetchone()[0]:
                raise RuntimeError("DATABASE_URL names a role that bypasses row-level security.")
    finally:
        connection.close()


def _redis() -> None:
    with redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=2, socket_timeout=2) as client:
        client.ping()


def _storage() -> None:
    """The bucket answers to our key, or the folder can be written to."""
    if isinstance(default_storage, FileSystemStorage):
        folder = Path(default_storage.location)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / ".writable").touch()
    else:
        default_storage.connection.meta.client.head_bucket(Bucket=default_storage.bucket_name)  # type: ignore[attr-defined]


def _models() -> None:
    """The OCR engine is there; that its models are is checked where it is built, in the workers."""
    import_string(settings.OCR_ENGINE)


CHECKS: dict[str, Callable[[], None]] = {
    "database": _database,
    "redis": _redis,
    "storage": _storage,
    "models": _models,
}
