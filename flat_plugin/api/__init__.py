"""The public functions: each command is a thin shell over one of them."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from flat_plugin.api.catalogue import names
from flat_plugin.api.energies import compare_energy, energy_dict, energy_table, energy_template
from flat_plugin.api.estimates import estimate, explain
from flat_plugin.api.evaluations import evaluate_mapping, evaluate_mappings
from flat_plugin.api.files import Generated, generate
from flat_plugin.api.searches import pareto, save_mapping, search, search_each
from flat_plugin.api.shows import show

if TYPE_CHECKING:
    from flat_plugin.batch.batch import run_sweep as run
    from flat_plugin.batch.plan import plan_sweep as plan

__all__ = [
    "Generated",
    "compare_energy",
    "energy_dict",
    "energy_table",
    "energy_template",
    "estimate",
    "evaluate_mapping",
    "evaluate_mappings",
    "explain",
    "generate",
    "names",
    "pareto",
    "plan",
    "run",
    "save_mapping",
    "search",
    "search_each",
    "show",
]

_SWEEPS = {"plan": ("batch.plan", "plan_sweep"), "run": ("batch.batch", "run_sweep")}


def __getattr__(name: str) -> Any:
    """What runs batches (processes, file locks, clusters) is loaded when a sweep is planned or run."""
    if name not in _SWEEPS:
        raise AttributeError(f"module 'flat_plugin.api' has no attribute {name!r}")
    module, function = _SWEEPS[name]
    return getattr(import_module(f"flat_plugin.{module}"), function)
