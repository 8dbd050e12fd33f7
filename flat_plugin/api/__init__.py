"""The public functions: each command is a thin shell over one of them."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flat_plugin.api.catalogue import names
    from flat_plugin.api.certificates import check
    from flat_plugin.api.comparisons import compare
    from flat_plugin.api.energies import compare_energy, energy_dict, energy_table, energy_template
    from flat_plugin.api.estimates import estimate, explain
    from flat_plugin.api.evaluations import evaluate_mapping, evaluate_mappings
    from flat_plugin.api.files import Generated, generate
    from flat_plugin.api.inputs import platform
    from flat_plugin.api.schemas import input_schema, schema_names
    from flat_plugin.api.searches import pareto, save_mapping, search, search_each
    from flat_plugin.api.shows import show
    from flat_plugin.api.traces import estimate_trace
    from flat_plugin.batch.batch import run_sweep as run
    from flat_plugin.batch.exploration_runs import explore
    from flat_plugin.batch.plan import plan_sweep as plan
    from flat_plugin.batch.solving import solve, solve_over
    from flat_plugin.paper.reproduce import reproduce
    from flat_plugin.paper.validation import validate
    from flat_plugin.report.read.results import read_results
    from flat_plugin.report.write import write_figures, write_page

__all__ = [
    "Generated",
    "check",
    "compare",
    "compare_energy",
    "energy_dict",
    "energy_table",
    "energy_template",
    "estimate",
    "estimate_trace",
    "evaluate_mapping",
    "evaluate_mappings",
    "explain",
    "explore",
    "generate",
    "input_schema",
    "names",
    "pareto",
    "plan",
    "platform",
    "read_results",
    "reproduce",
    "run",
    "save_mapping",
    "schema_names",
    "search",
    "search_each",
    "show",
    "solve",
    "solve_over",
    "validate",
    "write_figures",
    "write_page",
]

# Where each is: loaded when it is first used, so that names and help come at once.
_HOMES = {
    "Generated": ("api.files", "Generated"),
    "check": ("api.certificates", "check"),
    "compare": ("api.comparisons", "compare"),
    "compare_energy": ("api.energies", "compare_energy"),
    "energy_dict": ("api.energies", "energy_dict"),
    "energy_table": ("api.energies", "energy_table"),
    "energy_template": ("api.energies", "energy_template"),
    "estimate": ("api.estimates", "estimate"),
    "estimate_trace": ("api.traces", "estimate_trace"),
    "evaluate_mapping": ("api.evaluations", "evaluate_mapping"),
    "evaluate_mappings": ("api.evaluations", "evaluate_mappings"),
    "explain": ("api.estimates", "explain"),
    "explore": ("batch.exploration_runs", "explore"),
    "generate": ("api.files", "generate"),
    "input_schema": ("api.schemas", "input_schema"),
    "names": ("api.catalogue", "names"),
    "pareto": ("api.searches", "pareto"),
    "plan": ("batch.plan", "plan_sweep"),
    "platform": ("api.inputs", "platform"),
    "read_results": ("report.read.results", "read_results"),
    "reproduce": ("paper.reproduce", "reproduce"),
    "run": ("batch.batch", "run_sweep"),
    "save_mapping": ("api.searches", "save_mapping"),
    "schema_names": ("api.schemas", "schema_names"),
    "search": ("api.searches", "search"),
    "search_each": ("api.searches", "search_each"),
    "show": ("api.shows", "show"),
    "solve": ("batch.solving", "solve"),
    "solve_over": ("batch.solving", "solve_over"),
    "validate": ("paper.validation", "validate"),
    "write_figures": ("report.write", "write_figures"),
    "write_page": ("report.write", "write_page"),
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'flat_plugin.api' has no attribute {name!r}")
    module, function = _HOMES[name]
    return getattr(import_module(f"flat_plugin.{module}"), function)
