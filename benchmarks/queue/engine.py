"""Our engine in this process: submits and runs the jobs that are copied, and records what it asks of the database."""

from uuid import UUID

import dramatiq
import psycopg
from dramatiq.message import generate_unique_id

from benchmarks.queue import pipeline
from benchmarks.queue.recording import Step, record
from benchmarks.queue.replay import Binding


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


def message() -> dramatiq.Message:
    """The message by which the engine wakes a worker up."""
    client = dramatiq.get_broker().client
    client.flushdb()
    submit()
    [data] = client.hvals(f"dramatiq:{pipeline.QUEUE}.msgs")
    client.flushdb()
    return dramatiq.Message.decode(data)


def another(message: dramatiq.Message) -> dramatiq.Message:
    return message.copy(message_id=generate_unique_id())


def binding() -> Binding:
    """How Django's connection hands over parameters, so that the replay does it alike."""
    from django.db import connection

    connection.ensure_connection()
    bare = connection.connection
    client_side = issubclass(bare.cursor_factory, psycopg.ClientCursor)
    return Binding(client_side=client_side, prepare_threshold=bare.prepare_threshold)
