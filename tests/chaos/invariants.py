"""What must be true whatever was broken, looked up by the tables' owner, past all policies."""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg

from tests.chaos.harness import Broken, expect
from tests.chaos.people import text

if TYPE_CHECKING:
    from tests.chaos.stack import Stack

# Each finds rows that must not be there: (what is broken, query for the ids of those it is broken for).
QUERIES = {
    "a job over without a cause": """
        select id from jobs_job where status = 'deadletter' and (error_code = '' or error_detail = '')""",
    "a job neither over nor at work": """
        select id from jobs_job j where status in ('queued', 'working', 'retryable') and not held and not exists (
            select from jobs_task t where t.job_id = j.id and t.status in ('queued', 'working', 'retryable'))""",
    "a job that is over with live tasks": """
        select distinct j.id from jobs_job j join jobs_task t on t.job_id = j.id
        where j.status in ('done', 'deadletter', 'cancelled') and t.status in ('queued', 'working', 'retryable')""",
    "a job done without a result, or with two": """
        select j.id from jobs_job j left join analysis_result r on r.job_id = j.id
        where j.status = 'done' and j.pipeline = 'document' group by j.id having count(r.id) <> 1""",
    "a job done with a part that is not": """
        select distinct j.id from jobs_job j join jobs_task t on t.job_id = j.id
        where j.status = 'done' and t.status <> 'done'""",
    "a task at work past twice its lease": """
        select job_id from jobs_task
        where status = 'working' and lease_expires_at < now() - %(lease)s * interval '1 s'""",
    "a story with a gap": """
        select j.id from jobs_job j left join jobs_event e on e.job_id = j.id group by j.id
        having count(e.seq) <> j.event_count or min(e.seq) <> 1 or max(e.seq) <> j.event_count""",
    "a stage that ended twice": """
        select j.id from jobs_job j join jobs_event e on e.job_id = j.id where e.type = 'stage.finished'
        group by j.id, e.data->>'stage'
        having count(*) > 1 + (select count(*) from jobs_event r where r.job_id = j.id and r.type = 'job.retried')""",
    "a job that ended twice": """
        select job_id from jobs_event where type in ('job.done', 'job.deadletter', 'job.cancelled')
        group by job_id having count(*) >
            1 + (select count(*) from jobs_event r where r.job_id = jobs_event.job_id and r.type = 'job.retried')""",
    "a page that is there twice or not at all": """
        select d.id from documents_document d left join documents_page p on p.document_id = d.id
        join jobs_job j on j.document_id = d.id and j.status = 'done'
        group by d.id, j.id having count(p.id) <> d.page_count""",
}


def check(stack: "Stack") -> None:
    """Raises Broken with all that is broken."""
    broken = [*_by_query(stack), *_promises(stack), *_bytes(stack)]
    if broken:
        raise Broken("; ".join(broken))


def _by_query(stack: "Stack") -> list[str]:
    with stack.connect() as connection:
        return broken_rows(connection, float(stack.env["JOBS_LEASE_SECONDS"]))


def broken_rows(connection: "psycopg.Connection[Any]", lease: float) -> list[str]:
    """What is broken in the rows that this connection sees; `lease` in seconds."""
    found = []
    for what, query in QUERIES.items():
        if rows := connection.execute(query, {"lease": lease}).fetchall():
            found.append(f"{what} ({len(rows)}, such as {rows[0][0]})")
    return found


def _promises(stack: "Stack") -> list[str]:
    """Each accepted upload has its job, its document and the right hash."""
    kept = dict(
        stack.sql("select j.id::text, d.sha256 from jobs_job j join documents_document d on d.id = j.document_id")
    )
    lost = [job for job, sha256 in stack.accepted.items() if kept.get(job) != sha256]
    return [f"an accepted upload that is lost ({len(lost)}, such as job {lost[0]})"] if lost else []


def _bytes(stack: "Stack") -> list[str]:
    """Each document has its bytes; those in a folder are compared."""
    if "STORAGE_URL" in stack.env:
        return []
    rows = stack.sql("select storage_key, sha256 from documents_document")
    wrong = [key for key, sha256 in rows if _hash(stack.media / key) != sha256]
    return [f"bytes that are gone or others ({len(wrong)}, such as {wrong[0]})"] if wrong else []


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else ""


def orphans(stack: "Stack") -> set[str]:
    """Files in the storage that belong to no document."""
    known = {key for (key,) in stack.sql("select storage_key from documents_document")}
    found = {str(path.relative_to(stack.media)) for path in stack.media.rglob("*") if path.is_file()}
    return {key for key in found - known if not Path(key).name.startswith(".")}


class Bystander:
    """Cora's rows in all tables, who wrote them last included: nothing of what happens to others may touch them."""

    def __init__(self, stack: "Stack") -> None:
        self._stack = stack
        cora = stack.person("cora")
        stack.done(cora.submit(text(0)), within=60)
        self._workspace = cora.workspace
        cora.http.close()
        self._before = self._rows()

    def check(self) -> None:
        changed = [table for table, rows in self._rows().items() if rows != self._before[table]]
        expect(not changed, f"rows of another tenant changed in {', '.join(changed)}")

    def _rows(self) -> dict[str, str]:
        tables = self._stack.sql(
            "select table_name from information_schema.columns where table_schema = 'public'"
            " and column_name = 'workspace_id' order by 1"
        )
        return {table: str(self._digest(table)) for (table,) in tables}

    def _digest(self, table: str) -> object:
        query = "select md5(string_agg(t.xmin::text || t::text, '|' order by t::text))"
        return self._stack.one(f'{query} from "{table}" t where workspace_id = %s', self._workspace)
