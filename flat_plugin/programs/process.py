"""Run one program in a folder of its own: no shell, a time limit, nothing left behind."""

from __future__ import annotations

import logging
import os
import shlex
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

from flat_plugin.errors import FlatError
from flat_plugin.programs.errors import ProgramCrashed, ProgramMissing

LOG_BYTES = 64 * 1024  # of the end of a log that are kept in memory


def check_time_limit(seconds: float) -> None:
    """A time limit is a number of seconds.

    Raises:
        FlatError: it is not finite, or not above 0.
    """
    if not isfinite(seconds) or seconds <= 0:
        raise FlatError("bad time limit", path="time_limit", value=seconds, expected="seconds above 0")


_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Finished:
    """A run that ended; ``returncode`` is negative for a signal, None after the time limit.

    ``complete`` is false for one that was asked to end early, and did so well.
    """

    command: tuple[str, ...]
    returncode: int | None
    seconds: float
    log: str
    time_limit: float | None = None
    complete: bool = True


def run_program(
    command: Sequence[str],
    folder: Path,
    time_limit: float | None,
    log: Path,
    grace: float = 0.0,
) -> Finished:
    """Run ``command`` in ``folder``; what it prints goes to the file ``log``.

    The program leads a process group of its own. After ``time_limit`` seconds, or when we are
    interrupted, the whole group is killed. With ``grace``, it first gets an interrupt and so many
    seconds to end by itself: timeloop-mapper then writes the best mapping so far.

    Raises:
        ProgramMissing: there is no such program.
        ProgramCrashed: it cannot be started.
    """
    start = time.monotonic()
    try:
        with log.open("wb") as output:
            process = _start(command, folder, output.fileno())
            returncode, complete = _wait(process, time_limit, grace)
    except OSError as error:
        raise FlatError(f"cannot be written: {error.strerror}", file=log) from error
    seconds = time.monotonic() - start
    _LOG.info("ran %s in %.2f s", shlex.join(command), seconds)
    return Finished(tuple(command), returncode, seconds, _end_of(log), time_limit, complete)


@contextmanager
def scratch_folder(prefix: str) -> Iterator[Path]:
    """A temporary folder.

    Raises:
        FlatError: it cannot be made, or a file in it cannot be written.
    """
    try:
        with tempfile.TemporaryDirectory(prefix=prefix) as name:
            yield Path(name)
    except OSError as error:
        raise FlatError(f"cannot be written: {error}", file=tempfile.gettempdir()) from error


def _start(command: Sequence[str], folder: Path, output: int) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            list(command),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except FileNotFoundError as error:
        raise ProgramMissing(f"{command[0]} cannot be started: {error.strerror}") from error
    except (OSError, ValueError) as error:
        raise ProgramCrashed(f"{command[0]} cannot be started: {error}") from error


def _wait(
    process: subprocess.Popen[bytes], time_limit: float | None, grace: float
) -> tuple[int | None, bool]:
    """Its exit code, if it ended by itself, and whether it was left to do so."""
    try:
        return process.wait(time_limit), True
    except subprocess.TimeoutExpired:
        return _after_interrupt(process, grace), False
    finally:
        if process.returncode is None:  # not reaped, so its id is still its own
            _signal(process, signal.SIGKILL)
            process.wait()


def _after_interrupt(process: subprocess.Popen[bytes], grace: float) -> int | None:
    if grace <= 0:
        return None
    _signal(process, signal.SIGINT)
    try:
        return 0 if process.wait(grace) == 0 else None
    except subprocess.TimeoutExpired:
        return None


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


def _end_of(log: Path) -> str:
    with log.open("rb") as stream:
        stream.seek(0, os.SEEK_END)
        stream.seek(max(0, stream.tell() - LOG_BYTES))
        return stream.read().decode("utf-8", errors="replace")
