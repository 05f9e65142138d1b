"""The statements of the engine in bare psycopg: two processes of eight threads, and hardly any Python."""

import multiprocessing
import threading
import time
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import psycopg

from benchmarks.queue.recording import Slot, Step
from benchmarks.queue.workers import PROCESSES, THREADS


def replay(url: str, steps: Sequence[Step], prepare_threshold: int | None) -> tuple[float, float]:
    """Replays the steps for one queued task after the other until none is left: seconds by the clock, and of CPU."""
    context = multiprocessing.get_context("spawn")
    start, results = context.Barrier(PROCESSES + 1), context.Queue()
    given = (url, steps, prepare_threshold, start, results)
    processes = [context.Process(target=_process, args=given) for _ in range(PROCESSES)]
    for process in processes:
        process.start()
    start.wait(60)
    began = time.perf_counter()
    done = [results.get(timeout=120) for _ in processes]
    seconds = time.perf_counter() - began
    for process in processes:
        process.join()
    return seconds, sum(done)


def _process(url: str, steps: Sequence[Step], prepare_threshold: int | None, start: Any, results: Any) -> None:
    connections = [psycopg.connect(url, prepare_threshold=prepare_threshold) for _ in range(THREADS)]
    threads = [threading.Thread(target=_drain, args=(one, steps)) for one in connections]
    start.wait(60)
    began = time.process_time()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    results.put(time.process_time() - began)


def _drain(connection: psycopg.Connection, steps: Sequence[Step]) -> None:
    with connection, connection.cursor() as prepared, psycopg.ClientCursor(connection) as plain:
        cursors = [plain if step.client_side else prepared for step in steps]
        while _run(connection, cursors, steps):
            pass


def _run(connection: psycopg.Connection, cursors: Sequence[psycopg.Cursor], steps: Sequence[Step]) -> bool:
    """One task; False when the claim finds none."""
    ids: dict[str, Any] = {}
    for cursor, step in zip(cursors, steps, strict=True):
        if connection.autocommit != step.alone:
            connection.autocommit = step.alone
        cursor.execute(step.sql, _filled(step.params, ids), binary=step.binary)
        if step.learns:
            row = cursor.fetchone()
            if row is None:
                return False
            for name, column in step.learns.items():
                ids[name] = row[column]
        if step.ends_transaction and not step.alone:
            connection.commit()
    return True


def _filled(params: Any, ids: dict[str, Any]) -> Any:
    if params is None:
        return None
    if isinstance(params, dict):
        return {key: _value(value, ids) for key, value in params.items()}
    return [_value(value, ids) for value in params]


def _value(param: Any, ids: dict[str, Any]) -> Any:
    if not isinstance(param, Slot):
        return param
    value = ids.setdefault(param.name, None) or ids.setdefault(f"new {param.name}", uuid4())
    return str(value) if param.as_text else value
