"""Makes the roles, migrates as the owner, grants: all that a new or an upgraded database needs."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections
from django.db.backends.postgresql.base import DatabaseWrapper

from config import env, roles


class Command(BaseCommand):
    help = (
        "Makes the role that DATABASE_URL names, runs the migrations as DATABASE_OWNER_URL, and grants what the role "
        "needs. Run it before every new version; it can be repeated, and run by many at once."
    )
    requires_system_checks = ()

    def handle(self, *args: Any, verbosity: int, **options: Any) -> None:
        owner_url, app_url = settings.DATABASE_OWNER_URL, env.text("DATABASE_URL")
        if not owner_url or not app_url:
            raise CommandError(
                "Set DATABASE_OWNER_URL (whose role owns the tables) and DATABASE_URL (whose role serves requests)."
            )
        try:
            set_up(owner_url, app_url, verbosity=verbosity)
        except (roles.RoleError, psycopg.OperationalError) as error:
            raise CommandError(str(error).strip()) from None


def set_up(owner_url: str, app_url: str, *, verbosity: int = 0) -> None:
    """Roles, migrations, grants. Raises roles.RoleError, psycopg.OperationalError."""
    with roles.owner_connection(owner_url) as connection:
        roles.prepare(connection, app_url)
        with migrating_as(owner_url):
            call_command("migrate", interactive=False, verbosity=verbosity)
        roles.grant(connection, app_url)


@contextmanager
def migrating_as(owner_url: str) -> Iterator[None]:
    """Django's default connection is the owner's within the block: data migrations use that one, whatever they name."""
    connection = connections["default"]
    before = connection.settings_dict
    _reconnect(connection, before | env.database(owner_url))
    try:
        yield
    finally:
        _reconnect(connection, before)


def _reconnect(connection: Any, settings_dict: dict[str, Any]) -> None:
    connection.close()
    if isinstance(connection, DatabaseWrapper):
        connection.close_pool()
    connection.settings_dict = settings_dict
