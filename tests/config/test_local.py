"""The local mode, really run: a start, a second one, kills at every level, and the ways in which a start is refused."""

import configparser
import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from rich.console import Console

from config.embedded import StartError, processes
from config.local import accounts, console, environment, programs, samples, static, supervision, up
from documents.models import User

REPOSITORY = Path(__file__).resolve().parents[2]


# --- The whole, as its user sees it -----------------------------------------------------------------------------------


class Vouch:
    """One `manage.py up` with a folder of its own; the environment of the tests stays outside."""

    def __init__(self, folder: Path, **extra: str) -> None:
        self.folder, self.port = folder, processes.free_port()
        kept = {
            name: value
            for name, value in os.environ.items()
            if name.startswith("COVERAGE") or name in ("PATH", "HOME", "MODELS_DIR")
        }
        self.environment = {**kept, "DATA_DIR": str(folder), "PORT": str(self.port), **extra}

    def start(self) -> subprocess.Popen:
        with self.output.open("w") as output:
            return subprocess.Popen(
                [sys.executable, "manage.py", "up"], cwd=REPOSITORY, env=self.environment, stdout=output, stderr=output
            )

    @property
    def output(self) -> Path:
        return self.folder.parent / f"{self.folder.name}.output"

    @contextmanager
    def running(self):
        process = self.start()
        try:
            wait_for(lambda: "Ctrl-C" in self.output.read_text() or process.poll() is not None, seconds=90)
            assert process.poll() is None, self.output.read_text()
            yield process
        finally:
            process.terminate()
            process.wait(timeout=60)

    def processes(self) -> dict[int, str]:
        """All living processes that were started for this folder: id and command line."""
        mark, found = f"DATA_DIR={self.folder}".encode(), {}
        for one in Path("/proc").iterdir():
            try:
                if one.name.isdigit() and mark in (one / "environ").read_bytes():
                    found[int(one.name)] = (one / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
        return found

    def pid_of(self, *words: str) -> int:
        return next(pid for pid, command in sorted(self.processes().items()) if all(word in command for word in words))

    def query(self, statement: str, role: str = "DATABASE_OWNER_URL") -> list[tuple]:
        addresses = json.loads((self.folder / "environment.json").read_text())
        with psycopg.connect(addresses[role], autocommit=True) as connection:
            return connection.execute(statement).fetchall()

    def refused(self) -> str:
        """What a start says that must end with 2."""
        done = subprocess.run(
            [sys.executable, "manage.py", "up"],
            cwd=REPOSITORY,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 2, done
        return done.stderr


def wait_for(condition, *, seconds: float) -> None:
    give_up = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up, "it took too long"
        time.sleep(0.1)


@pytest.fixture
def folder(tmp_path):
    """A DATA_DIR whose samples count as read: reading them is the business of other tests."""
    path = processes.private_folder(tmp_path / "da %ta")
    (path / "samples-read").touch()
    return path


@pytest.mark.long
def test_up_starts_survives_kills_and_stops(folder):
    vouch = Vouch(folder)
    with vouch.running() as process:
        assert "admin / " in vouch.output.read_text()
        assert f"http://127.0.0.1:{vouch.port}/" in vouch.output.read_text()
        assert vouch.query("select current_user", role="DATABASE_URL") == [("vouch_app",)]
        assert "already runs on" in Vouch(folder).refused()

        os.kill(vouch.pid_of("dramatiq", "--queues ocr"), signal.SIGKILL)
        wait_for(lambda: "died and was started again" in vouch.output.read_text(), seconds=30)

        os.kill(process.pid, signal.SIGKILL)  # what it started ends, and loses nothing
        wait_for(lambda: not vouch.processes(), seconds=40)

    again = Vouch(folder, ADMIN_PASSWORD="given-for-this-test")
    with again.running() as process:
        assert "admin / the password in ADMIN_PASSWORD" in again.output.read_text()
        assert again.query("select username, is_superuser from documents_user") == [("admin", True)]
        for _ in range(2):  # as `timeout` and some shells do: to the process and to its group
            process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 0
    assert again.output.read_text().rstrip().endswith("Stopped.")
    assert not again.processes()
    stopped = [line for line in (folder / "logs" / "supervisord.log").read_text().splitlines() if " stopped: " in line]
    assert "valkey" in stopped[-2]
    assert "postgres" in stopped[-1]
    assert "exit status 0" in stopped[-1]


def test_a_taken_port_is_refused(folder):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        said = Vouch(folder, PORT=str(other.getsockname()[1])).refused()
    assert "Choose another port: PORT=" in said


def test_a_folder_that_cannot_be_written_is_refused():
    assert "Set DATA_DIR to a folder that is yours" in Vouch(Path("/proc/nowhere")).refused()


def test_a_database_that_is_away_is_refused(folder):
    said = Vouch(folder, DATABASE_URL="postgresql://somebody:secret@127.0.0.1:1/vouch").refused()
    assert "The database that DATABASE_URL names does not answer" in said


# --- The environment ------------------------------------------------------------------------


@pytest.fixture
def bare(monkeypatch, folder):
    """An environment that names nothing but the folder, and is put back afterwards."""
    names = (
        "SECRET_KEY",
        "REDIS_URL",
        *environment.DATABASE,
        *(n for n in os.environ if n.startswith(environment.STORAGE)),
    )
    for name in names:
        monkeypatch.setenv(name, "")  # so that it is restored
        monkeypatch.delenv(name)
    monkeypatch.setenv("DATA_DIR", str(folder))
    monkeypatch.setattr(environment, "_instance", None)
    yield folder
    if environment._instance:
        environment._instance.lock.close()


def addresses() -> tuple[str | None, str | None]:
    return os.environ.get("DATABASE_URL"), os.environ.get("DATABASE_OWNER_URL")


def test_what_a_start_decides_later_commands_find(bare, monkeypatch):
    environment.prepare()
    decided = {name: os.environ[name] for name in ("SECRET_KEY", "REDIS_URL", *environment.DATABASE)}
    assert environment.instance().postgres is not None
    assert environment.instance().valkey is not None
    assert decided["DATABASE_URL"].startswith("postgresql://vouch_app:")
    assert decided["DATABASE_OWNER_URL"].startswith("postgresql://vouch_owner:")
    for name in decided:
        monkeypatch.delenv(name)
    environment.load()
    assert {name: os.environ[name] for name in decided} == decided
    for file in ("secrets.json", "environment.json"):
        assert (bare / file).stat().st_mode & 0o077 == 0


def test_secrets_are_made_once(bare):
    environment.prepare()
    secret = os.environ.pop("SECRET_KEY")
    environment.instance().lock.close()
    environment.prepare()
    assert os.environ["SECRET_KEY"] == secret


def test_one_outside_address_is_the_owners(bare, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://boss:pw@db.example:5433/letters?sslmode=require")
    monkeypatch.setenv("REDIS_URL", "redis://broker.example")
    monkeypatch.setenv("STORAGE_URL", "s3://bucket")
    environment.prepare()
    assert environment.instance().postgres is None
    assert environment.instance().valkey is None
    url, owner_url = addresses()
    assert owner_url == "postgresql://boss:pw@db.example:5433/letters?sslmode=require"
    assert url.startswith("postgresql://letters_app:")
    assert url.endswith("@db.example:5433/letters?sslmode=require")

    monkeypatch.delenv("DATABASE_OWNER_URL")
    monkeypatch.delenv("STORAGE_URL")
    monkeypatch.setenv("DATABASE_URL", owner_url)  # a later command, given the same
    environment.load()
    assert addresses() == (url, owner_url)
    assert os.environ["STORAGE_URL"] == "s3://bucket"


def test_two_outside_addresses_are_taken_as_they_are(bare, monkeypatch):
    given = "postgresql://app:pw@db.example/letters", "postgresql://boss:pw@db.example/letters"
    monkeypatch.setenv("DATABASE_URL", given[0])
    monkeypatch.setenv("DATABASE_OWNER_URL", given[1])
    environment.prepare()
    assert addresses() == given


def test_a_command_that_is_given_another_database_does_not_mix_them(bare, monkeypatch):
    environment.prepare()
    monkeypatch.delenv("DATABASE_OWNER_URL")
    monkeypatch.setenv("DATABASE_URL", "postgresql://app:pw@db.example/letters")
    environment.load()
    assert addresses() == ("postgresql://app:pw@db.example/letters", None)


def test_nothing_kept_changes_nothing(bare):
    environment.load()
    assert addresses() == (None, None)
    with pytest.raises(RuntimeError):
        environment.instance()


def test_damaged_secrets_are_not_replaced_in_silence(bare):
    (bare / "secrets.json").write_text("{")
    with pytest.raises(StartError, match="is damaged"):
        environment.prepare()


def test_a_lock_that_is_handed_over_is_waited_for(bare, monkeypatch):
    monkeypatch.setattr(environment, "HAND_OVER_SECONDS", 0.5)
    lock = bare / "up.lock"
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            f"import fcntl, time; f = open({str(lock)!r}, 'w'); fcntl.flock(f, 2); print(flush=True); time.sleep(60)",
        ],
        stdout=subprocess.PIPE,
    )
    holder.stdout.readline()
    lock.write_text("999999999")  # the one that took it is gone, what it started still stops
    with pytest.raises(StartError, match="already runs"):
        environment.prepare()
    with holder:
        holder.kill()
    environment.prepare()
    assert lock.read_text() == str(os.getpid())


# --- The parts ------------------------------------------------------------------------


def test_the_configuration_holds_paths_with_spaces_and_percent_signs(folder, tmp_path):
    one = programs.Program("one", ["/bin/echo", "50 %", str(folder)], rank=1)
    two = programs.Program("two", ["/bin/true"], rank=3, group=programs.APPLICATION)
    parsed = configparser.RawConfigParser()
    parsed.read_string(supervision.configuration(folder, tmp_path, [one, two]))
    assert parsed["program:one"]["command"] == f"/bin/echo '50 %%' '{str(folder).replace('%', '%%')}'"
    assert parsed["program:one"]["autostart"] == "true"
    assert parsed["program:two"]["autostart"] == "false"
    assert parsed["group:vouch"]["programs"] == "two"
    assert "secret" not in str({**parsed["program:one"]})


def test_the_folder_for_sockets_is_refused_if_it_is_open_to_others(tmp_path, monkeypatch):
    monkeypatch.setattr(supervision.tempfile, "gettempdir", lambda: str(tmp_path))
    supervision.runtime_folder(tmp_path).chmod(0o755)
    with pytest.raises(StartError, match="Delete it"):
        supervision.runtime_folder(tmp_path)


def test_a_supervisor_that_stops_at_once_says_why(bare, monkeypatch):
    environment.prepare()
    monkeypatch.setattr(supervision, "configuration", lambda *_: "[supervisord]\nlogfile=/proc/nowhere\n")
    with (
        pytest.raises(StartError, match="supervisord stopped at once"),
        supervision.supervised(environment.instance(), []),
    ):
        pass


def test_a_program_that_does_not_stay_up_ends_the_start(bare):
    environment.prepare()
    broken = programs.Program("broken", ["/bin/sh", "-c", "echo no such luck; exit 1"], rank=1)
    with supervision.supervised(environment.instance(), [broken]) as supervisor:
        state = supervisor.states()[0]
        given_up = [state._replace(state="FATAL")]
        wait_for(lambda: processes.last_line(state.log) == "no such luck", seconds=10)
        supervisor.states = lambda: given_up
        with pytest.raises(StartError, match=r"broken does not start\. Its last words: no such luck"):
            up._refuse_given_up(supervisor)


def pid_of_only(supervisor) -> int:
    """The process of its one program, once that runs: until then it is its own launcher, tied to nothing yet."""
    wait_for(
        lambda: Path(f"/proc/{supervisor.states()[0].pid}/cmdline").read_bytes().startswith(b"/bin/sh"), seconds=10
    )
    return supervisor.states()[0].pid


def is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


@pytest.fixture
def stubborn():
    """A program that does not stop when it is asked to."""
    command = processes.tied(["/bin/sh", "-c", "trap '' TERM; while :; do sleep 1; done"], signal.SIGKILL)
    return programs.Program("stubborn", command, rank=1)


def test_a_killed_supervisor_leaves_nothing_and_ends_the_watch(bare, stubborn):
    environment.prepare()
    with supervision.supervised(environment.instance(), [stubborn]) as supervisor:
        pid = pid_of_only(supervisor)
        supervisor.process.kill()
        supervisor.process.wait()
        with pytest.raises(StartError, match="The supervisor was killed"):
            up._watch(supervisor)
        wait_for(lambda: is_gone(pid), seconds=5)


def test_impatience_kills(bare, stubborn, monkeypatch):
    environment.prepare()
    with supervision.supervised(environment.instance(), [stubborn]) as supervisor:
        pid = pid_of_only(supervisor)
        answers = iter([KeyboardInterrupt])
        wait = supervisor.process.wait

        def interrupted_once(timeout=None):
            for answer in answers:
                raise answer
            return wait(timeout)

        monkeypatch.setattr(supervisor.process, "wait", interrupted_once)
    assert supervisor.process.returncode == -signal.SIGKILL
    wait_for(lambda: is_gone(pid), seconds=5)


INTERRUPTED = """
import signal, sys, time
import django
django.setup()
from config.local import up
try:
    up._stop(signal.SIGTERM, None)
except up.Stop:
    print("stopping")
signal.raise_signal(signal.SIGINT)
signal.raise_signal(signal.SIGTERM)
time.sleep(1.1)
try:
    signal.raise_signal(signal.SIGINT)
except KeyboardInterrupt:
    print("impatient")
"""


def test_the_second_interruption_counts_only_later():
    """In a process of its own, for it changes what signals do."""
    done = subprocess.run([sys.executable, "-c", INTERRUPTED], capture_output=True, text=True, cwd=environment.BASE_DIR)
    assert done.stdout.split() == ["stopping", "impatient"], done.stderr


@pytest.mark.django_db
def test_the_first_administrator():
    made_up = accounts.ensure_admin("chief", "")
    user = User.objects.get(username="chief")
    assert user.is_superuser
    assert user.check_password(made_up)
    assert accounts.ensure_admin("chief", "") is None
    assert User.objects.get(username="chief").password == user.password
    assert accounts.ensure_admin("chief", "another one") is None
    assert User.objects.get(username="chief").check_password("another one")
    assert accounts.ensure_admin("deputy", "given") is None


def test_static_files_are_collected_when_a_source_changes(tmp_path, settings):
    source = tmp_path / "source"
    source.mkdir()
    (source / "a.css").write_text("a {}")
    settings.STATICFILES_DIRS, settings.STATIC_ROOT = [source], tmp_path / "collected"
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    from django.contrib.staticfiles import finders

    finders.get_finder.cache_clear()
    try:
        static.collect()
        (settings.STATIC_ROOT / "a.css").unlink()
        static.collect()
        assert not (settings.STATIC_ROOT / "a.css").exists()
        (source / "a.css").write_text("a { color: red }")
        static.collect()
        assert (settings.STATIC_ROOT / "a.css").read_text() == "a { color: red }"
    finally:
        finders.get_finder.cache_clear()


def test_samples_are_read_once(tmp_path, monkeypatch):
    script = tmp_path / "manage.py"
    script.write_text("import json, sys; print(json.dumps([{'file': one} for one in sys.argv[5:]]))")
    monkeypatch.setattr(samples, "BASE_DIR", tmp_path)
    read = samples.read_once(tmp_path, "admin")
    assert any(one["file"].endswith("receipt.jpg") for one in read)
    assert not any(one["file"].endswith(("README.md", ".py", ".json")) for one in read)
    assert samples.read_once(tmp_path, "admin") == []


@pytest.mark.parametrize(
    ("line", "wrong", "short"),
    [
        ('{"level": "info", "event": "an ERROR in words only"}', False, "an ERROR in words only"),
        ('{"level": "error", "event": "bad", "exception": "Trace\\nValueError: x"}', True, "bad ValueError: x"),
        ("2026-11-21 FATAL:  out of luck", True, "2026-11-21 FATAL:  out of luck"),
        ("django.db.utils.OperationalError: away", True, "django.db.utils.OperationalError: away"),
        ("LOG:  checkpoint complete", False, "LOG:  checkpoint complete"),
        ("[1, 2]", False, "[1, 2]"),
    ],
)
def test_errors_in_logs_are_told_from_the_rest(line, wrong, short):
    assert console.is_wrong(line) is wrong
    assert console.short(line) == short


@pytest.fixture
def shown(monkeypatch):
    recorder = Console(record=True, width=200, file=open(os.devnull, "w"))  # noqa: SIM115, PTH123
    monkeypatch.setattr(console, "console", recorder)
    yield lambda: recorder.export_text(clear=False)
    recorder.file.close()


def test_the_watch_tells_of_deaths_and_errors_once(tmp_path, shown):
    log = tmp_path / "web.log"
    log.write_text("ERROR before its time\n")
    watch = console.Watch()
    alive = supervision.State("web", "RUNNING", 10, log)
    watch.look([alive])
    with log.open("a") as file:
        file.write("all is well\n" + "ERROR [now]\n" * (console.MOST_LINES + 2))
    watch.look([alive._replace(pid=11)])
    watch.look([alive._replace(pid=11)])
    assert "before its time" not in shown()
    assert shown().count("died and was started again") == 1
    assert shown().count("ERROR [now]") == console.MOST_LINES
    assert "… and 2 more" in shown()
    log.write_text("")  # rotated
    for _ in range(2):
        watch.look([alive._replace(pid=0, state="FATAL")])
    assert shown().count("does not stay up") == 1


def test_the_summary_tells_what_was_read(tmp_path, shown):
    fields = {"vendor": {"value": "Ink [& Paper]"}, "invoice_number": {"value": "7"}, "total": {"value": "9.50"}}
    answers = [
        {"file": "a.pdf", "status": "done", "error": None, "result": result, **more}
        for result, more in (
            ({"document_type": "invoice", "fields": fields, "validation": {"math_ok": True, "issues": []}}, {}),
            ({"document_type": "receipt", "fields": {}, "validation": {"math_ok": None, "issues": []}}, {}),
            ({"document_type": "receipt", "fields": {}, "validation": {"math_ok": False, "issues": [{}, {}]}}, {}),
            (None, {"status": "working"}),
            (None, {"status": "deadletter", "error": {"code": "encrypted_pdf", "detail": "…"}}),
        )
    ]
    console.summary("http://127.0.0.1:8000", "admin / [pw]", answers, tmp_path)
    text = shown()
    for expected in (
        "admin / [pw]",
        "Ink [& Paper]",
        "9.50",
        "✓ sums agree",
        "! 2 to review",
        "… working",
        "✗ encrypted_pdf",
    ):
        assert expected in text


@pytest.mark.parametrize(
    ("host", "name"),
    [("0.0.0.0", "127.0.0.1"), ("::", "[::1]"), ("127.0.0.1", "127.0.0.1"), ("scan.example", "scan.example")],
)
def test_the_address_can_be_opened(host, name):
    assert up._shown(host) == name
