"""The statements of the engine in bare psycopg: two processes of eight threads, and hardly any Python."""

import multiprocessing
import threading
import time
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import psycopg

from benchmarks.queue.recording import Recorded, Slot, Text
from benchmarks.queue.workers import PROCESSES, THREADS


def replay(url: str, recorded: Recorded, prepare_threshold: int | None) -> tuple[float, float]:
    """Replays the steps for queued tasks until none is left: seconds by the clock, and of CPU."""
    context = multiprocessing.get_context("spawn")
    start, results = context.Barrier(PROCESSES + 1), context.Queue()
    given = (url, recorded, prepare_threshold, start, results)
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


def _process(url: str, recorded: Recorded, prepare_threshold: int | None, start: Any, results: Any) -> None:
    connections = [psycopg.connect(url, prepare_threshold=prepare_threshold) for _ in range(THREADS)]
    threads = [threading.Thread(target=_drain, args=(one, recorded)) for one in connections]
    start.wait(60)
    began = time.process_time()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    results.put(time.process_time() - began)


def _drain(connection: psycopg.Connection, recorded: Recorded) -> None:
    with connection, connection.cursor() as prepared, psycopg.ClientCursor(connection) as plain:
        while _run(connection, {False: prepared, True: plain}, recorded):
            pass


def _run(connection: psycopg.Connection, cursors: Mapping[bool, psycopg.Cursor], recorded: Recorded) -> bool:
    """As many tasks as the claim finds, as they were recorded for that many; False when it finds none."""
    ids: dict[str, Any] = {}
    steps, place = recorded[max(recorded)], 0
    while place < len(steps):
        step = steps[place]
        if connection.autocommit != step.alone:
            connection.autocommit = step.alone
        cursor = cursors[step.client_side].execute(step.sql, _filled(step.params, ids), binary=step.binary)
        if step.learns:
            rows = cursor.fetchall()
            if not rows:
                return False
            if not ids:
                steps = recorded[len(rows)]
            for name, (row, column) in steps[place].learns.items():
                ids[name] = rows[row][column]
        if step.ends_transaction and not step.alone:
            connection.commit()
        place += 1
    return True


def _filled(params: Any, ids: dict[str, Any]) -> Any:
    if params is None:
        return None
    if isinstance(params, dict):
        return {key: _value(value, ids) for key, value in params.items()}
    return [_value(value, ids) for value in params]


def _value(param: Any, ids: dict[str, Any]) -> Any:
    if isinstance(param, list):
        return [_value(one, ids) for one in param]
    if isinstance(param, Text):
        return "".join(_value(one, ids) for one in param.parts)
    if not isinstance(param, Slot):
        return param
    value = ids.setdefault(param.name, None) or ids.setdefault(f"new {param.name}", uuid4())
    return str(value) if param.as_text else value
