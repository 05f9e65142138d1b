"""The broker, on a real server: it wakes up, fails fast, and finds a server that was away, flushed or silent."""

import os
import signal
import socket
import threading
import time
from contextlib import contextmanager, suppress

import dramatiq
import pytest
from dramatiq.errors import ConnectionClosed

from config.embedded import processes, valkey
from jobs import broker as brokers
from jobs.broker import RedisBroker, Seats
from jobs.worker import WorkerMiddleware

URL = os.environ["REDIS_URL"]


@pytest.fixture
def make(broker):
    """Brokers with an actor that tells when it ran; the run's own broker is emptied around the test."""
    made = []

    def make(url=URL, queues=("alpha",)):
        own = RedisBroker(url=url, middleware=[WorkerMiddleware()])
        ran = []
        for queue in queues:
            dramatiq.actor(lambda at: ran.append(time.monotonic() - at), actor_name=queue, queue_name=queue, broker=own)
        made.append(own)
        return own, ran

    yield make
    for own in made:
        own.close()


@contextmanager
def working(own, threads=1, timeout=1000):
    worker = dramatiq.Worker(own, worker_threads=threads, worker_timeout=timeout)
    worker.start()
    try:
        yield worker
    finally:
        worker.stop(5000)


def send(own, queue="alpha"):
    own.get_actor(queue).send(time.monotonic())


def until(condition, seconds=15):
    give_up = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up, "it took too long"
        time.sleep(0.01)


def test_an_idle_worker_is_woken_up_at_once(make):
    own, ran = make()
    with working(own):
        for count in range(1, 21):
            time.sleep(0.02)
            send(own)
            until(lambda count=count: len(ran) == count)
    assert sorted(ran)[len(ran) // 2] < 0.02


def commands_of(broker) -> int:
    """How many commands came over this process's connections; the tests of other processes share the server."""
    own = broker.client.client_info()
    return sum(int(one["tot-cmds"]) for one in broker.client.client_list() if int(one["db"]) == own["db"])


def test_waiting_asks_redis_about_once_a_second(make):
    own, _ = make(queues=("alpha", "beta"))
    with working(own, threads=4):
        time.sleep(0.2)
        before = commands_of(own)
        time.sleep(2)
        assert 0 < commands_of(own) - before < 12
    assert own.get_declared_delay_queues() == set()


def test_what_no_thread_could_run_is_left_for_other_processes(make):
    own, _ = make(queues=("alpha", "beta"))
    begun, go_on = threading.Semaphore(0), threading.Event()

    def work(_at):
        begun.release()
        go_on.wait(10)

    for queue in ("alpha", "beta"):
        own.get_actor(queue).fn = work
    with working(own, threads=2):
        for _ in range(4):
            send(own, "alpha")
            send(own, "beta")
        for _ in range(2):
            assert begun.acquire(timeout=5)
        until(lambda: own.queue_length("alpha") + own.queue_length("beta") == 6)
        time.sleep(0.1)
        assert own.queue_length("alpha") + own.queue_length("beta") == 6
        go_on.set()
        until(lambda: own.queue_length("alpha") + own.queue_length("beta") == 0)


def test_a_stopping_worker_takes_nothing_and_gives_back_what_it_has_not_begun(make):
    own, ran = make()
    with working(own) as worker:
        own.emit_before("worker_shutdown", worker)
        send(own)
        time.sleep(0.1)
        assert own.queue_length("alpha") == 1
    consumer = own.consume("alpha")
    message = dramatiq.Message.decode(own.client.lindex("vouch:queue:alpha", 0))
    consumer.requeue([message])
    assert own.queue_length("alpha") == 2
    consumer.requeue([])
    own.flush_all()
    assert own.queue_length("alpha") == 0
    assert ran == []


def test_seats_are_taken_and_left():
    seats = Seats()
    assert not seats.wait(0)
    seats.open(1)
    assert seats.wait(0)
    assert seats.take()
    assert not seats.take()
    assert not seats.wait(0.01)
    threading.Timer(0.05, seats.leave).start()
    assert seats.wait(5)
    seats.close()
    assert not seats.take()


def test_a_message_that_came_too_late_for_a_seat_goes_back(make):
    own, _ = make()
    own.seats.open(1)
    consumer = own.consume("alpha", timeout=2000)
    threading.Timer(0.1, lambda: (own.seats.take(), send(own))).start()
    assert next(consumer) is None
    assert own.queue_length("alpha") == 1


def test_messages_are_never_delayed(make):
    own, _ = make()
    with pytest.raises(ValueError, match="sweeper"):
        own.get_actor("alpha").send_with_options(args=(0,), delay=1000)


def test_a_flushed_redis_is_no_event(make):
    own, ran = make()
    with working(own):
        send(own)
        until(lambda: len(ran) == 1)
        own.client.flushdb()
        own.client.script_flush()
        send(own)
        until(lambda: len(ran) == 2)


def test_a_worker_finds_a_redis_that_was_restarted(make, tmp_path, monkeypatch):
    monkeypatch.setattr("dramatiq.worker.CONSUMER_RESTART_DELAY_SECS", 0.2)
    server = valkey.Valkey.configure(tmp_path / "valkey")
    own, ran = make(server.url())
    with working(own):
        with running(server, tmp_path / "log"):
            until(lambda: sent(own))
            until(lambda: len(ran) == 1)
        with pytest.raises(ConnectionClosed):
            own.queue_length("alpha")
        with running(server, tmp_path / "log"):
            until(lambda: sent(own))
            until(lambda: len(ran) == 2)


@contextmanager
def running(server, log):
    command = server.command(durable=False)
    stop, name = valkey.STOP, "Valkey"
    with processes.running(command, log=log, stop=stop, ready=server.is_ready, name=name) as process:
        yield process


def sent(own) -> bool:
    with suppress(ConnectionClosed):
        send(own)
        return True
    return False


def test_while_redis_is_away_nobody_waits_twice(make, monkeypatch):
    """A port that takes connections and answers nothing: each attempt costs its whole patience."""
    monkeypatch.setattr(brokers, "_COMMAND_SECONDS", 0.4)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(16)
        own, _ = make(f"redis://127.0.0.1:{silent.getsockname()[1]}/0")
        assert took(own) > 0.3
        assert max(took(own) for _ in range(20)) < 0.05
        time.sleep(1.1)
        trial = threading.Thread(target=took, args=(own,))
        trial.start()  # one tries again …
        time.sleep(0.1)
        assert took(own) < 0.05  # … and the others don't wait for what comes of it
        trial.join()


def took(own) -> float:
    """Seconds until a message was refused."""
    started = time.monotonic()
    with pytest.raises(ConnectionClosed):
        send(own)
    return time.monotonic() - started


def test_a_silent_connection_is_replaced(make, tmp_path, monkeypatch):
    """A frozen server keeps its connections open: only its silence tells."""
    monkeypatch.setattr(brokers, "_COMMAND_SECONDS", 1)
    monkeypatch.setattr("dramatiq.worker.CONSUMER_RESTART_DELAY_SECS", 0.2)
    server = valkey.Valkey.configure(tmp_path / "valkey")
    with running(server, tmp_path / "log") as process:
        own, ran = make(server.url())
        with working(own, timeout=300):
            send(own)
            until(lambda: len(ran) == 1)
            process.send_signal(signal.SIGSTOP)
            assert took(own) < 5
            time.sleep(1.5)
            process.send_signal(signal.SIGCONT)
            until(lambda: sent(own))
            until(lambda: len(ran) >= 2)
