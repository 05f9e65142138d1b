"""Records the statements and transactions that the engine issues for one task, so that they can be replayed bare."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any
from uuid import UUID

FIRST_ID = (
    7_000_000  # the product's own ids begin here, so that a number among a statement's parameters tells what it is
)


@dataclass(frozen=True)
class Slot:
    """A parameter that differs from task to task: an id that was learned from a result, or one to be made anew."""

    name: str
    as_text: bool


@dataclass
class Step:
    """A statement. `row` is the first of its result, as text; `learns` maps a slot's name to the column it is in."""

    sql: str
    params: Any
    row: list[str]
    ends_transaction: bool = False
    learns: dict[str, int] = field(default_factory=dict)


def record(work: Callable[[], object]) -> list[Step]:
    """The statements of `work`, with slots for the ids in their parameters."""
    with _recording() as steps:
        work()
    return _with_slots(steps)


@contextmanager
def _recording() -> Iterator[list[Step]]:
    from django.db import connection

    steps: list[Step] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        assert not many, f"can't replay executemany: {sql}"
        assert not connection.get_autocommit(), f"not in a transaction: {sql}"
        result = execute(sql, params, many, context)
        steps.append(Step(sql, params, _first_row(context["cursor"].cursor)))
        return result

    def commit() -> None:
        if steps:
            steps[-1].ends_transaction = True
        original()

    connection.ensure_connection()
    original, connection._commit = connection._commit, commit
    try:
        with connection.execute_wrapper(note):
            yield steps
    finally:
        del connection._commit


def _first_row(cursor: Any) -> list[str]:
    result = cursor.pgresult
    if result is None or not result.ntuples:
        return []
    values = (result.get_value(0, column) for column in range(result.nfields))
    return [value.decode() if value is not None else "" for value in values]


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
        if value in step.row:
            step.learns[name] = step.row.index(value)
            return


def _ids(params: Any) -> list[str]:
    values = params.values() if isinstance(params, dict) else params or ()
    return [str(value) for value in values if _is_id(value)]


def _is_id(value: Any) -> bool:
    if isinstance(value, str):
        return len(value) == 36 and value.count("-") == 4
    return isinstance(value, UUID) or (isinstance(value, int) and value >= FIRST_ID)


def _slotted(params: Any, names: dict[str, str]) -> Any:
    def slot(value: Any) -> Any:
        if _is_id(value):
            return Slot(names[str(value)], isinstance(value, str))
        return value.value if isinstance(value, Enum) else value

    if isinstance(params, dict):
        return {key: slot(value) for key, value in params.items()}
    return None if params is None else [slot(value) for value in params]
