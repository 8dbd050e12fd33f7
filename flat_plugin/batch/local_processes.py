"""Worker processes on this machine: they end with their parent and can be interrupted.

Pressing Ctrl-C, or the death of the parent by whatever signal, interrupts what a worker does: the
exception kills the Timeloop it waits for and removes what is half-written.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from multiprocessing.connection import wait
from typing import Any, ParamSpec, TypeVar

from flat_plugin.errors import FlatError

P = ParamSpec("P")
T = TypeVar("T")

_POLL_SECONDS = 0.3
_GRACE_SECONDS = 10.0  # for an interrupted worker whose parent is dead
_PRELOADED = "flat_plugin.batch.worker"  # imported once, in the process that the workers are forked from
_stop: Any = None  # in a worker: the event that its parent sets


class InProcess(Executor):
    """The standard interface, without any process: each call is made at once."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        future: Future[T] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


class LocalProcesses(Executor):
    """A process pool whose calls can be interrupted.

    Raises:
        FlatError: its processes do not start.
    """

    def __init__(self, jobs: int) -> None:
        methods = multiprocessing.get_all_start_methods()
        context = multiprocessing.get_context("forkserver" if "forkserver" in methods else "spawn")
        context.set_forkserver_preload([_PRELOADED])
        self._event = context.Event()
        self._pool = ProcessPoolExecutor(
            jobs, mp_context=context, initializer=_start, initargs=(self._event, dict(os.environ))
        )
        try:
            self.submit(os.getpid).result()
        except BrokenExecutor as error:
            raise FlatError("worker processes do not start", expected="jobs=1") from error

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """As the standard interface has it; it may start one more process.

        Raises:
            BrokenExecutor: a worker died.
        """
        try:
            with _without_script():
                return self._pool.submit(_call, fn, args, kwargs)
        except OSError as error:
            if error.errno is None:  # a worker died while this one was made: the pool has closed its pipes
                raise BrokenProcessPool("a worker died while another one started") from error
            raise

    def interrupt(self) -> None:
        """Interrupt what the workers are doing; they take up nothing more."""
        self._event.set()

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self._pool.shutdown(wait, cancel_futures=cancel_futures)


@contextmanager
def _without_script() -> Iterator[None]:
    """Processes that start meanwhile do not run the user's script once more, of which they need nothing."""
    script = vars(sys.modules["__main__"])
    own: dict[str, Any] = {name: script[name] for name in ("__file__", "__spec__") if name in script}
    script.pop("__file__", None)
    script["__spec__"] = None
    try:
        yield
    finally:
        script.update(own)


def _start(stop: Any, environment: Mapping[str, str]) -> None:
    """In a new worker. The environment may have changed since the process it is forked from."""
    global _stop
    _stop = stop
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ.clear()
    os.environ.update(environment)
    threading.Thread(target=_watch, args=(stop,), daemon=True).start()


def _watch(stop: Any) -> None:
    """Interrupt the main thread again and again once the parent asks for it, or has died."""
    parent = multiprocessing.parent_process()
    orphaned = None
    while True:
        if orphaned is None and parent is not None and wait([parent.sentinel], _POLL_SECONDS):
            orphaned = time.monotonic()
        if orphaned is not None:
            if time.monotonic() - orphaned > _GRACE_SECONDS or _idle.is_set():
                os._exit(1)
            time.sleep(_POLL_SECONDS)
        if orphaned is not None or stop.is_set():
            os.kill(os.getpid(), signal.SIGINT)


_idle = threading.Event()
_idle.set()


def _call(fn: Callable[..., T], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> T:
    """In a worker's main thread: only while a call is being made does an interrupt reach it."""
    if _stop.is_set():
        raise InterruptedError("the batch was interrupted")
    _idle.clear()
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        return fn(*args, **kwargs)
    except KeyboardInterrupt:
        raise InterruptedError("the batch was interrupted") from None
    finally:
        with suppress(KeyboardInterrupt):
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        _idle.set()
