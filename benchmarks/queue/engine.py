"""Our engine in this process: submits and runs the jobs that are copied, and records what it asks of the database."""

from collections import Counter
from uuid import UUID

import dramatiq

from benchmarks.queue import pipeline
from benchmarks.queue.recording import Recorded, record


def submit(number: int = 0) -> UUID:
    """A job of one of the benchmark's users, submitted as the product does it."""
    from documents import tenancy
    from documents.models import User
    from jobs import control

    user, _ = User.objects.get_or_create(username=f"benchmark {number}")
    workspace = tenancy.personal_workspace(user)
    with tenancy.as_workspace(workspace.id):
        return control.submit(workspace_id=workspace.id, pipeline_name=pipeline.NAME, user=user).pk


def run() -> int:
    """Runs as many tasks as a worker takes at once; returns how many those were."""
    from jobs import runner

    return runner.run(pipeline.QUEUE)


def submit_and_run() -> UUID:
    job_id = submit()
    run()
    return job_id


def recorded() -> Recorded:
    """What tasks of as many workspaces cost the database when a worker takes them together, for each number of them."""
    from jobs.runner import TOGETHER

    submit_and_run()  # so that nothing is asked for the first time
    found = {}
    for count in range(1, TOGETHER + 1):
        for number in range(count):
            submit(number)
        found[count] = record(run)
    return found


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
