"""Hands runs to an executor until all are done, even if workers die."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Executor, Future, wait
from dataclasses import dataclass
from pathlib import Path

from flat_plugin.batch.executors import Pool
from flat_plugin.batch.worker import Outcome, Task, finished, record_loss
from flat_plugin.errors import FlatError

MOST_LOSSES = 3
_LOST = ("KilledWorker", "FutureCancelledError")  # of distributed, which may not be installed

Report = Callable[[Outcome], None]


@dataclass(frozen=True)
class _Chunk:
    tasks: tuple[Task, ...]
    wait: bool = False  # for runs that another process is at
    alone: bool = False  # nothing else runs beside it


def drive(
    tasks: Sequence[Task],
    pool: Pool,
    output: Path,
    report: Report,
    together: Sequence[Sequence[Task]] | None = None,
) -> None:
    """Do every task and report its outcome, once each.

    Args:
        together: the tasks as they are handed over; slices of them if not given.

    A run whose worker dies is handed over again; one that loses several workers is then run with
    nothing beside it, and if that kills the worker too it is recorded as failed.

    Raises:
        FolderError: the folder cannot be written; what is done stays done.
        FlatError: the workers cannot do any run.
        KeyboardInterrupt: what was running has been interrupted, if it could be.
    """
    size = pool.chunk
    slices = together or [tasks[i : i + size] for i in range(0, len(tasks), size)]
    _Drive(pool, output, report).run(slices)


class _Drive:
    def __init__(self, pool: Pool, output: Path, report: Report) -> None:
        self._pool, self._output, self._report = pool, output, report
        self._queue: deque[_Chunk] = deque()
        self._pending: dict[Future[list[Outcome]], _Chunk] = {}
        self._busy: list[Task] = []
        self._losses: Counter[str] = Counter()

    def run(self, slices: Sequence[Sequence[Task]]) -> None:
        self._queue.extend(_Chunk(tuple(tasks)) for tasks in slices)
        executor = self._pool.make()
        try:
            while self._queue or self._pending or self._busy:
                if not self._queue and not self._pending:
                    self._queue.extend(_Chunk((task,), wait=True) for task in self._busy)
                    self._busy.clear()
                if self._hand_over(executor) and self._settle():
                    continue
                wait(self._pending)
                self._settle()
                executor.shutdown(wait=False)
                executor = self._pool.make()
        except BaseException:
            self._abandon(executor)
            raise
        executor.shutdown()

    def _abandon(self, executor: Executor) -> None:
        """Start nothing more; interrupt what is running where that can be done.

        Workers that are interrupted refuse what waits for them. It is not cancelled as well: if one of them
        died, the standard library's pool would fail to mark what is cancelled as lost, and say so.
        """
        interrupt = getattr(executor, "interrupt", None)
        if interrupt is not None:
            interrupt()
        else:
            for future in self._pending:
                future.cancel()
        executor.shutdown(wait=interrupt is not None)

    def _hand_over(self, executor: Executor) -> bool:
        """Fill the executor; whether it is still whole."""
        while self._queue and len(self._pending) < self._pool.window:
            chunk = self._queue[0]
            if self._pending and (chunk.alone or any(each.alone for each in self._pending.values())):
                return True
            try:
                future = executor.submit(self._pool.function, chunk.tasks, self._output, chunk.wait)
            except BrokenExecutor:
                return False
            self._pending[future] = chunk
            self._queue.popleft()
        return True

    def _settle(self) -> bool:
        """Take what has ended, waiting for at least one; whether the executor is still whole."""
        done, _ = wait(self._pending, return_when=FIRST_COMPLETED)
        whole = True
        for future in done:
            chunk = self._pending.pop(future)
            error = _error(future)
            if error is None:
                for task, outcome in zip(chunk.tasks, future.result(), strict=True):
                    self._take(task, outcome)
            elif isinstance(error, FlatError):
                raise error
            elif isinstance(error, InterruptedError):  # a worker heard of it first
                raise KeyboardInterrupt from error
            elif isinstance(error, BrokenExecutor | CancelledError) or type(error).__name__ in _LOST:
                whole = whole and not isinstance(error, BrokenExecutor)
                self._retry(chunk)
            else:
                raise FlatError(f"the workers cannot do the runs: {type(error).__name__}: {error}") from error
        return whole

    def _take(self, task: Task, outcome: Outcome) -> None:
        if outcome.status == "busy":
            self._busy.append(task)
        else:
            self._report(outcome)

    def _retry(self, chunk: _Chunk) -> None:
        """The runs of a chunk whose worker died: those that are done are done."""
        for task in chunk.tasks:
            outcome = finished(task, self._output)
            if outcome is None:
                self._losses[task.run.key] += 1
                losses = self._losses[task.run.key]
                if losses < MOST_LOSSES:
                    self._queue.append(_Chunk((task,), chunk.wait, alone=losses == MOST_LOSSES - 1))
                    continue
                outcome = record_loss(task, self._output, losses)
            self._report(outcome)


def _error(future: Future[list[Outcome]]) -> BaseException | None:
    try:
        return future.exception()
    except CancelledError as error:
        return error
