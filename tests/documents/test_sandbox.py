"""Children that are killed, crash, hang, or outlive nobody."""

import multiprocessing
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from functools import partial
from operator import truediv
from pathlib import Path

import pytest

from documents import sandbox
from documents.errors import BudgetExceeded, InvalidInput, TooLarge, Unavailable

# Functions that a child can import: the children know nothing of this module's fixtures.


def refuse(cls, code):
    raise cls(code, "Do something else.")


class Awkward(Exception):
    def __init__(self, one, two):
        super().__init__(one)


def fail_awkwardly():
    raise Awkward(1, 2)


def remember(path):
    Path(path).write_text(str(os.getpid()))


def grow():
    blocks = []
    while True:
        blocks.append(bytearray(2**20))


def answer_with_a_lock():
    return threading.Lock()


def burn():
    while True:
        pass


def abort_near_the_limit(megabytes):
    block = bytearray(megabytes * 2**20)
    time.sleep(0.3)
    os.abort()
    return block


@pytest.fixture(autouse=True)
def budget(settings):
    settings.SANDBOX_MEMORY_MB = 300


@pytest.fixture
def kind(request):
    """A kind of child for one test alone."""
    name = request.node.name
    yield name
    sandbox._slots.pop(name, sandbox._Slot(name)).close()
    sandbox._warm_ups.pop(name, None)


def test_answers_come_from_one_warm_child(kind):
    first = sandbox.call(kind, os.getpid, timeout_s=10)
    assert first != os.getpid()
    assert sandbox.call(kind, os.getpid, timeout_s=10) == first


def test_idle_overhead_of_a_call_is_small(kind):
    sandbox.warm(kind)
    begin = time.perf_counter()
    for _ in range(50):
        sandbox.call(kind, os.getpid, timeout_s=10)
    assert (time.perf_counter() - begin) / 50 < 0.005


def test_domain_errors_arrive_intact(kind):
    with pytest.raises(TooLarge) as caught:
        sandbox.call(kind, refuse, TooLarge, "too_many_pixels", timeout_s=10)
    assert (caught.value.code, caught.value.detail) == ("too_many_pixels", "Do something else.")


def test_other_errors_keep_their_type_and_tell_where_they_came_from(kind):
    with pytest.raises(ZeroDivisionError) as caught:
        sandbox.call(kind, truediv, 1, 0, timeout_s=10)
    assert "sandbox.py" in "".join(caught.value.__notes__)


def test_errors_that_do_not_survive_pickling_arrive_as_text(kind):
    with pytest.raises(RuntimeError, match="Awkward"):
        sandbox.call(kind, fail_awkwardly, timeout_s=10)


def test_answers_that_do_not_survive_pickling_are_errors(kind):
    with pytest.raises(RuntimeError, match="can't be sent"):
        sandbox.call(kind, answer_with_a_lock, timeout_s=10)


def leave(code):
    """As a parser does that calls exit(): named here, for measuring coverage puts an unpicklable one in its place."""
    os._exit(code)


@pytest.mark.parametrize(
    ("function", "args", "timeout_s", "code"),
    [
        (time.sleep, (30,), 0.5, "time_limit"),
        (burn, (), 0.5, "time_limit"),
        (grow, (), 30, "memory_limit"),
        (bytearray, (10**10,), 30, "memory_limit"),
        (abort_near_the_limit, (250,), 30, "memory_limit"),
        (os.abort, (), 30, "parser_crashed"),
        (leave, (3,), 30, "parser_crashed"),
        (signal.raise_signal, (signal.SIGSEGV,), 30, "parser_crashed"),
        (signal.raise_signal, (signal.SIGKILL,), 30, "memory_limit"),
        (signal.raise_signal, (signal.SIGXCPU,), 30, "time_limit"),
    ],
)
def test_what_breaks_a_budget_costs_its_child_only(kind, function, args, timeout_s, code):
    with pytest.raises(BudgetExceeded) as caught:
        sandbox.call(kind, function, *args, timeout_s=timeout_s)
    assert caught.value.code == code
    assert caught.value.permanent
    assert sandbox.call(kind, truediv, 6, 3, timeout_s=10) == 2


