"""Fixtures that all tests share: the database as the product's own role, a cast of users, workers."""

import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass

import dramatiq
import psycopg
import pytest
from django.db import OperationalError, connection, connections

from config import roles
from documents import tenancy
from documents.models import User, Workspace

_APP_PASSWORD = "app"


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: "long" not in item.keywords)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """Tables are made by the owner, as in production; then everything runs as the role that is held by the policies."""
    owner = dict(connections["default"].settings_dict)
    with django_db_blocker.unblock():
        name = connections["default"].settings_dict["NAME"]
        url = f"postgresql://{{}}@{owner['HOST']}:{owner['PORT']}/{name}"
        owner_url, app_url = (
            url.format(f"{owner['USER']}:{owner['PASSWORD']}"),
            url.format(f"vouch_app:{_APP_PASSWORD}"),
        )
        with roles.owner_connection(owner_url) as admin:
            _as_the_only_one(admin, roles.prepare, app_url)
            roles.grant(admin, app_url)
            admin.execute("GRANT TRUNCATE ON ALL TABLES IN SCHEMA public TO vouch_app")  # for the flush between tests
        connections["default"].close()
        connections["default"].settings_dict |= {"USER": "vouch_app", "PASSWORD": _APP_PASSWORD}
        os.environ["DATABASE_URL"] = app_url  # for the processes that tests start
    yield
    with django_db_blocker.unblock():
        connections["default"].close()
        connections["default"].settings_dict |= {"USER": owner["USER"], "PASSWORD": owner["PASSWORD"]}
        with psycopg.connect(owner_url.rpartition("/")[0] + "/postgres", autocommit=True) as admin:
            admin.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", [name])


def _as_the_only_one(admin, function, app_url):
    """Roles belong to the server, not to the database: the processes of xdist take turns in making ours."""
    server = app_url.rpartition("@")[2].rpartition("/")[0]
    with psycopg.connect(
        f"postgresql://{os.environ['VOUCH_TEST_OWNER_URL'].split('://')[1].split('@')[0]}@{server}/postgres"
    ) as lock:
        lock.execute("select pg_advisory_lock(4711)")
        function(admin, app_url)


@dataclass(frozen=True)
class Person:
    """A user and the workspace that is theirs."""

    user: User
    workspace: Workspace

    @property
    def name(self) -> str:
        return self.user.get_username()


def make_person(name: str, *, staff: bool = False) -> Person:
    user = User.objects.create_user(name, password="secret-of-" + name, is_staff=staff, is_superuser=staff)
    return Person(user, tenancy.personal_workspace(user))


@pytest.fixture
def anna(db) -> Person:
    """She owns the documents of the story."""
    return make_person("anna")


@pytest.fixture
def mallory(db) -> Person:
    """She must not see them."""
    return make_person("mallory")


@pytest.fixture
def sam(db) -> Person:
    """He is staff: he sees all of them, in the admin."""
    return make_person("sam", staff=True)


@pytest.fixture
def broker() -> Iterator[dramatiq.Broker]:
    """The real broker, emptied before and after."""
    found = dramatiq.get_broker()
    found.client.flushdb()
    yield found
    found.client.flushdb()


@pytest.fixture
def sweeping(transactional_db, broker) -> Iterator[None]:
    """A sweeper in a thread: a message may get lost, as when a worker dies that was just given it."""
    from jobs import sweeper

    stop = threading.Event()

    def sweep() -> None:
        while not stop.wait(0.2):
            try:
                sweeper.sweep()
            except OperationalError:  # the test closes connections
                connection.close()
        connection.close()

    thread = threading.Thread(target=sweep, daemon=True)
    thread.start()
    yield
    stop.set()
    thread.join()


@pytest.fixture
def worker(broker, sweeping) -> Iterator[dramatiq.Worker]:
    """A Dramatiq worker and a sweeper in threads of this process, on the test's database."""
    running = dramatiq.Worker(broker, worker_timeout=25, worker_threads=4)
    running.start()
    yield running
    running.stop()
