"""``flat solve``: inverse questions."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from flat_plugin import defaults
from flat_plugin.cli.choices import ESTIMATORS, LEVELS, MODES
from flat_plugin.cli.completion import among
from flat_plugin.cli.options import (
    Arch,
    AsJson,
    Batch,
    Bits,
    ByHand,
    Changes,
    Config,
    Jobs,
    MaskText,
    ModelName,
    Part,
    Queries,
    Seq,
    choice,
    chosen_workload,
    flows_or,
    name,
    print_json,
    read_changes,
    show,
    working,
)
from flat_plugin.errors import FlatError

FAMILIES = ",".join(defaults.SEARCHED)
_MAPPED = ("edp", "energy", "latency")
_UNKNOWNS = ("seq", "batch", "queries", "buffer_kb", "dram_gb_per_s", "softmax_lanes")


def solve(
    unknown: Annotated[
        str,
        typer.Argument(
            metavar="UNKNOWN",
            autocompletion=among(_UNKNOWNS),
            help="seq, batch, queries, a key of --set, or COMPONENT.attribute.",
        ),
    ],
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
    estimator: Annotated[
        str, choice("--estimator", ESTIMATORS, "Who answers for energy.")
    ] = defaults.ESTIMATOR,
    dataflow: Annotated[
        list[str] | None,
        name("--dataflow", "dataflows", f"The best of these counts; {FAMILIES} if not given.", "NAME|FILE,…"),
    ] = None,
    softmax: Annotated[str, choice("--softmax", MODES, "How softmax is chained.")] = defaults.SOFTMAX,
    level: Annotated[str, choice("--level", LEVELS, "How much is counted.")] = defaults.LEVEL,
    objective: Annotated[
        str | None,
        choice(
            "--objective", _MAPPED, "What mappings are best in; what the condition is about if not given."
        ),
    ] = None,
    until: Annotated[
        str | None,
        typer.Option(
            "--until", metavar="CONDITION", help='The value from which on, such as "cycles <= 1.1 * limit".'
        ),
    ] = None,
    where: Annotated[
        str | None,
        typer.Option(
            "--where", metavar="CONDITION", help='All values at which, such as "flat-opt.edp > base-opt.edp".'
        ),
    ] = None,
    values: Annotated[
        str | None,
        typer.Option(
            "--values", metavar="VALUES", help="Values of the unknown: 64,128 or 128..4096/64 or 1..256*2."
        ),
    ] = None,
    over: Annotated[
        str | None,
        typer.Option("--over", metavar="NAME=VALUES", help="The answer for each value of something else."),
    ] = None,
    every: Annotated[bool, typer.Option("--every", help="Look at all values.")] = False,
    jobs: Jobs = None,
    as_json: AsJson = False,
) -> None:
    """At which values of an unknown a condition holds: every crossing.

    Values are found by bisection where the condition goes one way, which is checked; else all are looked at.
    """
    from flat_plugin import api

    asked: dict[str, Any] = {
        "unknown": unknown,
        "workload": chosen_workload(model, config, attention, None, part, None, None),
        "architecture": arch,
        "until": until,
        "where": where,
        "values": values,
        "seq": seq,
        "queries": queries,
        "mask": mask,
        "batch": batch,
        "bits": _widths(bits),
        "set": read_changes(changes),
        "level": level,
        "dataflow": [flow for flow in flows_or(FAMILIES, dataflow, None) if flow],
        "objective": objective,
        "softmax": softmax,
        "estimator": estimator,
        "every": every,
        "jobs": jobs,
    }
    with working("solving"):
        if over is None:
            found = api.solve(**asked)
        else:
            curve = api.solve_over(*_over(over), **asked)
    if over is None:
        if as_json:
            print_json(found.to_dict())
        else:
            from flat_plugin.report.terminal.solve import solution_text

            show(solution_text(found))
        return
    if as_json:
        print_json(curve.to_dict())
    else:
        from flat_plugin.report.terminal.solve import curve_text

        show(curve_text(curve))


def _widths(bits: str | None) -> Any:
    from flat_plugin.workload.widths import parse_widths

    return None if bits is None else parse_widths(bits)


def _over(text: str) -> tuple[str, str]:
    named, equals, values = (part.strip() for part in text.partition("="))
    if not (named and equals and values):
        raise FlatError("not values of something", path="--over", value=text, expected="buffer_kb=256,512")
    return named, values
