"""Records the statements and transactions that the engine issues for a few tasks, so that they can be replayed bare."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any
from unittest.mock import patch
from uuid import UUID

import psycopg

FIRST_ID = (
    7_000_000  # the product's own ids begin here, so that a number among a statement's parameters tells what it is
)


_ID = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?<![0-9a-f.-])[789][0-9]{6}(?![0-9a-f.-]))")


@dataclass(frozen=True)
class Slot:
    """A parameter that differs from task to task: an id that was learned from a result, or one to be made anew."""

    name: str
    as_text: bool


@dataclass(frozen=True)
class Text:
    """A parameter with ids in it, as JSON has them: strings and slots by turns."""

    parts: list[str | Slot]


@dataclass
class Step:
    """A statement. `client_side`: the client puts the parameters in, as Django has it. `alone`: not in a transaction.

    `rows` is its result, as text; `learns` maps a slot's name to the row and the column it is in.
    """

    sql: str
    params: Any
    client_side: bool
    binary: bool | None
    alone: bool
    rows: list[list[str]]
    ends_transaction: bool = False
    learns: dict[str, tuple[int, int]] = field(default_factory=dict)


Recorded = dict[int, list[Step]]  # by how many tasks were taken together


def record(work: Callable[[], object]) -> list[Step]:
    """The statements of `work`, with slots for the ids in their parameters."""
    with _recording() as steps:
        work()
    return _with_slots(steps)


@contextmanager
def _recording() -> Iterator[list[Step]]:
    """Listens below Django, for the engine talks to psycopg itself where every millisecond counts."""
    steps: list[Step] = []
    execute, commit = psycopg.Cursor.execute, psycopg.Connection.commit

    def noted_execute(cursor: Any, query: Any, params: Any = None, *, binary: bool | None = None, **more: Any) -> Any:
        result = execute(cursor, query, params, binary=binary, **more)
        client_side, alone = isinstance(cursor, psycopg.ClientCursor), cursor.connection.autocommit
        steps.append(Step(query, params, client_side, binary, alone, _rows(cursor), ends_transaction=alone))
        return result

    def noted_commit(connection: Any) -> None:
        if steps:
            steps[-1].ends_transaction = True
        commit(connection)

    with (
        patch.object(psycopg.Cursor, "execute", noted_execute),
        patch.object(psycopg.Connection, "commit", noted_commit),
    ):
        yield steps


def _rows(cursor: psycopg.Cursor) -> list[list[str]]:
    if not cursor.description or not cursor.rowcount:
        return []
    found = [[str(value) for value in row] for row in cursor.fetchall()]
    cursor.scroll(0, mode="absolute")
    return found


def _with_slots(steps: Sequence[Step]) -> list[Step]:
    names: dict[str, str] = {}
    done: list[Step] = []
    for step in steps:
        for value in _ids(step.params):
            if value not in names:
                names[value] = f"id{len(names)}"
                _learn(done, value, names[value])
        done.append(replace(step, params=_slotted(step.params, names)))
    return done


def _learn(earlier: list[Step], value: str, name: str) -> None:
    """Notes where the id was first seen in a result. An id that was in none is one that the engine makes itself."""
    for step in earlier:
        for number, row in enumerate(step.rows):
            if value in row:
                step.learns[name] = number, row.index(value)
                return


def _ids(params: Any) -> list[str]:
    values = params.values() if isinstance(params, dict) else params or ()
    return [str(one) for value in values for one in _parts(value) if _is_id(one)]


def _parts(value: Any) -> list[Any]:
    """The ids of a text, and what is between them; the elements of a list; a single value."""
    if isinstance(value, str):
        return [int(part) if part.isdigit() else part for part in _ID.split(value)]
    return value if isinstance(value, list) else [value]


def _is_id(value: Any) -> bool:
    if isinstance(value, str):
        return len(value) == 36 and value.count("-") == 4
    return isinstance(value, UUID) or (isinstance(value, int) and value >= FIRST_ID)


def _slotted(params: Any, names: dict[str, str]) -> Any:
    def slot(value: Any) -> Any:
        if isinstance(value, list):
            return [slot(one) for one in value]
        if isinstance(value, str) and len(parts := _parts(value)) > 1:
            return Text([Slot(names[str(one)], as_text=True) if _is_id(one) else str(one) for one in parts])
        if _is_id(value):
            return Slot(names[str(value)], isinstance(value, str))
        return value.value if isinstance(value, Enum) else value

    if isinstance(params, dict):
        return {key: slot(value) for key, value in params.items()}
    return None if params is None else [slot(value) for value in params]
