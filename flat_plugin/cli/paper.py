"""``flat reproduce`` and ``flat validate``: the published figures beside ours."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from flat_plugin.cli.choices import ASSUMPTIONS, EXPERIMENTS, VALIDATIONS
from flat_plugin.cli.console import progress_is_shown
from flat_plugin.cli.options import AsJson, Jobs, choice, file, print_json, say, show


def reproduce(
    experiment: Annotated[
        str | None,
        choice("--experiment", EXPERIMENTS, "One of the paper's figures; all if not given."),
    ] = None,
    assumptions: Annotated[
        str | None, choice("--assumptions", ASSUMPTIONS, "One set of assumptions; all three if not given.")
    ] = None,
    output: Annotated[
        Path | None,
        file("-o", "--output", metavar="FOLDER", help="Also write CSV, JSON and Markdown there."),
    ] = None,
    jobs: Jobs = None,
    as_json: AsJson = False,
) -> None:
    """The paper's claims, and our figures.

    Where they differ, names the assumption that explains the difference.
    """
    from flat_plugin.paper.reproduce import reproduce as public
    from flat_plugin.paper.reproduce import write_reproduction

    with _progress("points") as progress:
        found = public(experiment, assumptions, jobs=jobs, progress=progress)
    written = write_reproduction(found, output) if output else []
    if as_json:
        print_json(found.to_dict())
        return
    from flat_plugin.paper.tables import reproduction

    show(reproduction(found))
    if written:
        say(f"{output}: {', '.join(path.name for path in written)}")


def validate(
    data: Annotated[
        Path | None,
        file("--data", metavar="FOLDER", help="Published tables; without it only what ships."),
    ] = None,
    experiment: Annotated[
        str | None, choice("--experiment", VALIDATIONS, "One of them; all there is if not given.")
    ] = None,
    rows: Annotated[bool, typer.Option("--rows", help="Every row, not only the errors.")] = False,
    as_json: AsJson = False,
) -> None:
    """How far our figures are from others'.

    The others are recorded Timeloop runs, RTL simulation, published models and counters of an H100.
    """
    from flat_plugin.paper.validation import validate as public

    found = public(data, experiment)
    if as_json:
        print_json(found.to_dict())
        return
    from flat_plugin.paper.tables import validation

    show(validation(found, rows))


@contextmanager
def _progress(what: str) -> Iterator[Callable[[int, int], None] | None]:
    """A bar on a terminal's error stream; nothing in a pipe."""
    if not progress_is_shown():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
