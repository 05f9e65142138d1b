"""Statements on the way of every task: bound by the server and prepared, so that it plans each one once per connection.

Django binds on the client and prepares nothing, which costs the database as much in planning as in work.
"""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, TypeVar

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.models.base import ModelState

Row = TypeVar("Row", bound=models.Model)


def rows(query: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Executes a statement in the connection's present transaction, if there is one; the rows that it returns."""
    own = connections[DEFAULT_DB_ALIAS]  # the thread's, looked up once
    own.ensure_connection()
    own.validate_no_broken_transaction()
    with own.wrap_database_errors:
        cursor = psycopg.Cursor(own.connection)
        cursor.execute(query, values, binary=True)
        return cursor.fetchall()


def columns(model: type[models.Model], source: str) -> str:
    """The model's columns as a list for SELECT, in the order in which `instance` wants them."""
    return ", ".join(f"{source}.{column.column}" for column in model._meta.concrete_fields)


def instance(model: type[Row], values: Sequence[Any]) -> Row:
    """A model's instance of a row that was selected by `columns`, as from the database.

    What `Model.from_db` makes, without its way through signals and descriptors: nobody listens to these models.
    """
    names, documents = _fields(model)
    made = model.__new__(model)
    made._state = ModelState()
    made._state.adding, made._state.db = False, DEFAULT_DB_ALIAS
    made.__dict__.update(zip(names, values, strict=True))
    for name in documents:
        if isinstance(made.__dict__[name], str | bytes):
            made.__dict__[name] = json.loads(made.__dict__[name])
    return made


@cache
def _fields(model: type[models.Model]) -> tuple[list[str], list[str]]:
    """The names of the columns' attributes, and of those that hold JSON."""
    fields = model._meta.concrete_fields
    return [field.attname for field in fields], [one.attname for one in fields if isinstance(one, models.JSONField)]
