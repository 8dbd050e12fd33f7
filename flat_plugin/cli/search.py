"""``flat search``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from flat_plugin import defaults
from flat_plugin.cli.choices import FACTORS, FRONTS, MODES, OBJECTIVES
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
    choice,
    chosen_architecture,
    chosen_workload,
    file,
    flows_or,
    name,
    print_json,
    refuse_given,
    show,
    working,
)
from flat_plugin.errors import FlatError

FAMILIES = ",".join(defaults.SEARCHED)
SEARCHING = "searching; Ctrl-C stops with the best so far"
_FAMILIES = "Families to search, such as flat-r64; base-opt,flat-opt if not given."
Families = Annotated[list[str] | None, name("--dataflow", "dataflows", _FAMILIES, "NAME|FILE,…")]
Objective = Annotated[
    str | None,
    choice("--objective", OBJECTIVES, "What is best; edp if not given (without energies latency)."),
]
Factors = Annotated[
    str, choice("--factors", FACTORS, "imperfect: last tiles may be smaller, for lengths that do not divide.")
]
Pareto = Annotated[str | None, choice("--pareto", FRONTS, "A front of two figures instead of one mapping.")]
SoftmaxOrUnit = Annotated[
    str | None,
    choice("--softmax", MODES[:3], "Not on the array; serial, if not given, where there is a unit for it."),
]
Saved = Annotated[Path | None, file("-o", "--output", help="Save the best mapping for estimate --mapping.")]


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
    ert: Ert = None,
    estimator: EstimatorName = defaults.ESTIMATOR,
    dataflow: Families = None,
    space: SpaceName = None,
    factors: Factors = defaults.FACTORS,
    softmax: SoftmaxOrUnit = None,
    objective: Objective = None,
    pareto: Pareto = None,
    proof: Annotated[
        bool, typer.Option("--proof", help="Also the spaces, and why nothing else in them is better.")
    ] = False,
    output: Saved = None,
    as_json: AsJson = False,
) -> None:
    """The best mapping in a declared map space, proven.

    Ctrl-C gives the best so far, marked as not proven.
    """
    from flat_plugin import api

    if as_json:
        refuse_given("with --json, which has all of it", {"--proof": proof or None})
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

            show(front_table(front, proof))
        return
    with working(SEARCHING):
        found = api.search_each(workload, hardware, families, objective=objective, factors=factors, **options)
    if output is not None:
        api.save_mapping(found.best.mapping, workload, hardware, output, seq=seq, batch=batch)
    if as_json:
        print_json(found.to_dict())
    else:
        from flat_plugin.report.terminal.search import search_table

        show(search_table(found, proof))
