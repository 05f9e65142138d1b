"""A storage that hands out bytes only when told to: tasks stand still in the midst of their work."""

import os
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tests.chaos.harness import until
from tests.chaos.people import Person

if TYPE_CHECKING:
    from tests.chaos.stack import Stack


@contextmanager
def stalled(stack: "Stack", person: Person) -> Iterator[tuple[str, Callable[[], None]]]:
    """A job whose first task is at work and waits for its document's bytes; and what lets them come.

    The document's file is a pipe meanwhile: whoever opens it waits until somebody writes.
    """
    stack.sql("insert into jobs_queuepause (queue, since, reason) values ('default', now(), 'the storage stalls')")
    job = person.submit()
    key = stack.one(
        "select storage_key from documents_document d join jobs_job j on j.document_id = d.id where j.id = %s", job
    )
    path = stack.media / key
    data = path.read_bytes()
    path.unlink()
    os.mkfifo(path)
    stack.sql("delete from jobs_queuepause")
    until(lambda: _at_work(stack, job), within=30, what="a worker takes the job")
    try:
        yield job, lambda: _feed(path, data)
    finally:
        _feed(path, data)


def _at_work(stack: "Stack", job: str) -> bool:
    return bool(stack.one("select count(*) from jobs_task where job_id = %s and status = 'working'", job))


def _feed(path: Path, data: bytes) -> None:
    """The file is a file again, and all who wait at the pipe read the bytes."""
    if not stat.S_ISFIFO(path.stat().st_mode):
        return
    pipe = path.with_name("pipe")
    path.rename(pipe)
    path.write_bytes(data)
    deadline = time.monotonic() + 2
    while time.monotonic() < deadline:  # one reader after the other; each gets all of it
        try:
            with os.fdopen(os.open(pipe, os.O_WRONLY | os.O_NONBLOCK), "wb") as end:
                end.write(data)
        except OSError:  # nobody waits any more
            break
        time.sleep(0.05)
    pipe.unlink()
