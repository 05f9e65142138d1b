"""The embedded servers, really run: as root and not, after kills, with ports and folders in bad shape."""

import os
import pwd
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
import redis

from config.embedded import StartError, identity, postgres, processes, valkey

REPOSITORY = Path(__file__).resolve().parents[2]
SITE_PACKAGES = Path(psycopg.__file__).parents[1]
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")


def query(server: postgres.Postgres, statement: str) -> list[tuple]:
    with psycopg.connect(server.url(database="postgres"), autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def test_postgres_keeps_data_port_and_password(tmp_path):
    with postgres.server(tmp_path / "pg") as first:
        query(first, "create table kept as select 42 as answer")
    with postgres.server(tmp_path / "pg") as second:
        assert query(second, "select answer from kept") == [(42,)]
        assert (second.port, second.password) == (first.port, first.password)
        assert query(second, "show fsync") == [("on",)]
    assert not second.is_ready()


def test_postgres_is_closed_to_others(tmp_path):
    with postgres.server(tmp_path / "pg", durable=False) as server:
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(server.url(database="postgres", password="guess"))
        assert query(server, "show listen_addresses") == [("127.0.0.1",)]
        assert query(server, "show fsync") == [("off",)]
        assert query(server, "select count(*) from pg_available_extensions where name = 'vector'") == [(1,)]
    for secret in ("password", "data"):
        assert (tmp_path / "pg" / secret).stat().st_mode & 0o077 == 0
    assert not (tmp_path / "pg" / "initdb-password").exists()


def test_a_taken_port_is_replaced(tmp_path):
    port_file = processes.private_folder(tmp_path / "pg") / "port"
    with valkey.server(tmp_path / "valkey", durable=False) as other:
        port_file.write_text(str(other.port))
        server = postgres.Postgres.configure(tmp_path / "pg")
    assert server.port != other.port
    assert port_file.read_text() == str(server.port)


def test_an_interrupted_initdb_is_done_anew(tmp_path):
    half = processes.private_folder(tmp_path / "pg" / "new")
    (half / "PG_VERSION").write_text("18")
    with postgres.server(tmp_path / "pg", durable=False) as server:
        assert query(server, "select 1") == [(1,)]


def test_a_lock_that_names_a_strangers_process_is_cleared(tmp_path):
    with postgres.server(tmp_path / "pg") as server:
        lock = (server.data / "postmaster.pid").read_text().splitlines()
    stranger = subprocess.Popen(["sleep", "60"])
    try:
        (server.data / "postmaster.pid").write_text("\n".join([str(stranger.pid), *lock[1:]]) + "\n")
        with postgres.server(tmp_path / "pg") as again:
            assert query(again, "select 1") == [(1,)]
    finally:
        stranger.kill()
        stranger.wait()


def test_a_server_at_work_is_left_alone(tmp_path, monkeypatch):
    wait = processes.wait_until
    with postgres.server(tmp_path / "pg", durable=False) as server:
        monkeypatch.setattr(processes, "wait_until", lambda ready, seconds, what: wait(ready, seconds=0.2, what=what))
        with pytest.raises(StartError, match="Another PostgreSQL works on"):
            server.prepare()
        assert query(server, "select 1") == [(1,)]


def test_a_start_that_fails_says_why(tmp_path):
    with postgres.server(tmp_path / "pg", durable=False) as server:
        pass
    (server.data / "postgresql.conf").write_text("shared_buffers = nonsense\n")
    with (
        pytest.raises(StartError, match=r"PostgreSQL stopped at once.*configuration file"),
        postgres.server(tmp_path / "pg"),
    ):
        pass


def test_initdb_that_fails_says_why_and_leaves_no_password(tmp_path, monkeypatch):
    monkeypatch.setattr(postgres, "_initdb_options", lambda data, secret: ["-D", str(data), "--no-such-option"])
    with pytest.raises(StartError, match=r"could not be made: .*no-such-option"), postgres.server(tmp_path / "pg"):
        pass
    assert not (tmp_path / "pg" / "initdb-password").exists()


def test_valkey_keeps_what_it_acknowledged(tmp_path):
    with valkey.server(tmp_path / "valkey") as first, redis.from_url(first.url()) as client:
        client.set("kept", "yes")
    with valkey.server(tmp_path / "valkey") as second, redis.from_url(second.url()) as client:
        assert client.get("kept") == b"yes"
        assert client.config_get("maxmemory-policy")["maxmemory-policy"] == "noeviction"
    assert not second.is_ready()


def test_valkey_asks_for_its_password_and_can_forget(tmp_path):
    with valkey.server(tmp_path / "valkey", durable=False) as server:
        with redis.Redis(port=server.port) as client, pytest.raises(redis.AuthenticationError):
            client.ping()
        with redis.from_url(server.url()) as client:
            client.set("gone", "soon")
    with valkey.server(tmp_path / "valkey", durable=False) as server, redis.from_url(server.url()) as client:
        assert client.get("gone") is None


@as_root
@pytest.mark.parametrize("namespaces", [True, False])
def test_root_runs_postgres_as_somebody_else(tmp_path, monkeypatch, namespaces):
    if namespaces and not identity.namespaces_work():
        pytest.skip("user namespaces are forbidden here")
    tmp_path.chmod(0o700)  # as a home that nobody else may enter
    monkeypatch.setattr(identity, "namespaces_work", lambda: namespaces)
    with postgres.server(tmp_path / "pg", durable=False) as server:
        assert query(server, "select 1") == [(1,)]
    assert server.data.stat().st_uid == (0 if namespaces else identity.NOBODY)


@as_root
def test_a_folder_of_root_is_given_away_when_namespaces_are_forbidden_later(tmp_path, monkeypatch):
    monkeypatch.setattr(identity, "namespaces_work", lambda: True)
    with postgres.server(tmp_path / "pg") as server:
        query(server, "create table kept as select 42 as answer")
    monkeypatch.setattr(identity, "namespaces_work", lambda: False)
    with postgres.server(tmp_path / "pg") as server:
        assert query(server, "select answer from kept") == [(42,)]
    monkeypatch.setattr(identity, "namespaces_work", lambda: True)
    with postgres.server(tmp_path / "pg") as server:  # and it stays with whom it was given to
        assert query(server, "select answer from kept") == [(42,)]


@as_root
def test_nobody_who_cannot_reach_the_server_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setattr(identity, "namespaces_work", lambda: False)
    with pytest.raises(StartError, match="does not run as root, and nobody can't reach"):
        identity.prefix(tmp_path, Path("/no/such/postgres"))


@as_root
def test_a_folder_of_another_user_is_an_error(tmp_path, monkeypatch):
    os.chown(tmp_path, 54321, 54321)
    monkeypatch.setattr(os, "geteuid", lambda: identity.NOBODY)
    with pytest.raises(StartError, match="belongs to user 54321"):
        identity.prefix(tmp_path, Path("/bin/true"))


SERVE = """
import sys, time
from pathlib import Path
from config.embedded import postgres, valkey
with postgres.server(Path(sys.argv[1]) / "pg") as pg, valkey.server(Path(sys.argv[1]) / "valkey") as broker:
    print("ready", pg.port, flush=True)
    sys.stdin.read()
"""


def python_for_others() -> str:
    """A Python that any user can run; that of the tests may be in a home closed to others."""
    for python in (sys.executable, "/usr/bin/python3", "/usr/local/bin/python3"):
        command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--", python, "-c"]
        recent = "import sys; sys.exit(sys.version_info < (3, 11))"
        if Path(python).exists() and subprocess.run([*command, recent], capture_output=True).returncode == 0:
            return python
    pytest.skip("no Python of version 3.11 here that an ordinary user can run")


def serve(folder: Path, command: list[str]) -> subprocess.Popen:
    environment = {"PYTHONPATH": f"{REPOSITORY}:{SITE_PACKAGES}", "PATH": os.environ["PATH"]}
    process = subprocess.Popen(
        [*command, "-c", SERVE, str(folder)], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline().startswith("ready")
    return process


@as_root
def test_an_ordinary_user_runs_both(tmp_path_factory):
    folder = Path("/tmp") / f"vouch-test-{os.getpid()}-{time.monotonic_ns()}"  # pytest's own folders are root's alone
    folder.mkdir(mode=0o700)
    uid = pwd.getpwnam("nobody").pw_uid
    os.chown(folder, uid, -1)
    drop = [
        "setpriv",
        f"--reuid={uid}",
        "--regid=65534",
        "--clear-groups",
        "--no-new-privs",
        "--bounding-set=-all",
        "--",
    ]
    try:
        process = serve(folder, [*drop, python_for_others()])
        assert (folder / "pg" / "data").stat().st_uid == uid
        process.communicate()
        assert process.returncode == 0
    finally:
        subprocess.run(["rm", "-rf", str(folder)], check=True)


def test_servers_end_with_a_parent_that_is_killed_and_lose_nothing(tmp_path):
    process = serve(tmp_path, [sys.executable])
    server = postgres.Postgres(
        tmp_path / "pg", int((tmp_path / "pg" / "port").read_text()), (tmp_path / "pg" / "password").read_text()
    )
    query(server, "create table kept as select 42 as answer")
    process.send_signal(signal.SIGKILL)
    process.communicate()
    processes.wait_until(lambda: not server.is_ready(), seconds=10, what="PostgreSQL did not stop")
    with postgres.server(tmp_path / "pg") as again:
        assert query(again, "select answer from kept") == [(42,)]


def test_missing_parts_are_named():
    with pytest.raises(StartError, match="no_such_package is missing"):
        processes.package_folder("no_such_package")
    with pytest.raises(StartError, match="no-such-tool is missing"):
        processes.tool("no-such-tool")
