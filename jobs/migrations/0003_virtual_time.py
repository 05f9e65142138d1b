from django.db import migrations

# A tenant's transaction doesn't see other tenants' tasks, but its place among them depends on their turns. The
# functions run with the sweeper's sight for their own duration, and give nothing away but a number.
VIRTUAL_TIME = """
CREATE FUNCTION jobs_virtual_time(queue_name text, task_priority smallint) RETURNS bigint
LANGUAGE sql STABLE SET vouch.role = 'sweeper' AS $$
    SELECT coalesce((
        SELECT turn FROM jobs_task
        WHERE queue = queue_name AND priority = task_priority AND status = 'queued'
        ORDER BY turn, id LIMIT 1
    ), 0)
$$
"""
NEXT_TURN = """
CREATE FUNCTION jobs_next_turn(queue_name text, task_priority smallint, workspace uuid) RETURNS bigint
LANGUAGE sql STABLE SET vouch.role = 'sweeper' AS $$
    SELECT 1 + greatest(
        coalesce((
            SELECT turn FROM jobs_task
            WHERE queue = queue_name AND priority = task_priority AND status = 'queued'
            ORDER BY turn, id LIMIT 1
        ), 0),
        (
            SELECT turn FROM jobs_task
            WHERE queue = queue_name AND priority = task_priority AND workspace_id = workspace AND status = 'queued'
            ORDER BY turn DESC LIMIT 1
        )
    )
$$
"""


class Migration(migrations.Migration):
    dependencies = [("jobs", "0002_under_fire")]
    operations = [
        migrations.RunSQL(VIRTUAL_TIME, "DROP FUNCTION jobs_virtual_time(text, smallint)"),
        migrations.RunSQL(NEXT_TURN, "DROP FUNCTION jobs_next_turn(text, smallint, uuid)"),
    ]
