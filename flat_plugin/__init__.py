"""FLAT fused-attention dataflows for Timeloop and Accelergy.

    >>> import flat_plugin as flat
    >>> flat.estimate("bert-base", "edge", "flat-r64", seq=512)  # doctest: +SKIP

What a dataflow costs:
    estimate            cycles, energy and traffic of one dataflow
    explain             the fused loop nest, and where every number comes from
    estimate_trace      what a table of fetched keys and values costs
    compare             two results, and the parts that add up to their difference
    search              the best mapping of a family, proven
    search_each         the same of several families, side by side
    pareto              a front of two figures
    check               whether the certificate of a search holds
    save_mapping        a mapping as a file that everything else reads

Timeloop's files:
    generate            problem, architecture, mapping, constraints, mapper, ERT and ART
    evaluate_mapping    what timeloop-model would print
    evaluate_mappings   the same for an array of mappings at once

The chip as the answer:
    explore             the best chips of a design space, proven
    solve               at which values of an unknown a condition holds
    solve_over          the same for each value of something else: a curve of crossings

Batches and reports:
    plan                the runs of a sweep, none of them run
    run                 every combination of a sweep, in parallel, resumable
    read_results        the results of a batch
    write_page          a batch as one page
    write_figures       a batch as PNG, SVG and PDF

Architectures and energies:
    show                an architecture as it was understood
    platform            an architecture with its energies, which are then found once
    energy_table        energy per action and area of every component
    energy_template     tables to fill in
    compare_energy      where two estimators differ

The paper:
    reproduce           its claims beside our figures
    validate            our errors against others' figures

Names and files read:
    input_schema        the JSON schema of an input file, for editors
    find_model, find_architecture, parse_attention, parse_dataflow, read_config, read_mix, read_trace,
    read_architecture

What they give and take:
    Estimate, OperatorResult, Architecture, Platform, Attention, Block, Model, Requests, Dataflow

Errors:
    FlatError, InvalidMapping

Results are one line in a list and a table when printed; ``to_frame()`` is for pandas, ``plot()`` for Altair.
Names are loaded when they are first used, so that importing the package costs next to nothing.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flat_plugin.api import (
        check,
        compare,
        compare_energy,
        energy_table,
        energy_template,
        estimate,
        estimate_trace,
        evaluate_mapping,
        evaluate_mappings,
        explain,
        explore,
        generate,
        input_schema,
        pareto,
        plan,
        platform,
        read_results,
        reproduce,
        run,
        save_mapping,
        search,
        search_each,
        show,
        solve,
        solve_over,
        validate,
        write_figures,
        write_page,
    )
    from flat_plugin.architecture import Architecture, Platform, find_architecture, read_architecture
    from flat_plugin.errors import FlatError, InvalidMapping
    from flat_plugin.mapping.dataflow import Dataflow
    from flat_plugin.mapping.named import parse_dataflow
    from flat_plugin.model.estimate import Estimate
    from flat_plugin.model.operator import OperatorResult
    from flat_plugin.workload import (
        Attention,
        Block,
        Model,
        Requests,
        find_model,
        parse_attention,
        read_config,
    )
    from flat_plugin.workload.serving import read_mix
    from flat_plugin.workload.trace import read_trace

_HOMES = {
    "check": "api",
    "compare_energy": "api",
    "energy_table": "api",
    "energy_template": "api",
    "estimate": "api",
    "estimate_trace": "api",
    "evaluate_mapping": "api",
    "evaluate_mappings": "api",
    "explain": "api",
    "explore": "api",
    "generate": "api",
    "plan": "api",
    "platform": "api",
    "run": "api",
    "pareto": "api",
    "search": "api",
    "compare": "api",
    "read_results": "api",
    "search_each": "api",
    "show": "api",
    "solve": "api",
    "solve_over": "api",
    "save_mapping": "api",
    "input_schema": "api",
    "write_figures": "api",
    "write_page": "api",
    "reproduce": "api",
    "validate": "api",
    "Architecture": "architecture",
    "Platform": "architecture",
    "find_architecture": "architecture",
    "read_architecture": "architecture",
    "FlatError": "errors",
    "InvalidMapping": "errors",
    "Dataflow": "mapping.dataflow",
    "parse_dataflow": "mapping.named",
    "Estimate": "model.estimate",
    "OperatorResult": "model.operator",
    "Attention": "workload",
    "Block": "workload",
    "Model": "workload",
    "Requests": "workload",
    "find_model": "workload",
    "parse_attention": "workload",
    "read_config": "workload",
    "read_mix": "workload.serving",
    "read_trace": "workload.trace",
}
__all__ = [
    "Architecture",
    "Attention",
    "Block",
    "Dataflow",
    "Estimate",
    "FlatError",
    "InvalidMapping",
    "Model",
    "OperatorResult",
    "Platform",
    "Requests",
    "check",
    "compare",
    "compare_energy",
    "energy_table",
    "energy_template",
    "estimate",
    "estimate_trace",
    "evaluate_mapping",
    "evaluate_mappings",
    "explain",
    "explore",
    "find_architecture",
    "find_model",
    "generate",
    "input_schema",
    "pareto",
    "parse_attention",
    "parse_dataflow",
    "plan",
    "platform",
    "read_architecture",
    "read_config",
    "read_mix",
    "read_trace",
    "read_results",
    "reproduce",
    "run",
    "save_mapping",
    "search",
    "search_each",
    "show",
    "solve",
    "solve_over",
    "validate",
    "write_figures",
    "write_page",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("flat-plugin")
    try:
        home = _HOMES[name]
    except KeyError:
        message = f"module 'flat_plugin' has no attribute {name!r}"
        raise AttributeError(message, name=name, obj=sys.modules[__name__]) from None
    return getattr(import_module(f"flat_plugin.{home}"), name)


def __dir__() -> list[str]:
    return [*__all__]
