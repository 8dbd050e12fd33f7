"""The tables that a report exports: runs, levels, operators (energy) and traffic."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from flat_plugin.report.analysis.columns import Row, run_row
from flat_plugin.report.read.parts import CROSSINGS, dram_words, energy_by, scope_of, total
from flat_plugin.report.read.results import Results, Run


def runs(results: Results) -> list[Row]:
    """One row a run: its inputs and its figures."""
    return [run_row(run) for run in results.runs]


def energy(results: Results) -> list[Row]:
    """One row for each run, operator, component and tensor; they add up to the run's energy."""
    return [
        {
            "run": run.name,
            "operator": part.operator,
            "component": part.component,
            "tensor": part.tensor,
            "energy_pj": part.energy_pj,
        }
        for run in results.runs
        for part in run.parts
    ]


def traffic(results: Results) -> list[Row]:
    """One row for each run, operator and tensor; words over all instances."""
    return [
        {"run": run.name, "operator": operator, "tensor": tensor}
        | {f"{name}_words": words[name] for name in CROSSINGS}
        for run in results.runs
        for operator, work in run.estimate["operators"].items()
        for tensor, words in work["tensors"].items()
    ]


def levels(results: Results) -> list[Row]:
    """From operators to a layer's attention, a block and the model, as far as each run reaches.

    ``times`` is how often a level occurs in the one above it; a run of the model level counts its
    operators over all layers, so its rows of one layer are its totals divided by the layers. Where layers
    differ, or something stands beside them, the operators' rows are of all, and every kind has a row.
    Latencies of fused operators overlap: theirs are what each takes alone (``alone`` is true).
    """
    return [row for run in results.runs for row in _levels(run)]


TABLES: dict[str, Callable[[Results], list[Row]]] = {
    "runs": runs,
    "levels": levels,
    "energy": energy,
    "traffic": traffic,
}


def _levels(run: Run) -> Iterator[Row]:
    reached = run.estimate["level"]
    kinds = run.estimate.get("kinds", ())
    layers = (run.layers or 1) if reached == "model" and len(kinds) < 2 else 1
    whole = reached == "model" and (run.layers is None or len(kinds) > 1)
    of_what = "of all layers" if whole else "of a layer"
    operators = run.estimate["operators"]
    energies = energy_by(run.parts, "operator")
    cycle = run.architecture["cycle_seconds"]

    def row(level: str, times: int, cycles: float, names: list[str], alone: bool = False) -> Row:
        share = 1 if level == "model" else layers
        energy_pj = total(energies[name] for name in names)
        return {
            "run": run.name,
            "level": level,
            "times": times,
            "cycles": cycles / share,
            "latency_s": cycles / share * cycle,
            "energy_pj": None if energy_pj is None else energy_pj / share,
            "dram_words": sum(dram_words(operators[name]["tensors"]) for name in names) / share,
            "macs": sum(operators[name]["computes"] for name in names) / share,
            "alone": alone,
        }

    for name, work in operators.items():
        yield row(f"operator {name}", 1, work["cycles"], [name], True)
    scopes: dict[str, list[str]] = {}
    for name in operators:
        scopes.setdefault(scope_of(name), []).append(name)
    for scope, names in scopes.items():
        own = sum(operators[name]["cycles"] for name in names)
        yield row(f"{scope} {of_what}", 1, run.attention_cycles if scope == "attention" else own, names)
    if len(kinds) > 1:
        yield from (_kind(run, kind) for kind in kinds)
    elif reached != "attention":
        yield row("block", layers, run.estimate["cycles"], list(operators))
    if reached == "model":
        yield row("model", 1, run.estimate["cycles"], list(operators))


def _kind(run: Run, kind: Mapping[str, Any]) -> Row:
    """One of a kind of layer, or of a section beside the layers."""
    times, energy_pj = kind["times"], kind["energy_pj"]
    return {
        "run": run.name,
        "level": kind["name"],
        "times": times,
        "cycles": kind["cycles"] / times,
        "latency_s": kind["cycles"] / times * run.architecture["cycle_seconds"],
        "energy_pj": None if energy_pj is None else energy_pj / times,
        "dram_words": kind["dram_words"] / times,
        "macs": kind["computes"] / times,
        "alone": False,
    }
