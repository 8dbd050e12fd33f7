"""``flat solve``: inverse questions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flat_plugin import defaults
from flat_plugin.cli.choices import MAPPED
from flat_plugin.cli.completion import among
from flat_plugin.cli.console import progress_is_shown
from flat_plugin.cli.options import (
    INTERRUPTED,
    Arch,
    AsJson,
    Changes,
    EstimatorName,
    Factors,
    Jobs,
    Level,
    Softmax,
    choice,
    file,
    flows_or,
    name,
    print_json,
    read_changes,
    say,
    show,
)
from flat_plugin.cli.question_options import WorkloadOptions
from flat_plugin.cli.run import interruptible
from flat_plugin.option_groups import spread

if TYPE_CHECKING:
    from flat_plugin.batch.solving import Conditions
    from flat_plugin.exploration.solve import Curve, Solution

FAMILIES = ",".join(defaults.SEARCHED)
_UNKNOWNS = ("seq", "batch", "queries", "buffer_kb", "dram_gb_per_s", "softmax_lanes")
_UNKNOWN = "seq, batch, queries, a key of --set, or COMPONENT.attribute."
_BEST = f"The best of these is taken; {FAMILIES} if not given."
_OBJECTIVE = "What mappings minimize; if not given, what the condition is about."

Unknown = Annotated[str, typer.Argument(metavar="UNKNOWN", autocompletion=among(_UNKNOWNS), help=_UNKNOWN)]
Best = Annotated[list[str] | None, name("--dataflow", "dataflows", _BEST, "NAME|FILE,…")]
Objective = Annotated[str | None, choice("--objective", MAPPED, _OBJECTIVE)]
Until = Annotated[
    str | None,
    typer.Option(
        "--until",
        metavar="CONDITION",
        help='The value from which this holds, such as "cycles <= 1.1 * limit".',
    ),
]
Where = Annotated[
    str | None,
    typer.Option(
        "--where",
        metavar="CONDITION",
        help='All values where this holds, such as "flat-opt.edp > base-opt.edp".',
    ),
]
Values = Annotated[
    str | None,
    typer.Option("--values", metavar="VALUES", help="Values to try: 64,128 or 128..4096/64 or 1..256*2."),
]
Over = Annotated[
    str | None,
    typer.Option(
        "--over", metavar="NAME=VALUES", help="The answer for each value of something else: a curve."
    ),
]
Every = Annotated[bool, typer.Option("--every", help="Try every value.")]
Kept = Annotated[
    Path | None,
    file("-o", "--output", metavar="FOLDER", help="Where the answers go; run again to continue."),
]


@spread
def solve(
    unknown: Unknown,
    *,
    sizes: WorkloadOptions,
    arch: Arch = defaults.ARCHITECTURE,
    changes: Changes = None,
    estimator: EstimatorName = defaults.ESTIMATOR,
    dataflow: Best = None,
    factors: Factors = None,
    softmax: Softmax = defaults.SOFTMAX,
    level: Level = defaults.LEVEL,
    objective: Objective = None,
    until: Until = None,
    where: Where = None,
    values: Values = None,
    over: Over = None,
    every: Every = False,
    output: Kept = None,
    jobs: Jobs = None,
    as_json: AsJson = False,
) -> None:
    """The values of an unknown at which a condition holds.

    Every crossing is found: by bisection where the condition changes once over the values that were tried,
    else by trying every value.
    """
    from flat_plugin import api
    from flat_plugin.exploration.unknowns import name_and_values

    asked: Conditions = {
        **sizes.asked(),
        "set": read_changes(changes),
        "estimator": estimator,
        "dataflow": [flow for flow in flows_or(FAMILIES, dataflow, None) if flow],
        "softmax": softmax,
        "level": level,
        "objective": objective,
        "until": until,
        "where": where,
        "values": values,
        "factors": factors,
        "every": every,
        "output": output,
        "jobs": jobs,
        "progress": None,
    }
    workload = sizes.named()
    with interruptible(), _progress(output) as asked["progress"]:
        if over is None:
            found: Solution | Curve = api.solve(unknown, workload, arch, **asked)
        else:
            found = api.solve_over(*name_and_values(over, "--over"), unknown, workload, arch, **asked)
    if as_json:
        print_json(found.to_dict())
        return
    from flat_plugin.exploration.solve import Solution
    from flat_plugin.report.terminal.solve import curve_text, solution_text

    show(solution_text(found) if isinstance(found, Solution) else curve_text(found))


@contextmanager
def _progress(output: Path | None) -> Iterator[Callable[[int], None] | None]:
    """A line on a terminal's error stream; nothing in a pipe. Interrupted, what becomes of the answers."""
    try:
        if not progress_is_shown():
            yield None
            return
        from rich.console import Console

        with Console(stderr=True).status("solving") as status:
            yield lambda answers: status.update(f"solving; {answers:,} answers")
    except KeyboardInterrupt:
        more = "; run it again to go on from here" if output else "; -o FOLDER keeps what is found"
        say(f"flat: interrupted{more}", err=True)
        raise typer.Exit(INTERRUPTED) from None
