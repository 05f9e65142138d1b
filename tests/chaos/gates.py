"""Stopping a program at an exact point: a trigger in the scenario's own database waits for a lock that we hold.

So nothing in the product knows of it, and whoever is killed there dies between two statements, or in the midst of its
COMMIT, as if the machine had died.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psycopg

from tests.chaos.harness import until

if TYPE_CHECKING:
    from tests.chaos.stack import Stack

_KEY = 86_011_502_7


class Gate:
    """Closed until opened; whoever comes waits in PostgreSQL."""

    def __init__(self, holder: "psycopg.Connection[Any]") -> None:
        self._holder = holder

    def caught(self, *, within: float = 30) -> str:
        """The name of the program that waits here."""
        query = (
            "select a.application_name from pg_locks l join pg_stat_activity a using (pid)"
            " where l.locktype = 'advisory' and not l.granted and l.objid = %s"
        )

        def look() -> str:
            row = self._holder.execute(query, [_KEY]).fetchone()
            return row[0] if row else ""

        return until(look, within=within, what="somebody comes to the gate", every=0.01)

    def open(self) -> None:
        """Those who wait go on, the dead ones too: the server has their statement already."""
        self._holder.execute("select pg_advisory_unlock_all()")


@contextmanager
def gate(stack: "Stack", table: str, when: str, *, at_commit: bool = False) -> Iterator[Gate]:
    """Closed for transactions that write a row of `table` for which `when` (SQL over `new`) holds.

    They wait right after the statement, or in their COMMIT: past the point where the client can take it back.
    """
    deferred = "deferrable initially deferred" if at_commit else ""
    with stack.connect() as holder:
        holder.execute("select pg_advisory_lock(%s)", [_KEY])
        holder.execute(
            "create or replace function chaos_wait() returns trigger language plpgsql as"
            f" $$ begin perform pg_advisory_xact_lock_shared({_KEY}); return null; end $$"
        )
        holder.execute(
            f"create constraint trigger chaos_gate after insert or update on {table} {deferred}"
            f" for each row when ({when}) execute function chaos_wait()"
        )
        closed = Gate(holder)
        try:
            yield closed
        finally:
            closed.open()
            holder.execute(f"drop trigger if exists chaos_gate on {table}")
