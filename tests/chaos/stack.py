"""One product of its own: servers behind proxies, web server, workers and sweeper, each to be hurt alone."""

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import psycopg

from config.embedded import postgres, processes, valkey
from config.local import console, programs
from tests.chaos import servers
from tests.chaos.harness import Broken, until
from tests.chaos.people import Person
from tests.chaos.program import Program
from tests.chaos.proxy import HOST, Proxy

LEASE = 3  # seconds
QUEUES = ["default", "extract", "embed", "ocr", "webhooks"]
# Short waits, no limit on a user's work, and an engine that needs no models: what most scenarios run with.
SETTINGS = {
    "SECRET_KEY": "chaos-" + "x" * 50,
    "JOBS_LEASE_SECONDS": str(LEASE),
    "JOBS_RETRY_BASE_SECONDS": "1",
    "JOBS_ACTIVE_PER_USER": "0",
    "OCR_ENGINE": "analysis.engines.ocr.null.NullOcr",
    "CACHE_HOURS": "0",
    "LOG_LEVEL": "INFO",
}


class Stack:
    """A running product. `programs` by name; servers and their proxies; SQL as the owner, who sees all rows."""

    def __init__(self, folder: Path, settings: dict[str, str], *, direct: bool) -> None:
        self.folder, self._direct = folder, direct
        servers.copy_of_template(folder)
        self.postgres = servers.Server(postgres.Postgres.configure(folder / "postgres"))
        self.valkey = servers.Server(valkey.Valkey.configure(folder / "valkey"))
        self.database, self.broker = Proxy(lambda: self._postgres.port), Proxy(lambda: self._valkey.port)
        self.port = processes.free_port()
        (folder / "logs").mkdir()
        self.env = servers.environment(folder, **SETTINGS, **self._addresses()) | settings
        self.programs: dict[str, Program] = {}
        self.accepted: dict[str, str] = {}  # job id -> SHA-256 of what was sent

    @property
    def _postgres(self) -> postgres.Postgres:
        return self.postgres.engine  # type: ignore[return-value]

    @property
    def _valkey(self) -> valkey.Valkey:
        return self.valkey.engine  # type: ignore[return-value]

    @property
    def media(self) -> Path:
        return self.folder / "media"

    def _addresses(self) -> dict[str, str]:
        password = self._postgres.password
        database, broker = self.database.port, self.broker.port
        if self._direct:
            database, broker = self._postgres.port, self._valkey.port
        return {
            "DATA_DIR": str(self.folder),
            "STATIC_ROOT": str(self.folder / "static"),
            "DATABASE_URL": f"postgresql://vouch_app:{password}@{HOST}:{database}/{postgres.DATABASE}",
            "DATABASE_OWNER_URL": self._postgres.url(),
            "REDIS_URL": f"redis://:{self._valkey.password}@{HOST}:{broker}/0",
        }

    # --- programs

    def start_web(self) -> None:
        (web,) = [one for one in programs.application(HOST, self.port) if one.name == "web"]
        self._start("web", web.command)
        until(self.answers, within=60, what="the web server answers")

    def start_worker(self, name: str = "worker", *, threads: int = 4, queues: list[str] = QUEUES, **env: str) -> None:
        self._start(name, programs.worker(queues, threads=threads), **programs.PERSISTENT, **env)

    def start_local_workers(self) -> None:
        """Those of the local mode, as it has them."""
        for one in programs.application(HOST, self.port):
            if one.name.startswith("worker"):
                self._start(one.name, one.command, **one.environment)

    def start_sweeper(self, name: str = "sweeper", **env: str) -> None:
        command = [sys.executable, str(servers.BASE_DIR / "manage.py"), "sweep"]
        self._start(name, command, **programs.PERSISTENT, **env)

    def restart(self, name: str) -> None:
        self.programs[name].start()

    def manage(self, *words: str, within: float = 120) -> str:
        return servers.manage(*words, env=self.env, within=within)

    @property
    def workers(self) -> list[Program]:
        return [one for name, one in self.programs.items() if name.startswith("worker")]

    def person(self, name: str) -> Person:
        return Person(self, name)

    def _start(self, name: str, command: list[str], **env: str) -> None:
        self.programs[name] = Program(name, command, self.env | env, self.folder / "logs" / f"{name}.log")
        self.programs[name].start()

    def answers(self) -> bool:
        with suppress(httpx.HTTPError):
            return httpx.get(f"{self.url}/healthz", timeout=5).status_code == 200
        return False

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def report(self) -> None:
        """Prints what the programs complained of: for whoever looks into a promise that was broken."""
        for program in self.programs.values():
            for line in program.complaints()[-5:]:
                print(f"{program.name}: {console.short(line)[-2000:]}", file=sys.stderr)

    # --- what is true

    def connect(self) -> psycopg.Connection[Any]:
        """A connection of the owner's own, past the proxy."""
        return psycopg.connect(self._postgres.url(), autocommit=True, connect_timeout=5, application_name="chaos")

    def sql(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with self.connect() as connection:
            cursor = connection.execute(query, values)
            return cursor.fetchall() if cursor.description else []

    def one(self, query: str, *values: object) -> Any:
        """The only value of the only row."""
        return self.sql(query, *values)[0][0]

    def status(self, job_id: str) -> str:
        return str(self.one("select status from jobs_job where id = %s", job_id))

    def open_jobs(self) -> int:
        return int(self.one("select count(*) from jobs_job where status in ('queued', 'working', 'retryable')"))

    def all_over(self, *, within: float) -> None:
        try:
            until(lambda: self.open_jobs() == 0, within=within, what="all jobs are over", every=0.1)
        except Broken as broken:
            query = "select id from jobs_job where status in ('queued', 'working', 'retryable') limit 1"
            raise Broken(f"{broken}; {self.open_jobs()} are not, one is {self.story(self.one(query))}") from None

    def done(self, job_id: str, *, within: float = 30) -> None:
        try:
            until(lambda: self.status(job_id) == "done", within=within, what="a job is done")
        except Broken as broken:
            raise Broken(f"{broken}; it is {self.story(job_id)}") from None

    def story(self, job_id: str) -> str:
        """Where a job stands, and its last task."""
        query = (
            "select concat_ws(' ', j.status, 'at', t.stage, t.part, 'which is', t.status, 'attempt', t.attempts,"
            " t.error_code) from jobs_job j left join jobs_task t on t.job_id = j.id where j.id = %s"
            " order by t.id desc limit 1"
        )
        return str(self.one(query, job_id))

    # --- life

    def open(self) -> None:
        self.postgres.start()
        self.valkey.start()

    def close(self) -> None:
        for program in self.programs.values():
            program.resume()
            program.kill()
        self.database.close()
        self.broker.close()
        self.valkey.kill()
        self.postgres.stop()


Start = Callable[[Stack], None]


def workers(count: int, *, threads: int) -> Start:
    """Starts workers for all queues, and a sweeper."""

    def start(running: Stack) -> None:
        for number in range(1, count + 1):
            running.start_worker(f"worker-{number}", threads=threads)
        running.start_sweeper()

    return start


TWO_WORKERS = workers(2, threads=4)


@contextmanager
def stack(start: Start = TWO_WORKERS, *, direct: bool = False, **settings: str) -> Iterator[Stack]:
    """A running product with Cora's document done. At the end all invariants are checked; Broken names what broke.

    `start` starts what works beside the web server. `direct`: without proxies, which take time. CHAOS_KEEP=1 keeps the
    product's folder, with the logs.
    """
    from tests.chaos import invariants

    folder = Path(tempfile.mkdtemp(prefix="vouch-chaos-"))
    running = Stack(folder, settings, direct=direct)
    try:
        running.open()
        start(running)
        running.start_web()
        bystander = invariants.Bystander(running)
        yield running
        invariants.check(running)
        bystander.check()
    except BaseException:
        running.report()
        raise
    finally:
        running.close()
        if not os.environ.get("CHAOS_KEEP"):
            shutil.rmtree(folder, ignore_errors=True)
