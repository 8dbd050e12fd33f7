"""``flat search``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from flat_plugin import defaults
from flat_plugin.cli.options import (
    Arch,
    AsJson,
    Batch,
    Bits,
    ByHand,
    Changes,
    Config,
    Ert,
    EstimatorName,
    MaskText,
    ModelName,
    Part,
    Queries,
    Seq,
    SpaceName,
    chosen_architecture,
    chosen_workload,
    flows_or,
    print_json,
    refuse_given,
    show,
    working,
)
from flat_plugin.errors import FlatError

FAMILIES = ",".join(defaults.SEARCHED)
SEARCHING = "searching; Ctrl-C stops with the best so far"
Families = Annotated[
    list[str] | None,
    typer.Option(
        "--dataflow", help="Families to search: base-opt, flat-opt (both if not given), flat-r64, …"
    ),
]
Objective = Annotated[
    str | None,
    typer.Option(
        "--objective",
        help="edp (if not given; without energies latency), energy, latency, traffic or footprint.",
    ),
]
Factors = Annotated[
    str,
    typer.Option("--factors", help="perfect, or imperfect (last tiles may be smaller) for odd lengths."),
]
Pareto = Annotated[
    str | None, typer.Option("--pareto", help="A front instead: footprint-traffic or energy-latency.")
]
SoftmaxOrUnit = Annotated[
    str | None,
    typer.Option("--softmax", help="free, serial or overlapped (not array); serial if there is a unit."),
]
Saved = Annotated[
    Path | None, typer.Option("-o", "--output", help="Save the best mapping for estimate --mapping.")
]


def search(
    model: ModelName = None,
    config: Config = None,
    part: Part = None,
    attention: ByHand = None,
    seq: Seq = None,
    queries: Queries = None,
    mask: MaskText = None,
    batch: Batch = defaults.BATCH,
    bits: Bits = None,
    arch: Arch = defaults.ARCHITECTURE,
    changes: Changes = None,
    dataflow: Families = None,
    objective: Objective = None,
    pareto: Pareto = None,
    factors: Factors = defaults.FACTORS,
    space: SpaceName = None,
    softmax: SoftmaxOrUnit = None,
    ert: Ert = None,
    estimator: EstimatorName = defaults.ESTIMATOR,
    output: Saved = None,
    as_json: AsJson = False,
) -> None:
    """The best mapping in a declared map space, proven.

    Ctrl-C gives the best so far, marked as not proven.
    """
    from flat_plugin import api

    workload = chosen_workload(model, config, attention, queries, part, mask, bits)
    hardware = chosen_architecture(arch, changes)
    families = [flow for flow in flows_or(FAMILIES, dataflow, None) if flow]
    options: dict[str, Any] = {
        "seq": seq,
        "batch": batch,
        "space": space,
        "softmax": softmax,
        "ert": ert,
        "estimator": estimator,
    }
    if pareto is not None:
        refuse_given("with --pareto", {"--output": output, "--objective": objective})
        if factors != defaults.FACTORS:
            raise FlatError("fronts have perfect factors", path="--factors", value=factors)
        with working(SEARCHING):
            front = api.pareto(workload, hardware, pareto, dataflow=families, **options)
        if as_json:
            print_json(front.to_dict())
        else:
            from flat_plugin.report.terminal.search import front_table

            show(front_table(front))
        return
    with working(SEARCHING):
        found = api.search_each(workload, hardware, families, objective=objective, factors=factors, **options)
    if output is not None:
        api.save_mapping(found.best.mapping, workload, hardware, output, seq=seq, batch=batch)
    if as_json:
        print_json(found.to_dict())
    else:
        from flat_plugin.report.terminal.search import search_table

        show(search_table(found))
