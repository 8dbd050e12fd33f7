"""Explorations through run folders: every answer is a run, done once however often it is needed.

The answers of an exploration lie in ``answers`` in its folder, as the runs of a sweep do in theirs; so it
goes on where it was interrupted, several processes share the work, and nothing damaged is read.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor, Executor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from flat_plugin.arguments import Jobs, checked
from flat_plugin.batch.dispatch import drive
from flat_plugin.batch.executors import Pool, open_pool
from flat_plugin.batch.exploration_file import write_exploration
from flat_plugin.batch.folder import FolderError, claim, write_json, write_text
from flat_plugin.batch.result_file import read_result
from flat_plugin.batch.run import FORMAT, EngineChoice, Run
from flat_plugin.batch.worker import PLAN, Outcome, Task, run_folder
from flat_plugin.documents import Source, file_of, load
from flat_plugin.errors import FlatError
from flat_plugin.exploration.chip_cost import Query
from flat_plugin.exploration.design_file import read_design
from flat_plugin.exploration.explorer import Progress
from flat_plugin.exploration.figures import PJ, Answer, answer_of
from flat_plugin.exploration.result import ExploreResult
from flat_plugin.exploration.run import explored
from flat_plugin.exploration.sensitivity import Variation, robustness, variations
from flat_plugin.mapspace.menu_cache import what_decides

ANSWERS, DESIGN = "answers", "design.yaml"
_MANY = 1000  # answers at most are handed out as if there were so many

Report = Callable[[Progress], None]


@checked
def explore(
    design: Source,
    output: str | Path | None = None,
    *,
    jobs: Jobs | None = None,
    cluster: str | None = None,
    cluster_options: Mapping[str, str] | None = None,
    vary: str | None = None,
    every: bool = False,
    progress: Report | None = None,
) -> ExploreResult:
    """The best chips of a design space, proven.

    Args:
        design: the design file, its text or a dictionary: what is free, the workloads, budgets, objectives.
        output: a folder for the answers and the result; run again, it continues. None keeps nothing.
        jobs: processes of this machine, one per core if not given; 1 is this process. With ``slurm`` the
            number of its jobs.
        cluster: the address of a Dask scheduler, or ``slurm``; it needs an ``output`` that its workers see.
        cluster_options: arguments of dask-jobqueue's ``SLURMCluster``.
        vary: ``energies=20%`` or ``areas=20%``: also say whether the best chip stays the best when those of
            each part are up to that much larger or smaller.
        every: also the figures of every design that meets the budgets.
        progress: called after every round of answers.

    Returns:
        The front, the best chip with its mappings, what one step along each axis changes, what was ruled out
        by what, and the assumptions. Interrupted (Ctrl-C), the best so far, marked as not proven; or, where
        that is proven and figures are varied, with the variations that were tried.

    Raises:
        FlatError: a mistake in the design file, and nothing has been written; a design that cannot be built,
            or whose energies or areas are not known; or the folder cannot be written.
    """
    asked = read_design(design)
    varied = variations(vary)
    if cluster is not None and output is None:
        raise FlatError("a cluster writes to a folder", path="output", expected="one that its workers see")
    with _folder(output) as folder, open_pool(jobs, cluster, cluster_options or {}, _MANY) as pool:
        answering = Answering(folder / ANSWERS, pool)
        with answering.kept():
            found = explored(asked, answering, progress, every=every)
            if varied and found.best is not None and found.proven:
                found = _varied(found, varied, answering)
        if output is not None:
            _write(design, found, folder)
    return found


def _varied(found: ExploreResult, varied: tuple[Variation, ...], answering: Answering) -> ExploreResult:
    """The result with its best chip under each variation; interrupted, with those that were tried."""
    rows = []
    try:
        for row in robustness(found, varied, answering):
            rows.append(row)
    except KeyboardInterrupt:
        return replace(found, robust=tuple(rows), interrupted=True)
    return replace(found, robust=tuple(rows))


@contextmanager
def answers_of(
    jobs: int | None, output: str | Path | None = None, progress: Callable[[int], None] | None = None
) -> Iterator[Answering]:
    """Answers by processes of this machine, kept in a folder if there is one.

    Args:
        progress: called with the number of answers by then after each.
    """
    with _folder(output) as folder, open_pool(jobs, None, {}, _MANY) as pool:
        answering = Answering(folder / ANSWERS, pool, progress)
        with answering.kept():
            yield answering


@dataclass
class Answering:
    """An oracle (:mod:`flat_plugin.exploration.chip_cost`) whose answers are runs in a folder."""

    folder: Path
    pool: Pool
    progress: Callable[[int], None] | None = None
    _kept: dict[str, Answer] = field(default_factory=dict)
    _executor: _Lasting | None = None

    def __call__(self, queries: Sequence[Query]) -> list[Answer]:
        """Answer them, those that nobody has answered before by the executor.

        Raises:
            FlatError: the workers cannot do it, or a run failed.
        """
        runs = [self._run(query) for query in queries]
        missing = {run.key: run for run in runs if run.key not in self._kept}
        tasks = [Task(run) for key, run in missing.items() if not self._read(key)]
        if tasks:
            self._prepare()
            pool = replace(self.pool, make=self._same)
            drive(tasks, pool, self.folder, self._report, _together(tasks, pool.workers))
        return [self._kept[run.key] for run in runs]

    def _run(self, query: Query) -> Run:
        """A query as a run; one mapping of a front is given to it."""
        if query.pick is None:
            return run_of(query)
        whole = replace(query, pick=None)
        self([whole])
        document = read_result(run_folder(self.folder, run_of(whole).key))
        if document is None or document["status"] != "ok":
            raise FolderError("no longer there", file=run_folder(self.folder, run_of(whole).key))
        return run_of(whole, document["front"][query.pick]["mapping"])

    @contextmanager
    def kept(self) -> Iterator[None]:
        """The executor stays open inside."""
        try:
            yield
        finally:
            if self._executor is not None:
                self._executor.end()

    def _report(self, outcome: Outcome) -> None:
        if outcome.status == "failed":
            kind = "" if outcome.kind == FlatError.__name__ else f"an answer failed: {outcome.kind}: "
            raise FlatError(f"{kind}{outcome.message}")
        if not self._read(outcome.key):
            raise FolderError("no result of a run that has ended", file=run_folder(self.folder, outcome.key))
        if self.progress is not None:
            self.progress(len(self._kept))

    def _read(self, key: str) -> bool:
        document = read_result(run_folder(self.folder, key))
        if document is None or document["status"] == "failed":
            return False
        self._kept[key] = answer_in(document)
        return True

    def _prepare(self) -> None:
        if not (self.folder / PLAN).is_file():
            try:
                with claim(self.folder, wait=True):
                    write_json(self.folder / PLAN, {"format": FORMAT, "size": None})
            except OSError as error:
                raise FolderError(f"cannot be written: {error.strerror}", file=self.folder) from error

    def _same(self) -> Executor:
        """The executor of the round before, if it is still whole."""
        if self._executor is not None:
            try:
                self._executor.inner.submit(os.getpid).result()
            except BrokenExecutor:
                self._executor = None
        if self._executor is None:
            self._executor = _Lasting(self.pool.make())
        return self._executor


def _together(tasks: Sequence[Task], workers: int) -> list[list[Task]]:
    """The tasks by what decides the menus of their mappings, which one worker makes but once; as many lots as
    there are workers, if there are tasks for them."""
    lots: dict[Any, list[Task]] = {}
    for task in tasks:
        question = task.run.question
        decides = what_decides(question.platform.architecture, question.platform.energies)
        lots.setdefault((question.workload.attention, decides), []).append(task)
    found = sorted(lots.values(), key=len, reverse=True)
    while len(found) < workers and len(found[0]) > 1:
        half = (len(found[0]) + 1) // 2
        found = sorted([found[0][:half], found[0][half:], *found[1:]], key=len, reverse=True)
    return found


class _Lasting(Executor):
    """An executor that rounds of work do not end."""

    def __init__(self, inner: Executor) -> None:
        self.inner = inner
        if hasattr(inner, "interrupt"):
            self.interrupt = inner.interrupt

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Any:
        return self.inner.submit(fn, *args, **kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Nothing: :meth:`end` does."""

    def end(self) -> None:
        self.inner.shutdown()


