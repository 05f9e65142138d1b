"""The run's own PostgreSQL and Valkey, with the product's database and copies of it."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from config.embedded.postgres import Postgres
from config.embedded.valkey import Valkey

BASE_DIR = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Servers:
    folder: Path
    postgres: Postgres
    valkey: Valkey

    @property
    def postmaster(self) -> int:
        return int((self.postgres.data / "postmaster.pid").read_text().split()[0])

    def environment(self, database: str, number: int) -> dict[str, str]:
        """What makes the product's programs use a database and a number of Valkey."""
        return {
            "DATABASE_URL": self.postgres.url("vouch_app", database),
            "DATABASE_OWNER_URL": self.postgres.url(database=database),
            "REDIS_URL": self.valkey.url(number),
        }

    def owner(self, database: str) -> psycopg.Connection:
        """A connection that sees all rows."""
        return psycopg.connect(self.postgres.url(database=database), autocommit=True)


@contextmanager
def running(folder: Path) -> Iterator[Servers]:
    """Starts both and sets the product up on the database `vouch`; commits are durable, as in production."""
    from config.embedded import postgres, valkey

    (folder / "metrics").mkdir()
    with ExitStack() as stack:
        database = stack.enter_context(postgres.server(folder / "postgres"))
        broker = stack.enter_context(valkey.server(folder / "valkey"))
        servers = Servers(folder, database, broker)
        os.environ |= servers.environment("vouch", 0) | {
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "SECRET_KEY": "benchmark-" + "x" * 50,
            "DATA_DIR": str(folder),
            "PROMETHEUS_MULTIPROC_DIR": str(folder / "metrics"),
            "LOG_LEVEL": "WARNING",
        }
        import django

        django.setup()
        from config.management.commands.setup_database import set_up

        set_up(database.url(), database.url("vouch_app"))
        yield servers


def copy(servers: Servers, new: str) -> None:
    """Makes another database like the first."""
    from django.db import connections

    for connection in connections.all(initialized_only=True):
        connection.close()
        connection.close_pool()
    with psycopg.connect(servers.postgres.url(database="postgres"), autocommit=True) as admin:
        admin.execute(f"create database {new} template vouch")
