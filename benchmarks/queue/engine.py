"""Our engine in this process: submits and runs the jobs that are copied, and records what it asks of the database."""

from collections import Counter
from uuid import UUID

import dramatiq

from benchmarks.queue import pipeline
from benchmarks.queue.recording import Step, record


def submit() -> UUID:
    """A job of the benchmark's user, submitted as the product does it."""
    from documents import tenancy
    from documents.models import User
    from jobs import control

    user, _ = User.objects.get_or_create(username="benchmark")
    workspace = tenancy.personal_workspace(user)
    with tenancy.as_workspace(workspace.id):
        return control.submit(workspace_id=workspace.id, pipeline_name=pipeline.NAME, user=user).pk


def run_one() -> None:
    from jobs import runner

    runner.run(pipeline.QUEUE)


def submit_and_run() -> UUID:
    job_id = submit()
    run_one()
    return job_id


def recorded() -> list[Step]:
    """What one task costs the database. One has run before, so that nothing is asked for the first time."""
    submit_and_run()
    submit()
    return record(run_one)


def wake(broker: dramatiq.Broker, tasks: int) -> None:
    """Wakes workers up for so many new tasks, as the engine does on commit, at a broker that is not this process's."""
    from jobs import dispatch

    own = dramatiq.get_broker()
    dramatiq.set_broker(broker)
    try:
        dispatch.send(Counter({pipeline.QUEUE: tasks}))
    finally:
        dramatiq.set_broker(own)


def prepare_threshold() -> int | None:
    """After how many uses the engine's connections prepare a statement."""
    from django.db import connection

    connection.ensure_connection()
    return connection.connection.prepare_threshold
