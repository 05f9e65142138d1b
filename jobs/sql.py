"""The engine's own statements: bound by the server and prepared, so that it plans each one once per connection.

Django binds on the client and prepares nothing, which costs the database as much in planning as in work.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import psycopg
from django.db import connection, models

Row = TypeVar("Row", bound=models.Model)


def rows(query: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Executes a statement in the connection's present transaction; its rows, if it returns any."""
    connection.ensure_connection()
    connection.validate_no_broken_transaction()
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(query, values)
        return cursor.fetchall() if cursor.description else []


def columns(model: type[models.Model], alias: str) -> str:
    """The model's columns as a list for SELECT, in the order in which `instance` wants them."""
    return ", ".join(f"{alias}.{column.column}" for column in model._meta.concrete_fields)


def instance(model: type[Row], values: Sequence[Any]) -> Row:
    """A model's instance of a row that was selected by `columns`."""
    fields = model._meta.concrete_fields
    python = [
        json.loads(value) if isinstance(column, models.JSONField) and isinstance(value, str) else value
        for column, value in zip(fields, values, strict=True)
    ]
    return model.from_db("default", [column.attname for column in fields], python)
