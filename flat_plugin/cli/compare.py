"""``flat compare``: two results and what explains the difference."""

from __future__ import annotations

from typing import Annotated

import typer

from flat_plugin import defaults
from flat_plugin.cli.options import (
    AsJson,
    EngineName,
    LatentForm,
    Level,
    TimeLimit,
    TraceFile,
    name,
    print_json,
    show,
)
from flat_plugin.cli.question_options import ChainOptions, MachineOptions, WorkloadOptions
from flat_plugin.cli.waiting import searching_for
from flat_plugin.option_groups import spread

_WHAT = "A run's folder or result.json; or a dataflow or an architecture (its name or file), or an engine."


@spread
def compare(
    a: Annotated[str, typer.Argument(metavar="A", help=_WHAT)],
    b: Annotated[str, typer.Argument(metavar="B", help="Like A.")],
    *,
    asked: WorkloadOptions,
    machine: MachineOptions,
    dataflow: Annotated[
        str | None,
        name(
            "--dataflow",
            "dataflows",
            "For both sides, unless they name one; if not given, flat-r, or base for a trace.",
        ),
    ] = None,
    chain: ChainOptions,
    level: Level = defaults.LEVEL,
    latent: LatentForm = None,
    engine: EngineName = defaults.ENGINE,
    time_limit: TimeLimit = None,
    trace: TraceFile = None,
    causes: Annotated[int, typer.Option("--causes", metavar="N", min=1, help="How many causes to list.")] = 8,
    as_json: AsJson = False,
) -> None:
    """Two results side by side, and what explains the difference.

    The parts add up to it, largest first.
    """
    from flat_plugin.api import comparisons
    from flat_plugin.architecture import list_architectures

    workload = asked.chosen_if_any(machine.changes) if trace is None else asked.traced(trace)
    one, other = (
        machine.architecture(each)
        if each in list_architectures() or comparisons.kind_of_file(each) == "architecture"
        else each
        for each in (a, b)
    )
    with searching_for(a, b, dataflow):
        found = comparisons.compare(
            one,
            other,
            workload,
            machine.architecture(),
            dataflow,
            seq=asked.seq,
            batch=asked.batch,
            level=level,
            latent=latent,
            ert=machine.ert,
            estimator=machine.estimator,
            engine=engine,
            time_limit=time_limit,
            **chain.asked(),
        )
    from flat_plugin.report.terminal.tables import difference_table

    if as_json:
        print_json(found.to_dict())
    else:
        show(difference_table(found, causes))
