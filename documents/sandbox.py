"""Calls into native parsers and models, made in child processes that can be killed without harm to their parent.

Each kind of work ("parse", "ocr") has one long-lived child per parent process, warmed up once and replaced after a
kill, a crash or a good number of calls. This contains the accidents of native code; it is no defence against code that
has taken over the child.
"""

import fcntl
import logging
import multiprocessing
import os
import pickle
import resource
import signal
import threading
import time
import traceback
from collections.abc import Callable
from contextvars import ContextVar
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from django.conf import settings

from documents.errors import BudgetExceeded, DomainError, Unavailable

T = TypeVar("T")
WarmUp = Callable[[], object]

CALLS_PER_CHILD = 1_000  # then a fresh one takes over: native libraries leak
START_SECONDS = 120  # for a child to start and warm up, models included
POLL_SECONDS = 0.05  # how often a waiting parent looks at the stop event and the child's memory

logger = logging.getLogger(__name__)

# Set by whoever may abort the work of the current thread or task; looked at all through a call.
stop_event: ContextVar[threading.Event | None] = ContextVar("stop_event", default=None)


class Interrupted(DomainError):
    """The work was asked to stop: cancelled, or its worker is shutting down. Nothing is wrong with the document."""

    permanent = False


# Children start from a small server process: forking the parent itself would copy its threads' locks and connections.
_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["documents.sandbox", "pypdfium2", "PIL.Image"])


class Size(NamedTuple):
    """Bytes of a process."""

    address_space: int
    resident: int


class _Child:
    """One process that serves calls, one at a time, until it is killed."""

    def __init__(self, warm_up: WarmUp | None) -> None:
        self._budget = settings.SANDBOX_MEMORY_MB * 2**20
        self._connection, theirs = _context.Pipe()
        self._process = _context.Process(target=_serve, args=(theirs, self._budget, warm_up), daemon=True)
        self._process.start()
        theirs.close()  # so that the child's death is seen as the end of its messages
        self._calls, self._busy = 0, False
        self._begin = self._peak = 0
        try:
            self._reply(START_SECONDS)
        except BaseException:
            self.kill()
            raise
        self._idle = self._size().resident

    @property
    def worn(self) -> bool:
        """Dead, old, grown (what a child keeps must not add up), or left in the midst of a call, its answer unread."""
        grown = self._size().resident > self._idle + self._budget / 2
        return self._busy or grown or self._calls >= CALLS_PER_CHILD or not self._process.is_alive()

    def ask(self, function: Callable[..., T], args: tuple[Any, ...], timeout_s: float) -> T:
        self._calls, self._busy = self._calls + 1, True
        self._begin = self._peak = self._size().address_space
        try:
            self._connection.send((function, args, timeout_s))
        except OSError:
            raise self._death() from None
        return self._reply(timeout_s)  # type: ignore[no-any-return]

    def kill(self) -> None:
        self._process.kill()
        self._process.join()
        self._connection.close()

    def _reply(self, timeout_s: float) -> Any:
        self._wait(timeout_s)
        try:
            error, value = self._connection.recv()
        except (EOFError, OSError):
            raise self._death() from None
        self._busy = False
        if error is not None:
            raise error
        return value

    def _wait(self, timeout_s: float) -> None:
        deadline, stop = time.monotonic() + timeout_s, stop_event.get()
        while not wait([self._connection], POLL_SECONDS):
            self._peak = max(self._peak, self._size().address_space)
            check_stop(stop)
            if time.monotonic() > deadline:
                raise _out_of_time()

    def _size(self) -> Size:
        return _size_of(self._process.pid)

    def _death(self) -> BudgetExceeded:
        """What the child died of. Allocators abort when memory is refused: an abort near the limit is about memory."""
        self._process.join(1)
        code = self._process.exitcode
        if code == -signal.SIGXCPU:
            return _out_of_time()
        if code == -signal.SIGKILL or self._peak > self._begin + self._budget / 2:
            return _out_of_memory()
        return BudgetExceeded(
            "parser_crashed",
            "Reading this crashed the parser. Save the document anew with another program and try again.",
        )


