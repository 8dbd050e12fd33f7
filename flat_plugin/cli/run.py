"""``flat run``: a batch from a sweep file."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flat_plugin.cli.choices import ENGINES
from flat_plugin.cli.console import progress_is_shown
from flat_plugin.cli.options import INTERRUPTED, AsJson, choice, file, print_json, say, show
from flat_plugin.errors import FlatError
from flat_plugin.wording import counted

if TYPE_CHECKING:
    from flat_plugin.batch.batch import BatchResult, Progress
    from flat_plugin.batch.plan import Plan

SOME_FAILED = 1
_SHOWN = 20  # runs of a plan that are printed

ClusterName = Annotated[
    str | None, typer.Option("--cluster", metavar="tcp://…|slurm", help="A Dask scheduler, or Slurm.")
]
ClusterOptions = Annotated[
    str,
    typer.Option(
        "--cluster-options",
        metavar="KEY=VALUE,…",
        help="For Slurm, such as cores=8,memory=16GB,walltime=02:00:00.",
    ),
]
Jobs = Annotated[
    int | None,
    typer.Option("-j", "--jobs", metavar="N", help="Processes, or Slurm jobs; one per core if not given."),
]


def run(
    sweep: Annotated[Path, typer.Argument(metavar="SWEEP", help="The sweep file.")],
    engine: Annotated[
        str | None, choice("--engine", ENGINES, "An engine to use instead of the sweep's.")
    ] = None,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Also repeat runs that failed.")
    ] = False,
    cluster: ClusterName = None,
    cluster_options: ClusterOptions = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the plan and run nothing.")] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Count a dataflow that does not fit as a failure.")
    ] = False,
    output: Annotated[
        Path | None,
        file("-o", "--output", metavar="FOLDER", help="Where the runs go; run again to continue."),
    ] = None,
    jobs: Jobs = None,
    as_json: AsJson = False,
) -> None:
    """A batch: every combination of a sweep file, in parallel.

    Runs that are done already are not repeated.

    Ends with 0 if all runs have an answer ("does not fit" is one), 1 if some failed, 2 for
    bad input, 130 when interrupted.
    """
    from flat_plugin import api

    if dry_run:
        _show_plan(api.plan(sweep, engine), as_json)
        return
    if output is None:
        raise FlatError("no folder to write to", expected="-o FOLDER, or --dry-run")
    from flat_plugin.batch.executors import parse_options

    try:
        with interruptible(), _progress() as progress:
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
        say("flat: interrupted; run it again to go on from here", err=True)
        raise typer.Exit(INTERRUPTED) from None
    _show_result(result, output, as_json)
    if result.wrong(strict):
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
    say(counted(len(plan.runs), "run"))


def _show_result(result: BatchResult, output: Path, as_json: bool) -> None:
    if as_json:
        print_json(result.to_dict())
        return
    from flat_plugin.report.terminal.batch import reasons, summary

    say(summary(result, output))
    for reason in reasons(result):
        show(reason)


@contextmanager
def interruptible() -> Iterator[None]:
    """A job that is told to end (SIGTERM) ends as with Ctrl-C."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _progress() -> Iterator[Progress | None]:
    """A bar with rate and time left on a terminal; nothing in a pipe."""
    if not progress_is_shown():
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