def run_of(query: Query, mapping: Mapping[str, Any] | None = None) -> Run:
    """A query as a run; by a mapping that is given, where it is."""
    question = query.question()
    attention = question.workload.attention
    question = replace(question, workload=replace(question.workload, name=query.case.name))
    if mapping is not None:
        question = replace(question, dataflow=None, objective=None, mapping=mapping)
    return Run(question, query.dataflow, attention.keys, attention.batch, EngineChoice("native", "native"))


def answer_in(document: Mapping[str, Any]) -> Answer:
    """The answer that a run's ``result.json`` is."""
    name = document["inputs"]["dataflow"]
    if document["status"] != "ok":
        return Answer(name, document["error"]["message"])
    found = answer_of(name, document["estimate"], document["nest"], document["mapping"])
    if "front" not in document:
        return found
    clock = document["architecture"]["cycle_seconds"]
    points = [
        (each["cycles"] * clock, each["energy_pj"] * PJ, each["leak_pj"] * PJ) for each in document["front"]
    ]
    return replace(found, nest="", mapping=None, front=tuple(points))


@contextmanager
def _folder(output: str | Path | None) -> Iterator[Path]:
    if output is not None:
        yield Path(output).absolute()
        return
    with TemporaryDirectory(prefix="flat-explore-") as folder:
        yield Path(folder)


def _write(design: Source, found: ExploreResult, folder: Path) -> None:
    """The design as it was given, and the result."""
    file = file_of(design)
    try:
        with claim(folder, wait=True):
            text = file.read_text(encoding="utf-8") if file else _text(design)
            write_text(folder / DESIGN, text)
            write_exploration(found, folder)
    except OSError as error:
        raise FolderError(f"cannot be written: {error.strerror}", file=folder) from error


def _text(design: Source) -> str:
    import yaml

    return (
        design
        if isinstance(design, str)
        else yaml.safe_dump(load(design), sort_keys=False, allow_unicode=True)
    )
