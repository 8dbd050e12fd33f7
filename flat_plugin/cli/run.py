"""``flat run``: a batch from a sweep file."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flat_plugin.cli.options import AsJson, print_json, say, show
from flat_plugin.errors import FlatError

if TYPE_CHECKING:
    from flat_plugin.batch.batch import BatchResult, Progress
    from flat_plugin.batch.plan import Plan

SOME_FAILED = 1
INTERRUPTED = 130
_SHOWN = 20  # failures, or runs of a plan, that are printed


def run(
    sweep: Annotated[Path, typer.Argument(help="The sweep file.")],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Folder of the batch; started again it goes on.")
    ] = None,
    jobs: Annotated[
        int | None, typer.Option("--jobs", "-j", help="Processes, or Slurm jobs; all cores if not given.")
    ] = None,
    engine: Annotated[str | None, typer.Option("--engine", help="Instead of the sweep's.")] = None,
    retry_failed: Annotated[bool, typer.Option("--retry-failed", help="Repeat what failed, too.")] = False,
    cluster: Annotated[
        str | None, typer.Option("--cluster", help="tcp://… of a Dask scheduler, or slurm.")
    ] = None,
    cluster_options: Annotated[
        str, typer.Option("--cluster-options", help="cores=8,memory=16GB,walltime=02:00:00 for Slurm.")
    ] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the plan and run nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """A batch: every combination of a sweep file, in parallel.

    Only what is not done yet is run.

    Ends with 0 if all runs are ok, 1 if some failed, 2 for bad input, 130 when interrupted.
    """
    from flat_plugin import api

    if dry_run:
        _show_plan(api.plan(sweep, engine), as_json)
        return
    if output is None:
        raise FlatError("where to?", expected="-o FOLDER, or --dry-run")
    from flat_plugin.batch.executors import parse_options

    try:
        with _interruptible(), _progress() as progress:
            result = api.run(
                sweep,
                output,
                jobs=jobs,
                cluster=cluster,
                cluster_options=parse_options(cluster_options),
                retry_failed=retry_failed,
                engine=engine,
                progress=progress,
            )
    except KeyboardInterrupt:
        say("flat: interrupted; started again it goes on from here", err=True)
        raise typer.Exit(INTERRUPTED) from None
    _show_result(result, as_json)
    if result.failed:
        raise typer.Exit(SOME_FAILED)


def _show_plan(plan: Plan, as_json: bool) -> None:
    if as_json:
        print_json(plan.document())
        return
    from flat_plugin.report.terminal.hanging import hanging, terminal_width

    width = terminal_width()
    for run in plan.runs[:_SHOWN]:
        say(hanging(f"{run.key}  ", str(run), width, ", "))
    if len(plan.runs) > _SHOWN:
        say(f"… and {len(plan.runs) - _SHOWN:,} more (--json lists all)")
    say(f"{len(plan.runs):,} runs")


def _show_result(result: BatchResult, as_json: bool) -> None:
    if as_json:
        print_json(result.to_dict())
        return
    from rich.text import Text

    total, failures = len(result.outcomes), result.failures
    before = f" ({result.before:,} done before)" if result.before else ""
    say(f"{total - len(failures):,} of {total:,} runs ok{before}; results in {result.output}")
    for run, outcome in failures[:_SHOWN]:
        show(Text(f"✗ {run.key}  {run}\n  {outcome.kind}: {outcome.message}", style="yellow"))
    if len(failures) > _SHOWN:
        show(Text(f"… and {len(failures) - _SHOWN:,} more failed (--json lists all)", style="yellow"))


@contextmanager
def _interruptible() -> Iterator[None]:
    """A job that is told to end (SIGTERM) ends as with Ctrl-C."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _progress() -> Iterator[Progress | None]:
    """A bar with rate and time left on a terminal; nothing in a pipe."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(elapsed_when_finished=True),
        TextColumn("{task.fields[failed]}", style="yellow"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None, rate="", failed="")
        failures = 0

        def advance(done: int, total: int, outcome: object) -> None:
            nonlocal failures
            failures += getattr(outcome, "status", "") == "failed"
            elapsed = bar.tasks[0].elapsed or 0.0
            rate = f"{done / elapsed:.1f} runs/s" if elapsed > 0 else ""
            failed = f"{failures} failed" if failures else ""
            bar.update(task, completed=done, total=total, rate=rate, failed=failed)

        yield advance
