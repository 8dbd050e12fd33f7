"""``flat explore``: the best chips of a design space."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flat_plugin.cli.console import progress_is_shown
from flat_plugin.cli.options import INTERRUPTED, AsJson, file, print_json, say, show
from flat_plugin.cli.run import ClusterName, ClusterOptions, Jobs, interruptible

if TYPE_CHECKING:
    from flat_plugin.batch.exploration_runs import Report
    from flat_plugin.exploration.explorer import Progress

NOTHING_MEETS = 1


def explore(
    design: Annotated[Path, typer.Argument(metavar="DESIGN", help="The design file.")],
    vary: Annotated[
        str | None,
        typer.Option(
            "--vary",
            metavar="WHAT=±N%",
            help="How robust the best is: energies=±20%, areas=±20%, or both with a comma.",
        ),
    ] = None,
    every: Annotated[
        bool, typer.Option("--every", help="Also list every design that meets the budgets.")
    ] = False,
    cluster: ClusterName = None,
    cluster_options: ClusterOptions = "",
    output: Annotated[
        Path | None,
        file("-o", "--output", metavar="FOLDER", help="Where the answers go; run again to continue."),
    ] = None,
    jobs: Jobs = None,
    as_json: AsJson = False,
) -> None:
    """The best chips of a design space, proven.

    The design file says what is free, and has the workloads, budgets and objectives. Ctrl-C gives the best
    so far, marked as not proven.

    Ends with 0 if a chip meets the budgets, 1 if none does (the nearest is printed), 2 for bad input, 130
    when interrupted.
    """
    from flat_plugin import api
    from flat_plugin.batch.executors import parse_options

    try:
        with interruptible(), _progress() as progress:
            found = api.explore(
                design,
                output,
                jobs=jobs,
                cluster=cluster,
                cluster_options=parse_options(cluster_options),
                vary=vary,
                every=every,
                progress=progress,
            )
    except KeyboardInterrupt:
        more = "; run it again to go on from here" if output else ""
        say(f"flat: interrupted before anything was found{more}", err=True)
        raise typer.Exit(INTERRUPTED) from None
    if as_json:
        print_json(found.to_dict())
    else:
        from flat_plugin.report.terminal.explore import exploration_text

        show(exploration_text(found))
    if not found.proven or found.interrupted:
        raise typer.Exit(INTERRUPTED)
    if found.best is None:
        raise typer.Exit(NOTHING_MEETS)


@contextmanager
def _progress() -> Iterator[Report | None]:
    """A line on a terminal's error stream; nothing in a pipe."""
    if not progress_is_shown():
        yield None
        return
    from rich.console import Console

    from flat_plugin.report.quantity import quantity

    with Console(stderr=True).status("exploring; Ctrl-C stops with the best so far") as status:

        def advance(now: Progress) -> None:
            best = "nothing yet" if now.best is None else ", ".join(quantity(each) for each in now.best)
            status.update(
                f"{now.answers:,} answers, {now.ruled_out:,} designs done, {now.left:,} left; best: {best}"
            )

        yield advance
