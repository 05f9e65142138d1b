"""Whose turn it is: fair order among workspaces, as start-time fair queueing has it.

Each queue has a virtual time for each priority: the lowest turn that waits. A task gets the turn after its
workspace's last waiting one, or the virtual time if that is later. So ten thousand tasks of one workspace stand in ten
thousand turns, and another's one task stands in the first. Two functions in the database tell both, for a
tenant's transaction doesn't see the tasks of others; they are made by a migration.
"""

from uuid import UUID

from django.db.models import F, Func

from documents import sql

_NEXT = "select jobs_next_turn(%(queue)s::text, %(priority)s::smallint, %(workspace)s::uuid)"


def following(queue: str, priority: int, workspace_id: UUID) -> int:
    """The next free turn of a workspace in a queue.

    Two transactions at once may get the same: tasks of the same turn go by their ids.
    """
    [(turn,)] = sql.rows(_NEXT, {"queue": queue, "priority": priority, "workspace": workspace_id})
    return int(turn)


class Next(Func):
    """The next free turn of each row's workspace in its queue and priority."""

    function = "jobs_next_turn"

    def __init__(self) -> None:
        super().__init__(F("queue"), F("priority"), F("workspace_id"))


class Now(Func):
    """The virtual time of each row's queue and priority: whoever gets it is next."""

    function = "jobs_virtual_time"

    def __init__(self) -> None:
        super().__init__(F("queue"), F("priority"))
