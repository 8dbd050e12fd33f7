"""A worker: does runs one after the other and records each in its folder."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from shutil import rmtree

from flat_plugin.batch.evaluate import evaluate
from flat_plugin.batch.folder import (
    INPUTS,
    OUTPUTS,
    RESULT,
    FolderError,
    claim,
    is_full,
    replace_folder,
    temporary,
    write_json,
)
from flat_plugin.batch.result import failure, success
from flat_plugin.batch.result_file import checked, read_result
from flat_plugin.batch.result_form import NoResult, Result
from flat_plugin.batch.run import Run
from flat_plugin.errors import InvalidMapping
from flat_plugin.model.memory import keep_freed_memory

RUNS = "runs"
PLAN = "plan.json"


@dataclass(frozen=True)
class Task:
    """A run to do. ``seen`` is when a result that is to be replaced was written."""

    run: Run
    seen: str | None = None


@dataclass(frozen=True)
class Outcome:
    """How a run ended: ``ok``, ``unfit`` (the dataflow does not fit), ``failed``, or ``busy``: another
    process is at it.
    """

    key: str
    status: str
    kind: str = ""
    message: str = ""
    seconds: float = 0.0


def run_folder(output: Path, key: str) -> Path:
    return output / RUNS / key


def work(tasks: Sequence[Task], output: Path, wait: bool = False) -> list[Outcome]:
    """Do some runs.

    Args:
        wait: for runs that another process is at, until it has finished or died.

    Raises:
        FolderError: the folder cannot be written, or is not the one that the batch was started in.
    """
    if not (output / PLAN).is_file():
        raise FolderError(f"not visible from {os.uname().nodename}", file=output, expected="a shared folder")
    return [_do(task, output, wait) for task in tasks]


def worker(tasks: Sequence[Task], output: Path, wait: bool = False) -> list[Outcome]:
    """:func:`work`, in a process that does nothing else."""
    _prepare()
    return work(tasks, output, wait)


@cache
def _prepare() -> None:
    keep_freed_memory()


def finished(task: Task, output: Path) -> Outcome | None:
    """How a task ended, if it has; a result that is to be replaced does not count."""
    document = read_result(run_folder(output, task.run.key))
    if document is None or document["finished"] == task.seen:
        return None
    return outcome_of(document)


def outcome_of(document: Result | NoResult) -> Outcome:
    error = document["error"] or {"kind": "", "message": ""}
    return Outcome(document["run"], document["status"], error["kind"], error["message"], document["seconds"])


def record_loss(task: Task, output: Path, times: int) -> Outcome:
    """Record a run whose worker died again and again."""
    folder = run_folder(output, task.run.key)
    message = f"the process that ran it died {times} times: out of memory, perhaps"
    with _writing(folder), claim(folder, wait=True):
        document = failure(task.run, "WorkerDied", message, "", 0.0)
        write_json(folder / INPUTS, task.run.document())
        write_json(folder / RESULT, document, durable=True)
    return outcome_of(document)


def _do(task: Task, output: Path, wait: bool) -> Outcome:
    folder = run_folder(output, task.run.key)
    with _writing(folder), claim(folder, wait=wait) as owned:
        if not owned:
            return Outcome(task.run.key, "busy")
        done = finished(task, output)
        if done is not None:
            return done
        write_json(folder / INPUTS, task.run.document())
        place = temporary(folder / OUTPUTS)
        try:
            document = _evaluated(task.run, place, folder)
            replace_folder(place, folder / OUTPUTS)
        finally:
            rmtree(place, ignore_errors=True)
        write_json(folder / RESULT, document, durable=True)
        return outcome_of(document)


def _evaluated(run: Run, place: Path, folder: Path) -> Result | NoResult:
    start = time.monotonic()
    try:
        found = evaluate(run, place)
        return checked(success(run, found, time.monotonic() - start), folder / RESULT)
    except Exception as error:  # a run that goes wrong, however it does, is a result like others
        if is_full(error, folder):
            raise FolderError("no space left", file=folder) from error
        status = "unfit" if isinstance(error, InvalidMapping) else "failed"
        kind, message, log = type(error).__name__, str(error) or repr(error), getattr(error, "log", "")
        return failure(run, kind, message, log, time.monotonic() - start, status)


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    """Errors of the file system are the folder's, not the run's."""
    try:
        yield
    except OSError as error:
        raise FolderError(f"cannot be written: {error.strerror}", file=folder) from error
