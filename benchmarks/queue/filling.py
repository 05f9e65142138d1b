"""Queued and finished jobs by the thousand, as copies of one that the product itself submitted or ran."""

from uuid import UUID

import psycopg

from benchmarks.queue.recording import FIRST_ID

TENANTS = 1_500  # each with one user; jobs go round them, as in a service with many customers

# jsonb_populate_record copies a row of whatever columns it has and puts other values in place of some.
_COPY = """
insert into {table}
select copy.* from {source}
cross join lateral jsonb_populate_record(null::{table}, to_jsonb(original) || jsonb_build_object({changes})) copy
"""


def number_from(owner: psycopg.Connection, table: str, first: int) -> None:
    owner.execute(f"alter sequence {table}_id_seq restart with {first}")


def prepare_numbers(owner: psycopg.Connection) -> None:
    """Ids of tasks and users begin where no other number of a statement comes."""
    number_from(owner, "jobs_task", FIRST_ID + 1_000_000)
    number_from(owner, "documents_user", FIRST_ID)


def tenants(owner: psycopg.Connection) -> None:
    """Users and workspaces like the first one; table `tenant` (n, user_id, workspace_id) lists all."""
    owner.execute("create unlogged table tenant as select 0 as n, w.personal_owner_id as user_id, w.id as workspace_id"
                  " from documents_workspace w")  # fmt: skip
    owner.execute(
        "insert into tenant select n, nextval('documents_user_id_seq'), gen_random_uuid()"
        f" from generate_series(1, {TENANTS - 1}) n"
    )
    for table, changes in {
        "documents_user": "'id', t.user_id, 'username', 'tenant ' || n",
        "documents_workspace": "'id', t.workspace_id, 'personal_owner_id', t.user_id, 'name', 'tenant ' || n",
        "documents_membership": "'id', 1000 + n, 'workspace_id', t.workspace_id, 'user_id', t.user_id",
    }.items():
        source = f"(select * from {table} limit 1) original cross join tenant t"
        owner.execute(_COPY.format(table=table, source=source, changes=changes) + " where n > 0")
    owner.execute("create index on tenant (n)")
    owner.execute("analyze")


def keep(owner: psycopg.Connection, job_id: UUID, name: str) -> None:
    """Puts a job aside, to be copied from tables of that name."""
    for table in ("jobs_event", "jobs_task", "jobs_job"):
        key = "id" if table == "jobs_job" else "job_id"
        owner.execute(f"create unlogged table {name}_{table} as select * from {table} where {key} = '{job_id}'")
        owner.execute(f"delete from {table} where {key} = '{job_id}'")


def queue(owner: psycopg.Connection, count: int) -> None:
    """`count` copies of the job `waiting`, with its first task and event, as many turns as a tenant has jobs in it.

    In a transaction that the caller commits.
    """
    owner.execute("begin")
    owner.execute(
        "create temporary table clone on commit drop as"
        " select i, gen_random_uuid() as job_id, nextval('jobs_task_id_seq') as task_id, user_id, workspace_id"
        f" from generate_series(0, {count - 1}) i join tenant on n = mod(i, {TENANTS})"
    )
    whose = "'workspace_id', c.workspace_id, 'job_id', c.job_id"
    mine = "'id', c.job_id, 'workspace_id', c.workspace_id, 'created_by_id', c.user_id"
    _copies(owner, "waiting", "jobs_job", mine)
    _copies(owner, "waiting", "jobs_task", f"{whose}, 'id', c.task_id, 'turn', original.turn + c.i / {TENANTS}")
    _copies(owner, "waiting", "jobs_event", f"{whose}, 'id', nextval('jobs_event_id_seq')")
    for table in ("jobs_job", "jobs_task", "jobs_event"):
        owner.execute(f"analyze {table}")


def _copies(owner: psycopg.Connection, name: str, table: str, changes: str) -> None:
    source = f"{name}_{table} original cross join clone c"
    owner.execute(_COPY.format(table=table, source=source, changes=changes))


def history(owner: psycopg.Connection, tasks: int, *, tasks_per_job: int = 5) -> None:
    """A past of `tasks` finished tasks: copies of the job `finished` with several tasks and three times the events."""
    with owner.transaction():
        owner.execute("set local session_replication_role = replica")  # no checks of foreign keys, row by row
        owner.execute(
            "create temporary table clone on commit drop as"
            " select i, gen_random_uuid() as job_id, user_id, workspace_id, now() - random() * interval '1 year' as at"
            f" from generate_series(1, {tasks // tasks_per_job}) i join tenant on n = mod(i, {TENANTS})"
        )
        mine = "'workspace_id', c.workspace_id, 'created_at', c.at, 'started_at', c.at, 'finished_at', c.at"
        _copies(owner, "finished", "jobs_job", f"{mine}, 'id', c.job_id, 'created_by_id', c.user_id")
        for part in range(tasks_per_job):
            task = f"'job_id', c.job_id, 'id', nextval('jobs_task_id_seq'), 'part', {part}, 'parts', {tasks_per_job}"
            _copies(owner, "finished", "jobs_task", f"{mine}, {task}")
        for run in range(3):
            event = f"'job_id', c.job_id, 'id', nextval('jobs_event_id_seq'), 'seq', original.seq + 10 * {run}"
            _copies(owner, "finished", "jobs_event", f"'workspace_id', c.workspace_id, 'created_at', c.at, {event}")
    owner.execute("vacuum analyze")