def test_budgets_refused_by_the_function_itself_replace_the_child(kind):
    first = sandbox.call(kind, os.getpid, timeout_s=10)
    with pytest.raises(BudgetExceeded):
        sandbox.call(kind, refuse, BudgetExceeded, "memory_limit", timeout_s=10)
    assert sandbox.call(kind, os.getpid, timeout_s=10) != first


def test_other_refusals_do_not(kind):
    first = sandbox.call(kind, os.getpid, timeout_s=10)
    with pytest.raises(InvalidInput):
        sandbox.call(kind, refuse, InvalidInput, "no", timeout_s=10)
    assert sandbox.call(kind, os.getpid, timeout_s=10) == first


def test_a_child_that_died_idle_is_replaced(kind):
    first = sandbox.call(kind, os.getpid, timeout_s=10)
    os.kill(first, signal.SIGKILL)
    time.sleep(0.2)
    assert sandbox.call(kind, os.getpid, timeout_s=10) != first


def test_a_worn_child_is_replaced(kind, monkeypatch):
    monkeypatch.setattr(sandbox, "CALLS_PER_CHILD", 2)
    pids = [sandbox.call(kind, os.getpid, timeout_s=10) for _ in range(4)]
    assert pids[0] == pids[1] != pids[2] == pids[3]


def test_warm_up_runs_once_in_each_child_and_counts_to_no_call(kind, tmp_path):
    sandbox.prepare(kind, partial(remember, tmp_path / "pid"))
    sandbox.warm(kind)
    assert (tmp_path / "pid").read_text() == str(sandbox.call(kind, os.getpid, timeout_s=10))


def test_a_warm_up_that_fails_tells_its_reason(kind):
    sandbox.prepare(kind, partial(refuse, Unavailable, "model_missing"))
    with pytest.raises(Unavailable, match="model_missing"):
        sandbox.call(kind, os.getpid, timeout_s=10)


def test_a_warm_up_that_crashes_makes_the_sandbox_unavailable(kind):
    sandbox.prepare(kind, os.abort)
    with pytest.raises(Unavailable) as caught:
        sandbox.warm(kind)
    assert caught.value.code == "sandbox_unavailable"
    assert not caught.value.permanent


def interrupted_after(seconds, function, *args):
    """What `function` raises when it is asked to stop after so many seconds, and how long it took to give up."""
    stop = threading.Event()
    token = sandbox.stop_event.set(stop)
    threading.Timer(seconds, stop.set).start()
    begin = time.monotonic()
    try:
        with pytest.raises(sandbox.Interrupted) as caught:
            function(*args)
    finally:
        sandbox.stop_event.reset(token)
    assert not caught.value.permanent
    return time.monotonic() - begin - seconds


def test_a_running_call_is_aborted_within_a_second(kind):
    sandbox.warm(kind)
    assert interrupted_after(0.2, partial(sandbox.call, kind, time.sleep, 30, timeout_s=60)) < 1
    assert sandbox.call(kind, truediv, 6, 3, timeout_s=10) == 2


def test_a_waiting_call_is_aborted_too_and_disturbs_nobody(kind):
    answers = []
    pid = sandbox.call(kind, os.getpid, timeout_s=10)
    busy = threading.Thread(target=lambda: answers.append(sandbox.call(kind, time.sleep, 2, timeout_s=10)))
    busy.start()
    time.sleep(0.1)
    assert interrupted_after(0.1, partial(sandbox.call, kind, os.getpid, timeout_s=10)) < 1
    busy.join()
    assert answers == [None]
    assert sandbox.call(kind, os.getpid, timeout_s=10) == pid


def test_a_call_is_not_even_begun_when_asked_to_stop(kind, tmp_path):
    stop = threading.Event()
    stop.set()
    token = sandbox.stop_event.set(stop)
    try:
        with pytest.raises(sandbox.Interrupted):
            sandbox.call(kind, remember, tmp_path / "pid", timeout_s=10)
    finally:
        sandbox.stop_event.reset(token)
    assert not (tmp_path / "pid").exists()


class Thrown(BaseException):
    """What a worker may throw into the thread of a job that ran out of time."""


