"""FLAT fused-attention dataflows for Timeloop and Accelergy.

    >>> import flat_plugin as flat
    >>> flat.estimate("bert-base", "edge", "flat-r64", seq=512).bound  # doctest: +SKIP

Names are loaded when they are first used, so that importing the package costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flat_plugin.api import (
        compare,
        compare_energy,
        energy_table,
        energy_template,
        estimate,
        evaluate_mapping,
        evaluate_mappings,
        explain,
        generate,
        pareto,
        plan,
        read_results,
        reproduce,
        run,
        save_mapping,
        search,
        search_each,
        show,
        validate,
        write_figures,
        write_page,
    )
    from flat_plugin.architecture import Architecture, find_architecture, read_architecture
    from flat_plugin.errors import FlatError, InvalidMapping
    from flat_plugin.mapping.dataflow import Dataflow
    from flat_plugin.mapping.named import parse_dataflow
    from flat_plugin.model.estimate import Estimate
    from flat_plugin.model.operator import OperatorResult
    from flat_plugin.workload import Attention, Block, Model, find_model, parse_attention, read_config

_HOMES = {
    "compare_energy": "api",
    "energy_table": "api",
    "energy_template": "api",
    "estimate": "api",
    "evaluate_mapping": "api",
    "evaluate_mappings": "api",
    "explain": "api",
    "generate": "api",
    "plan": "api",
    "run": "api",
    "pareto": "api",
    "search": "api",
    "compare": "api",
    "read_results": "api",
    "search_each": "api",
    "show": "api",
    "save_mapping": "api",
    "write_figures": "api",
    "write_page": "api",
    "reproduce": "api",
    "validate": "api",
    "Architecture": "architecture",
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
    "find_model": "workload",
    "parse_attention": "workload",
    "read_config": "workload",
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
    "compare",
    "compare_energy",
    "energy_table",
    "energy_template",
    "estimate",
    "evaluate_mapping",
    "evaluate_mappings",
    "explain",
    "find_architecture",
    "find_model",
    "generate",
    "pareto",
    "parse_attention",
    "parse_dataflow",
    "plan",
    "read_architecture",
    "read_config",
    "read_results",
    "reproduce",
    "run",
    "save_mapping",
    "search",
    "search_each",
    "show",
    "validate",
    "write_figures",
    "write_page",
]


def __getattr__(name: str) -> Any:
    try:
        home = _HOMES[name]
    except KeyError:
        raise AttributeError(f"module 'flat_plugin' has no attribute {name!r}") from None
    return getattr(import_module(f"flat_plugin.{home}"), name)
