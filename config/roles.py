"""The two roles in PostgreSQL: one owns and migrates the tables; one serves requests, held by row-level security."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import unquote, urlsplit, urlunsplit

import psycopg
from psycopg import Connection, errors, sql

LOCK = 8_675_309  # one set-up at a time per database, however many containers start together


class RoleError(Exception):
    """The roles can't be set up as asked; the message is a sentence that says what to do."""


@contextmanager
def owner_connection(owner_url: str) -> Iterator[Connection]:
    """A connection as the owner, alone in setting up; the database is made if the server has none of that name.

    Raises psycopg.OperationalError if there is no server, and RoleError if the database can't be made.
    """
    try:
        connection = psycopg.connect(owner_url, autocommit=True, connect_timeout=10)
    except psycopg.OperationalError as error:
        if f'database "{_database(owner_url)}" does not exist' not in str(error):
            raise
        _create_database(owner_url)
        connection = psycopg.connect(owner_url, autocommit=True, connect_timeout=10)
    with connection:
        connection.execute("select pg_advisory_lock(%s)", [LOCK])
        yield connection


def prepare(connection: Connection, app_url: str) -> None:
    """Makes the role of `app_url` (or gives it that address's password) and lets it use tables that are yet to come.

    Raises RoleError if the owner may not make roles, or if the role could get round row-level security.
    """
    role, password = _user(app_url), unquote(urlsplit(app_url).password or "")
    if not connection.execute("select 1 from pg_roles where rolname = %s", [role]).fetchone():
        _create_role(connection, role, password)
    elif not _can_connect(app_url):
        _alter_password(connection, role, password)
    refuse_power(connection, role)
    _execute(connection, "GRANT USAGE ON SCHEMA public TO {role}", role)
    _execute(
        connection,
        "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {role}",
        role,
    )
    _execute(connection, "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {role}", role)


def grant(connection: Connection, app_url: str) -> None:
    """Lets the role read and write rows, not truncate or alter tables, of all that exist now: for after migrating."""
    role = _user(app_url)
    _execute(connection, "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}", role)
    _execute(connection, "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}", role)
    if connection.execute("select to_regclass('public.django_migrations')").fetchone() != (None,):
        _execute(connection, "REVOKE INSERT, UPDATE, DELETE ON public.django_migrations FROM {role}", role)


def refuse_power(connection: Connection, role: str) -> None:
    """Raises RoleError if `role` is not held by row-level security."""
    query = (
        "select rolsuper, rolbypassrls, rolname = current_user or pg_has_role(rolname, current_user, 'MEMBER'),"
        " exists (select from pg_tables where schemaname = 'public' and tableowner = rolname)"
        " from pg_roles where rolname = %s"
    )
    row = connection.execute(query, [role]).fetchone()
    names = ("is a superuser", "has BYPASSRLS", "is, or belongs to, the owner of the tables", "owns tables")
    if row and (powers := [name for name, has in zip(names, row, strict=True) if has]):
        raise RoleError(
            f"The role {role} of DATABASE_URL {' and '.join(powers)}, so row-level security would not hold it. "
            "Name another role in DATABASE_URL, and the owner of the tables in DATABASE_OWNER_URL."
        )


def app_url(owner_url: str, password: str) -> str:
    """The address that web and workers use when only the owner's is known: the role `<database>_app`."""
    parts = urlsplit(owner_url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{_database(owner_url)}_app:{password}@{host}"))


def _create_role(connection: Connection, role: str, password: str) -> None:
    make = "CREATE ROLE {role} LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE PASSWORD {password}"
    try:
        _execute(connection, make, role, password)
    except (errors.DuplicateObject, errors.UniqueViolation):
        return  # roles belong to the whole server: the set-up of another database was faster
    except errors.InsufficientPrivilege:
        raise RoleError(
            f"The role that DATABASE_URL names may not create the role {role}. Have an administrator run: CREATE ROLE "
            f"{role} LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD '…'; then give that role's address as DATABASE_URL and the "
            "present one as DATABASE_OWNER_URL."
        ) from None


def _alter_password(connection: Connection, role: str, password: str) -> None:
    try:
        _execute(connection, "ALTER ROLE {role} LOGIN PASSWORD {password}", role, password)
    except errors.InsufficientPrivilege:
        raise RoleError(
            f"The role {role} exists with another password, and the owner may not change it. "
            "Put its password into DATABASE_URL, and the owner's address into DATABASE_OWNER_URL."
        ) from None


def _can_connect(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=10).close()
    except psycopg.OperationalError:
        return False
    return True


def _create_database(owner_url: str) -> None:
    name = _database(owner_url)
    server = urlunsplit(urlsplit(owner_url)._replace(path="/postgres"))
    try:
        with psycopg.connect(server, autocommit=True, connect_timeout=10) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    except (errors.DuplicateDatabase, errors.UniqueViolation):
        return  # another set-up was faster
    except psycopg.Error as error:
        raise RoleError(
            f"There is no database {name}, and it could not be made: {str(error).strip()}. Make it first."
        ) from None


def _execute(connection: Connection, statement: str, role: str, password: str = "") -> None:
    parts = sql.SQL(statement).format(role=sql.Identifier(role), password=sql.Literal(password))
    connection.execute(parts)


def _user(url: str) -> str:
    return unquote(urlsplit(url).username or "")


def _database(url: str) -> str:
    return unquote(urlsplit(url).path.strip("/"))
