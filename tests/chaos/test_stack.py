"""The quick faults against the real stack, and that the invariants notice what is broken."""

import pytest

from tests.chaos import invariants
from tests.chaos.faults_requests import one_key, races
from tests.chaos.faults_servers import flushed
from tests.chaos.faults_workers import killed_at, killed_while_uploading
from tests.chaos.harness import Broken
from tests.chaos.stack import LEASE, stack

# What makes each of the invariants' queries find something.
BREAKING = {
    "a job over without a cause": "update jobs_job set status = 'deadletter', error_code = ''",
    "a job neither over nor at work": "update jobs_job set status = 'working'",
    "a job that is over with live tasks": "update jobs_task set status = 'retryable'",
    "a job done without a result, or with two": "delete from analysis_field; delete from analysis_correction;"
    " delete from analysis_result",
    "a job done with a part that is not": "update jobs_task set status = 'cancelled'",
    "a task at work past twice its lease": "update jobs_task set status = 'working',"
    " lease_expires_at = now() - interval '4 s'",
    "a story with a gap": "delete from jobs_event where seq = 2",
    "a stage that ended twice": "update jobs_event set type = 'stage.finished', data = '{\"stage\": \"parsed\"}'",
    "a job that ended twice": "update jobs_event set type = 'job.done'",
    "a page that is there twice or not at all": "update documents_document set page_count = 2",
}


@pytest.mark.long
def test_the_real_stack_keeps_its_promises_and_is_caught_when_it_does_not():
    """One test, for one stack: starting it takes longer than breaking it."""
    with stack() as running:
        anna = running.person("anna")
        for moment in ("saving", "committing"):
            killed_at(running, anna, "read", moment)
        flushed(running, anna)
        one_key(running, 20)
        races(running, 3)
        assert killed_while_uploading(running, anna, at_commit=False) == 1  # bytes that the cleaning will find
        running.all_over(within=30)
        _notices_broken_rows(running)
        _notices_lost_bytes(running)


def _notices_broken_rows(running):
    assert BREAKING.keys() == invariants.QUERIES.keys()
    for what, sql in BREAKING.items():
        with running.connect() as connection, connection.transaction(force_rollback=True):
            connection.execute(sql)
            found = invariants.broken_rows(connection, LEASE)
        assert any(one.startswith(what) for one in found), f"nobody noticed {what}"


def _notices_lost_bytes(running):
    key = running.one("select storage_key from documents_document limit 1")
    path = running.media / key
    bytes_ = path.read_bytes()
    path.write_bytes(b"others")
    with pytest.raises(Broken, match=r"bytes that are gone or others \(1"):
        invariants.check(running)
    path.write_bytes(bytes_)