def test_an_answer_left_unread_is_not_taken_for_the_next_one(kind, monkeypatch):
    def throw_into_a_call(stop):
        if (child := sandbox._slots[kind]._child) and child._busy:
            raise Thrown

    first = sandbox.call(kind, os.getpid, timeout_s=10)
    with monkeypatch.context() as patch:
        patch.setattr(sandbox, "check_stop", throw_into_a_call)
        with pytest.raises(Thrown):
            sandbox.call(kind, time.sleep, 0.5, timeout_s=10)
    assert sandbox.call(kind, os.getpid, timeout_s=10) not in (first, None)


def test_threads_take_turns(kind):
    answers = []
    threads = [
        threading.Thread(target=lambda n=n: answers.append(sandbox.call(kind, truediv, n, 1, timeout_s=10)))
        for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == list(range(8))


def is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def gone_within(seconds, pid):
    deadline = time.monotonic() + seconds
    while is_alive(pid):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


PARENT = """
import os, sys, time
from django.conf import settings
settings.configure(SANDBOX_MEMORY_MB=300)
from documents import sandbox
print(sandbox.call("parse", os.getpid, timeout_s=10), flush=True)
if sys.argv[1] == "busy":
    sandbox.call("parse", time.sleep, 60, timeout_s=60)
elif sys.argv[1] == "idle":
    time.sleep(60)
elif sys.argv[1] == "shutdown":
    sandbox.shutdown()
    print(sandbox.call("parse", os.getpid, timeout_s=10), flush=True)
"""


def started_parent(state):
    environment = {**os.environ, "PYTHONPATH": str(Path(sandbox.__file__).parent.parent)}
    command = [sys.executable, "-c", PARENT, state]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)


@pytest.mark.parametrize("state", ["busy", "idle"])
def test_no_child_outlives_a_killed_parent(state):
    with started_parent(state) as parent:
        child = int(parent.stdout.readline())
        assert is_alive(child)
        parent.kill()
        assert gone_within(3, child)


def test_a_clean_exit_and_a_shutdown_leave_nothing_behind():
    with started_parent("shutdown") as parent:
        first, second = (int(parent.stdout.readline()) for _ in range(2))
        assert first != second
        assert parent.wait(10) == 0
    assert gone_within(3, first)
    assert gone_within(3, second)


# The child's side, in this process.


def test_serving_ends_with_the_connection(monkeypatch):
    for effect in ("_die_with_parent", "_limit_memory", "_limit_cpu"):
        monkeypatch.setattr(sandbox, effect, lambda *args: None)
    ours, theirs = multiprocessing.Pipe()
    served = threading.Thread(target=sandbox._serve, args=(theirs, 0, partial(refuse, Unavailable, "model_missing")))
    served.start()
    assert ours.recv()[0].code == "model_missing"
    ours.send((truediv, (6, 3), 1))
    assert ours.recv() == (None, 2)
    ours.send((truediv, (1, 0), 1))
    assert isinstance(ours.recv()[0], ZeroDivisionError)
    ours.close()
    served.join(5)
    assert not served.is_alive()


@pytest.fixture
def _limits():
    """Put the process's own limits back."""
    kinds = (resource.RLIMIT_AS, resource.RLIMIT_CPU)
    before = [resource.getrlimit(kind) for kind in kinds]
    yield
    for kind, limit in zip(kinds, before, strict=True):
        resource.setrlimit(kind, limit)


@pytest.mark.usefixtures("_limits")
def test_limits_are_above_what_is_already_used():
    sandbox._limit_memory(2**33)
    assert 2**33 < resource.getrlimit(resource.RLIMIT_AS)[0] < 2**33 + 2**37
    used = time.process_time()
    sandbox._limit_cpu(10)
    assert resource.getrlimit(resource.RLIMIT_CPU)[0] > used + 10


def out_of_memory():
    raise MemoryError


def test_refused_memory_is_told():
    error, value = sandbox._run(out_of_memory, ())
    assert (error.code, value) == ("memory_limit", None)


def test_only_children_can_be_tied_to_a_parent():
    with pytest.raises(RuntimeError):
        sandbox._die_with_parent()


def test_answers_are_sent_or_their_failure():
    ours, theirs = multiprocessing.Pipe()
    sandbox._send(theirs, (None, threading.Lock()))
    assert "can't be sent" in str(ours.recv()[0])


def test_the_size_of_what_is_gone_is_nothing():
    assert sandbox._size_of(None) == (0, 0)
    assert sandbox._size_of(os.getpid()).resident > 10**6
