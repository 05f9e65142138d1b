from django.db import migrations

# Small tasks cost less to do than to claim and to commit, so a worker takes several of them at once. The first is the one
# whose turn it is, of whatever stage; the others are small ones that follow closely. One that was tried before is
# alone: whatever it does to its worker is not done to others. Only what is taken is locked, so that nobody else goes
# away empty-handed from tasks that stay.
TAKE = """
CREATE FUNCTION jobs_take(queues text[], lease_seconds float8, stages jsonb, small text[], at_most int)
RETURNS TABLE (task jobs_task, job jobs_job)
LANGUAGE plpgsql SET vouch.role = 'sweeper' AS $$
DECLARE
    queue_name text;
    leader jobs_task;
    chosen bigint[];
BEGIN
    -- A claim that a crash of the server undoes was never made: nobody waits for it to reach the disk.
    PERFORM set_config('synchronous_commit', 'off', true);
    FOREACH queue_name IN ARRAY queues LOOP
        SELECT * INTO leader FROM jobs_task
        WHERE queue = queue_name AND status = 'queued'
            AND NOT EXISTS (SELECT FROM jobs_queuepause WHERE jobs_queuepause.queue = queue_name)
        ORDER BY priority, turn, id
        LIMIT 1
        FOR UPDATE SKIP LOCKED;
        CONTINUE WHEN NOT FOUND;
        chosen := ARRAY[leader.id];
        IF at_most > 1 AND leader.attempts = 0 AND leader.stage = ANY (small) THEN
            chosen := chosen || ARRAY(
                SELECT id FROM jobs_task
                WHERE status = 'queued' AND attempts = 0 AND stage = ANY (small) AND id <> leader.id AND id IN (
                    SELECT id FROM jobs_task WHERE queue = queue_name AND status = 'queued'
                    ORDER BY priority, turn, id LIMIT 8 * at_most
                )
                ORDER BY priority, turn, id
                LIMIT at_most - 1
                FOR UPDATE SKIP LOCKED
            );
        END IF;
        FOR task IN
            UPDATE jobs_task
            SET status = 'working', attempts = attempts + 1, lease = gen_random_uuid(), started_at = clock_timestamp(),
                lease_expires_at = clock_timestamp() + make_interval(secs => lease_seconds)
            WHERE id = ANY (chosen)
            RETURNING *
        LOOP
            SELECT * INTO job FROM jobs_show(task.id, stages, false);
            RETURN NEXT;
        END LOOP;
        RETURN;
    END LOOP;
END
$$
"""
# Jobs are locked in the order of their ids, and before their tasks, as everywhere. From here on the transaction sees the
# workspace.
FENCE = """
CREATE FUNCTION jobs_fence(
    workspace uuid, job_ids uuid[], task_ids bigint[], task_leases uuid[],
    new_status text, code text, detail text, wait_seconds float8
) RETURNS TABLE (task_id bigint, job jobs_job)
LANGUAGE plpgsql SET vouch.role = 'sweeper' AS $$
DECLARE
    locked jobs_job[];
BEGIN
    PERFORM set_config('vouch.workspaces', workspace::text, true);
    locked := ARRAY(SELECT jobs_job FROM jobs_job WHERE id = ANY (job_ids) ORDER BY id FOR UPDATE);
    RETURN QUERY
    WITH ended AS (
        UPDATE jobs_task
        SET lease = NULL, lease_expires_at = NULL, status = new_status, error_code = code, error_detail = detail,
            due_at = statement_timestamp() + make_interval(secs => wait_seconds),
            finished_at = CASE WHEN new_status <> 'retryable' THEN statement_timestamp() END
        FROM unnest(task_ids, task_leases) AS mine (id, lease)
        WHERE jobs_task.id = mine.id AND jobs_task.lease = mine.lease AND jobs_task.status = 'working'
        RETURNING jobs_task.id, jobs_task.job_id
    )
    SELECT ended.id, one FROM ended JOIN unnest(locked) AS one ON one.id = ended.job_id;
END
$$
"""


# The turn that is served now is free for a workspace that has nothing in the queue: it is next, not after the next.
NEXT_TURN = """
CREATE OR REPLACE FUNCTION jobs_next_turn(queue_name text, task_priority smallint, workspace uuid) RETURNS bigint
LANGUAGE sql STABLE SET vouch.role = 'sweeper' AS $$
    SELECT greatest(
        coalesce((
            SELECT turn FROM jobs_task
            WHERE queue = queue_name AND priority = task_priority AND status = 'queued'
            ORDER BY turn, id LIMIT 1
        ), 0),
        1 + (
            SELECT turn FROM jobs_task
            WHERE queue = queue_name AND priority = task_priority AND workspace_id = workspace AND status = 'queued'
            ORDER BY turn DESC LIMIT 1
        )
    )
$$
"""


def _earlier(apps, schema_editor):
    """The functions as earlier migrations made them."""
    from importlib import import_module

    claims, turns = import_module("jobs.migrations.0007_claims"), import_module("jobs.migrations.0003_virtual_time")
    schema_editor.execute("DROP FUNCTION jobs_next_turn(text, smallint, uuid)")
    for function in (turns.NEXT_TURN, claims.TAKE, claims.FENCE):
        schema_editor.execute(function)


class Migration(migrations.Migration):
    dependencies = [("jobs", "0007_claims")]
    operations = [
        migrations.RunPython(migrations.RunPython.noop, _earlier),
        migrations.RunSQL("DROP FUNCTION jobs_take(text, float8, jsonb)", migrations.RunSQL.noop),
        migrations.RunSQL(
            "DROP FUNCTION jobs_fence(uuid, uuid, bigint, uuid, text, text, text, float8)", migrations.RunSQL.noop
        ),
        migrations.RunSQL(TAKE, "DROP FUNCTION jobs_take(text[], float8, jsonb, text[], int)"),
        migrations.RunSQL(FENCE, "DROP FUNCTION jobs_fence(uuid, uuid[], bigint[], uuid[], text, text, text, float8)"),
        migrations.RunSQL(NEXT_TURN, migrations.RunSQL.noop),
    ]
