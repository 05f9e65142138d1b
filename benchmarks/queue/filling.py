"""Queued and finished jobs by the thousand, as copies of one that the product itself submitted or ran."""

from uuid import UUID

import psycopg

from benchmarks.queue.recording import FIRST_ID

TENANTS = 1_500  # each with one user; jobs go round them, as in a service with many customers
_TASKS_PER_JOB, _EVENTS_TIMES = 10, 3  # of a finished job: as a document of some dozen pages has


def prepare_numbers(owner: psycopg.Connection) -> None:
    """Ids of tasks and users begin where no other number of a statement comes."""
    owner.execute(f"alter sequence jobs_task_id_seq restart with {FIRST_ID + 1_000_000}")
    owner.execute(f"alter sequence documents_user_id_seq restart with {FIRST_ID}")


def keep_first_user(owner: psycopg.Connection) -> None:
    """Removes all jobs, and all users but the first."""
    owner.execute("truncate jobs_event, jobs_task, jobs_job cascade")
    owner.execute("delete from documents_membership where user_id <> (select min(id) from documents_user)")
    owner.execute("delete from documents_workspace where personal_owner_id <> (select min(id) from documents_user)")
    owner.execute("delete from documents_user where id <> (select min(id) from documents_user)")


def tenants(owner: psycopg.Connection) -> None:
    """Users and workspaces like the first one; table `tenant` (n, user_id, workspace_id) lists all."""
    owner.execute(
        "create unlogged table tenant as"
        " select 0 as n, personal_owner_id as user_id, id as workspace_id from documents_workspace"
    )
    owner.execute(
        "insert into tenant select n, nextval('documents_user_id_seq'), gen_random_uuid()"
        f" from generate_series(1, {TENANTS - 1}) n"
    )
    whose = {"user_id": "t.user_id", "workspace_id": "t.workspace_id"}
    for table, changes in {
        "documents_user": {"id": "t.user_id", "username": "'tenant ' || n"},
        "documents_workspace": {"id": "t.workspace_id", "personal_owner_id": "t.user_id", "name": "'tenant ' || n"},
        "documents_membership": {"id": "1000 + n"} | whose,
    }.items():
        source = f"(select * from {table} limit 1) original join tenant t on n > 0"
        _copy(owner, table, source, changes)
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
    _clones(owner, count, "nextval('jobs_task_id_seq') as task_id")
    whose = {"workspace_id": "c.workspace_id", "job_id": "c.job_id"}
    mine = {"id": "c.job_id", "workspace_id": "c.workspace_id", "created_by_id": "c.user_id"}
    _copies(owner, "waiting", "jobs_job", mine)
    _copies(owner, "waiting", "jobs_task", whose | {"id": "c.task_id", "turn": f"original.turn + c.i / {TENANTS}"})
    _copies(owner, "waiting", "jobs_event", whose | {"id": "nextval('jobs_event_id_seq')"})
    for table in ("jobs_job", "jobs_task", "jobs_event"):
        owner.execute(f"analyze {table}")


def history(owner: psycopg.Connection, tasks: int) -> None:
    """A past year of `tasks` finished tasks: copies of the job `finished`, with more tasks and events than it had."""
    with owner.transaction():
        owner.execute("set local session_replication_role = replica")  # no checks of foreign keys, row by row
        _clones(owner, tasks // _TASKS_PER_JOB, "now() - random() * interval '1 year' as at")
        times = dict.fromkeys(("created_at", "started_at", "finished_at"), "c.at")
        whose = {"workspace_id": "c.workspace_id", "job_id": "c.job_id"}
        mine = {"id": "c.job_id", "workspace_id": "c.workspace_id", "created_by_id": "c.user_id"}
        _copies(owner, "finished", "jobs_job", times | mine)
        more = f" cross join generate_series(0, {_TASKS_PER_JOB - 1}) n"
        numbered = {"id": "nextval('jobs_task_id_seq')", "part": "n", "parts": str(_TASKS_PER_JOB)}
        _copies(owner, "finished", "jobs_task", times | whose | numbered, more)
        more = f" cross join generate_series(0, {_EVENTS_TIMES - 1}) n"
        numbered = {"id": "nextval('jobs_event_id_seq')", "seq": "original.seq + 10 * n", "created_at": "c.at"}
        _copies(owner, "finished", "jobs_event", whose | numbered, more)
    owner.execute("vacuum analyze")


def _clones(owner: psycopg.Connection, count: int, more: str) -> None:
    """The temporary table `clone`: an id and a tenant for each job to be made."""
    owner.execute(
        "create temporary table clone on commit drop as"
        f" select i, gen_random_uuid() as job_id, user_id, workspace_id, {more}"
        f" from generate_series(0, {count - 1}) i join tenant on n = mod(i, {TENANTS})"
    )


def _copies(owner: psycopg.Connection, name: str, table: str, changes: dict[str, str], more: str = "") -> None:
    _copy(owner, table, f"{name}_{table} original cross join clone c{more}", changes)


def _copy(owner: psycopg.Connection, table: str, source: str, changes: dict[str, str]) -> None:
    """Rows of whatever columns the table has, with other values in some of them."""
    columns = [column.name for column in owner.execute(f"select * from {table} limit 0").description or ()]
    values = ", ".join(changes.get(name, f"original.{name}") for name in columns)
    owner.execute(f"insert into {table} ({', '.join(columns)}) select {values} from {source}")
