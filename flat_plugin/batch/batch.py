"""A batch: the runs of a sweep file in a folder, each done once however often the batch is started."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from flat_plugin.arguments import Jobs, checked
from flat_plugin.batch.dispatch import drive
from flat_plugin.batch.executors import open_pool
from flat_plugin.batch.folder import FolderError, claim, write_json, write_text
from flat_plugin.batch.plan import Plan, plan_sweep
from flat_plugin.batch.result_file import read_result
from flat_plugin.batch.run import Run
from flat_plugin.batch.worker import PLAN, Outcome, Task, outcome_of, run_folder
from flat_plugin.documents import Source, file_of
from flat_plugin.shown import Shown

SWEEP = "sweep.yaml"

Progress = Callable[[int, int, Outcome], None]  # runs done, runs to do, the one just done


@dataclass(frozen=True, repr=False)
class BatchResult(Shown):
    """All runs of a plan and how they ended, in its order. ``before`` of them had been done before."""

    output: Path
    runs: tuple[Run, ...]
    outcomes: tuple[Outcome, ...]
    before: int

    @property
    def failed(self) -> tuple[Outcome, ...]:
        return tuple(outcome for _, outcome in self.failures)

    @property
    def failures(self) -> tuple[tuple[Run, Outcome], ...]:
        """What went wrong."""
        return self._ended("failed")

    @property
    def unfit(self) -> tuple[tuple[Run, Outcome], ...]:
        """Dataflows that do not fit, which is an answer."""
        return self._ended("unfit")

    def wrong(self, strict: bool = False) -> bool:
        """Whether a run failed; with ``strict`` also whether a dataflow does not fit."""
        return bool(self.failures or (strict and self.unfit))

    def _ended(self, status: str) -> tuple[tuple[Run, Outcome], ...]:
        pairs = zip(self.runs, self.outcomes, strict=True)
        return tuple((run, outcome) for run, outcome in pairs if outcome.status == status)

    def to_dict(self) -> dict[str, Any]:
        """The machine-readable form that ``flat run --json`` prints."""
        return {
            "output": str(self.output),
            "runs": len(self.outcomes),
            "ok": len(self.outcomes) - len(self.failures) - len(self.unfit),
            "unfit": len(self.unfit),
            "failed": len(self.failures),
            "done_before": self.before,
            "failures": [
                {
                    "run": run.key,
                    "inputs": run.inputs(),
                    "status": outcome.status,
                    "kind": outcome.kind,
                    "message": outcome.message,
                }
                for run, outcome in (*self.failures, *self.unfit)
            ],
        }


@checked
def run_sweep(
    sweep: Source,
    output: str | Path,
    *,
    jobs: Jobs | None = None,
    cluster: str | None = None,
    cluster_options: Mapping[str, str] | None = None,
    retry_failed: bool = False,
    engine: str | None = None,
    progress: Progress | None = None,
) -> BatchResult:
    """Do the runs of a sweep that have no result in ``output`` yet.

    Args:
        sweep: the sweep file, its text or a dictionary.
        output: the folder of the batch; a cluster's workers must see it under the same path.
        jobs: processes of this machine, one per core if not given; 1 is this process. With
            ``slurm`` the number of its jobs.
        cluster: the address of a Dask scheduler, or ``slurm``.
        cluster_options: arguments of dask-jobqueue's ``SLURMCluster``.
        retry_failed: also repeat the runs that failed.
        engine: instead of the sweep's.
        progress: called after every run.

    Raises:
        FlatError: a mistake in the sweep, and nothing has been written; or the folder cannot be
            written, or the workers not be used; runs that are done are kept.
    """
    plan = plan_sweep(sweep, engine)
    output = Path(output).absolute()
    outcomes, tasks = _standing(plan, output, retry_failed)
    before = len(outcomes)
    with open_pool(jobs, cluster, cluster_options or {}, len(tasks)) as pool:
        _write_plan(sweep, plan, output)

        def report(outcome: Outcome) -> None:
            outcomes[outcome.key] = outcome
            if progress is not None:
                progress(len(outcomes) - before, len(tasks), outcome)

        if tasks:
            drive(tasks, pool, output, report)
    return BatchResult(output, plan.runs, tuple(outcomes[run.key] for run in plan.runs), before)


def _standing(plan: Plan, output: Path, retry_failed: bool) -> tuple[dict[str, Outcome], list[Task]]:
    """What has been done, and what is to do."""
    outcomes, tasks = {}, []
    for run in plan.runs:
        document = read_result(run_folder(output, run.key))
        if document is None:
            tasks.append(Task(run))
        elif document["status"] == "failed" and retry_failed:
            tasks.append(Task(run, document["finished"]))
        else:
            outcomes[run.key] = outcome_of(document)
    return outcomes, tasks


def _write_plan(sweep: Source, plan: Plan, output: Path) -> None:
    """``plan.json`` and the sweep as it was given, beside the runs."""
    file = file_of(sweep)
    try:
        text = file.read_text(encoding="utf-8") if file else _text(sweep)
        with claim(output, wait=True):
            write_text(output / SWEEP, text)
            write_json(output / PLAN, plan.document())
    except OSError as error:
        raise FolderError(f"cannot be written: {error.strerror}", file=output) from error


def _text(sweep: Source) -> str:
    return sweep if isinstance(sweep, str) else yaml.safe_dump(sweep, sort_keys=False, allow_unicode=True)