class _Slot:
    """The place of one kind's child: callers take turns, and the child is made when it is needed."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._turn = threading.Lock()
        self._child: _Child | None = None

    def call(self, function: Callable[..., T], args: tuple[Any, ...], timeout_s: float) -> T:
        self._take_turn()
        try:
            return self._ready_child().ask(function, args, timeout_s)
        except (BudgetExceeded, Interrupted):
            self._discard()
            raise
        finally:
            self._turn.release()

    def warm(self) -> None:
        self._take_turn()
        try:
            self._ready_child()
        finally:
            self._turn.release()

    def close(self) -> None:
        with self._turn:
            self._discard()

    def _take_turn(self) -> None:
        stop = stop_event.get()
        check_stop(stop)
        while not self._turn.acquire(timeout=POLL_SECONDS):
            check_stop(stop)

    def _ready_child(self) -> _Child:
        if self._child is not None and self._child.worn:
            self._discard()
        if self._child is None:
            self._child = self._start()
        return self._child

    def _start(self) -> _Child:
        try:
            return _Child(_warm_ups.get(self.kind))
        except (BudgetExceeded, OSError) as error:
            logger.exception("The %s child process did not start", self.kind)
            raise Unavailable(
                "sandbox_unavailable",
                "The process that reads documents could not be started. See the log of the worker.",
            ) from error

    def _discard(self) -> None:
        if self._child is not None:
            self._child.kill()
            self._child = None


_slots: dict[str, _Slot] = {}
_slots_lock = threading.Lock()
_warm_ups: dict[str, WarmUp] = {}
os.register_at_fork(after_in_child=_slots.clear)  # a forked process must not talk to its parent's children


def prepare(kind: str, warm_up: WarmUp) -> None:
    """What every new child of `kind` runs before its first call; it must be picklable. Its time counts to no call."""
    _warm_ups[kind] = warm_up


def warm(kind: str) -> None:
    """Start the child of `kind` now, so that the first call finds it ready."""
    _slot(kind).warm()


def call(kind: str, function: Callable[..., T], *args: Any, timeout_s: float) -> T:
    """`function(*args)` in the child of `kind`; both and the answer must be picklable.

    Raises what the function raises; BudgetExceeded `time_limit`, `memory_limit` or `parser_crashed`; Interrupted within
    a second of `stop_event` being set; Unavailable when no child can be started. The wait for other callers does not
    count to `timeout_s`.
    """
    return _slot(kind).call(function, args, timeout_s)


def shutdown() -> None:
    """Kill all children. The next call would start new ones."""
    with _slots_lock:
        slots = list(_slots.values())
        _slots.clear()
    for slot in slots:
        slot.close()


def check_stop(stop: threading.Event | None) -> None:
    """Raises Interrupted if `stop` is set."""
    if stop is not None and stop.is_set():
        raise Interrupted("interrupted", "The work was stopped before it was done.")


def _slot(kind: str) -> _Slot:
    with _slots_lock:
        return _slots.setdefault(kind, _Slot(kind))


def _out_of_time() -> BudgetExceeded:
    return BudgetExceeded(
        "time_limit", "Reading this took too long. Save the document anew, or split it, and try again."
    )


def _out_of_memory() -> BudgetExceeded:
    return BudgetExceeded(
        "memory_limit",
        "Reading this took too much memory. Save the document anew with smaller pages or images and try again.",
    )


def _size_of(pid: int | None) -> Size:
    """The size of a process; zeros if it is gone."""
    try:
        pages = Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()
        return Size(int(pages[0]) * resource.getpagesize(), int(pages[1]) * resource.getpagesize())
    except (OSError, IndexError):
        return Size(0, 0)


# What follows runs in the child.


def _serve(connection: Connection, memory: int, warm_up: WarmUp | None) -> None:
    _die_with_parent()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    error, _ = _run(warm_up, ()) if warm_up else (None, None)
    _send(connection, (error, None))
    while True:
        try:
            function, args, timeout_s = connection.recv()
        except (EOFError, OSError):
            return
        _limit_memory(memory)
        _limit_cpu(timeout_s)
        _send(connection, _run(function, args))


def _die_with_parent() -> None:
    """Have the kernel kill this process when its parent's end of their pipe closes, however the parent ended.

    PR_SET_PDEATHSIG would not do: to the kernel the fork server is the parent, and it lives as long as its children.
    """
    parent = multiprocessing.parent_process()
    if parent is None:
        raise RuntimeError("not in a child process")
    fcntl.fcntl(parent.sentinel, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(parent.sentinel, fcntl.F_SETSIG, signal.SIGKILL)
    fcntl.fcntl(parent.sentinel, fcntl.F_SETFL, os.O_ASYNC | os.O_NONBLOCK)
    if wait([parent.sentinel], 0):
        os._exit(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _limit_memory(budget: int) -> None:
    """Cap the address space at `budget` bytes above what it is at the beginning of the call.

    The cap is relative, because inference engines reserve far more address space than they use.
    """
    cap = _size_of(os.getpid()).address_space + budget
    resource.setrlimit(resource.RLIMIT_AS, (cap, resource.RLIM_INFINITY))


def _limit_cpu(timeout_s: float) -> None:
    """Ends a call even if the parent can't: as much CPU time as all cores have in the call's wall time, and a bit."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    allowed = usage.ru_utime + usage.ru_stime + timeout_s * (os.cpu_count() or 1) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (int(allowed) + 1, resource.RLIM_INFINITY))


def _run(function: Callable[..., Any], args: tuple[Any, ...]) -> tuple[Exception | None, Any]:
    try:
        return None, function(*args)
    except MemoryError:
        return _out_of_memory(), None
    except Exception as error:  # everything goes to the caller
        return _portable(error), None


def _portable(error: Exception) -> Exception:
    """`error` if it survives pickling, else its text; with the child's traceback as a note."""
    error.add_note(traceback.format_exc())
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    except Exception:  # any constructor may fail
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error


def _send(connection: Connection, reply: tuple[Exception | None, Any]) -> None:
    try:
        connection.send(reply)
    except MemoryError:
        connection.send((_out_of_memory(), None))
    except (pickle.PicklingError, TypeError, AttributeError) as error:
        connection.send((RuntimeError(f"The answer can't be sent: {error}"), None))
