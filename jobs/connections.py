"""Connections that long-lived threads keep: one that the server has closed is replaced before it is used."""

import select

from django.db import connections


def drop_dead() -> None:
    """Closes this thread's connections that the server has closed while they were idle; the next query opens new ones.

    Costs no question to the server: on an idle connection nothing comes in but its end.
    """
    for connection in connections.all(initialized_only=True):
        raw = connection.connection
        if raw is not None and not connection.in_atomic_block and (raw.closed or _is_readable(raw.fileno())):
            connection.close()


def _is_readable(descriptor: int) -> bool:
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(0))
