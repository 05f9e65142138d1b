"""A PostgreSQL of a benchmark's own, with all tables in it."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from config.embedded.postgres import Postgres


@contextmanager
def database(**settings: str) -> Iterator["Postgres"]:
    """Sets Django up for it, which can be done once in a process; `settings` are PostgreSQL's."""
    from config.embedded import postgres

    postgres._SETTINGS |= settings
    with tempfile.TemporaryDirectory(prefix="vouch-bench-") as folder:
        Path(folder).chmod(0o755)  # the server may run as another user
        with postgres.server(Path(folder) / "postgres") as server:
            os.environ |= {
                "DJANGO_SETTINGS_MODULE": "config.settings",
                "SECRET_KEY": "benchmark-" + "x" * 50,
                "DATABASE_URL": server.url("vouch_app"),
                "DATABASE_OWNER_URL": server.url(),
                "LOG_LEVEL": "WARNING",
            }
            import django

            django.setup()
            from config.management.commands.setup_database import set_up

            set_up(server.url(), server.url("vouch_app"))
            yield server
