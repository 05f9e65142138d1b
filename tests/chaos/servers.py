"""PostgreSQL and Valkey that can be killed, stopped and started again, with a migrated database and a cast of users."""

import atexit
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

import psutil

from config.embedded import postgres, processes, valkey
from config.local import programs
from tests.chaos.harness import until

# The commands of the local mode are made by its settings: the defaults, as long as nobody names others.
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("SECRET_KEY", "chaos-" + "x" * 50)

BASE_DIR = Path(__file__).resolve().parent.parent.parent
PASSWORD = "chaos-and-order-7"
CAST = ("anna", "bert", "cora")  # Anna owns the story, Bert is her neighbour, Cora's rows must not change


class Server:
    """An embedded server as a process of ours."""

    def __init__(self, engine: postgres.Postgres | valkey.Valkey) -> None:
        self.engine = engine
        self._stop = postgres.STOP if isinstance(engine, postgres.Postgres) else valkey.STOP
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        if isinstance(self.engine, postgres.Postgres):
            self.engine.prepare()
        with (self.engine.folder / "log").open("ab") as log:
            command = processes.tied(self.engine.command(), self._stop)
            self._process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        until(self.engine.is_ready, within=60, what=f"{type(self.engine).__name__} is ready")

    def stop(self) -> None:
        """In order: what clients have open is rolled back."""
        self._end(self._stop)

    def kill(self) -> None:
        """As the kernel does when memory runs out."""
        self._end(signal.SIGKILL)

    def pause(self) -> None:
        """SIGSTOP for all its processes: connections stay open, nothing answers."""
        for process in self._tree():
            process.suspend()

    def resume(self) -> None:
        for process in self._tree():
            process.resume()

    def _tree(self) -> list[psutil.Process]:
        assert self._process
        main = psutil.Process(self._process.pid)
        return [main, *main.children(recursive=True)]

    def _end(self, signum: signal.Signals) -> None:
        if self._process and self._process.poll() is None:
            self._process.send_signal(signum)
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()


def environment(folder: Path, **settings: str) -> dict[str, str]:
    """What the local mode gives its programs, without what this process has set for itself."""
    known = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH", "VIRTUAL_ENV", "TMPDIR")
    inherited = {name: os.environ[name] for name in known if name in os.environ}
    local = {name: value for name, value in programs.environment(folder).items() if name not in os.environ}
    local["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    names = {"DJANGO_SETTINGS_MODULE": "config.settings", "PROMETHEUS_MULTIPROC_DIR": str(folder / "metrics")}
    (folder / "metrics").mkdir(exist_ok=True)
    return inherited | local | names | settings


@cache
def template() -> Path:
    """A folder with a migrated database and the cast, made once per run; scenarios work on copies of it."""
    folder = Path(tempfile.mkdtemp(prefix="vouch-chaos-template-"))
    server = Server(postgres.Postgres.configure(folder / "postgres"))
    server.start()
    try:
        set_up(server.engine, folder)
    finally:
        server.stop()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def set_up(server: postgres.Postgres, folder: Path) -> None:
    """As operators do: with manage.py."""
    env = environment(
        folder,
        SECRET_KEY="chaos-" + "x" * 50,
        DATA_DIR=str(folder),
        DATABASE_URL=server.url("vouch_app"),
        DATABASE_OWNER_URL=server.url(),
    )
    manage("setup_database", env=env)
    manage("shell", "-c", _MAKE_CAST.format(names=CAST, password=PASSWORD), env=env)


# One process for all of them: `manage.py add_user` does the same for one.
_MAKE_CAST = """
from documents import tenancy
from documents.models import User
for name in {names}:
    tenancy.personal_workspace(User.objects.create_user(name, password="{password}"))
"""


def manage(*words: str, env: dict[str, str], within: float = 120) -> str:
    """What `manage.py …` prints; subprocess.CalledProcessError with its last words if it fails."""
    command = [sys.executable, str(BASE_DIR / "manage.py"), *words]
    done = subprocess.run(command, env=env, cwd=BASE_DIR, capture_output=True, text=True, timeout=within, check=False)
    if done.returncode:
        raise RuntimeError(f"manage.py {words[0]} failed: {done.stderr.strip()[-2000:]}")
    return done.stdout


def copy_of_template(folder: Path) -> None:
    shutil.copytree(template() / "postgres", folder / "postgres")
    (folder / "postgres" / "port").unlink()  # another one is chosen
