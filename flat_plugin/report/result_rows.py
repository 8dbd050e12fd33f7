"""Results as rows, each column with its unit in its name: what frames and notebooks show."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flat_plugin.report.analysis.columns import Row, run_row
from flat_plugin.report.read.parts import parts_of


def rows_of(value: Any) -> list[Row]:
    """Empty where a result has none."""
    make = _ROWS.get(type(value).__name__)
    return make(value) if make else []


def _figures(e: Any) -> dict[str, Any]:
    return {
        "dataflow": e.dataflow,
        "cycles": e.cycles,
        "latency_s": e.seconds,
        "energy_pj": e.energy_pj,
        "footprint_words": e.requirement.words,
        "dram_words": e.dram_words,
        "dram_bytes": e.dram_bytes,
        "utilization": e.utilization,
        "bound": e.bound,
    }


def _parts(e: Any) -> list[Row]:
    """They add up to its energy."""
    return [vars(part) for part in parts_of(e.to_dict())]


def _layers(t: Any) -> list[Row]:
    return [{"layer": layer, **found.to_dict()} for layer, found in t.layers.items()]


def _counts(o: Any) -> list[Row]:
    names = ("reads", "fills", "updates", "utilized_instances", "energy_pj")
    return [
        {"level": level.name, "tensor": tensor} | {name: getattr(counts, name) for name in names}
        for level in o.levels
        for tensor, counts in level.tensors.items()
    ]


def _causes(d: Any) -> list[Row]:
    return [
        {"figure": figure.name, "unit": figure.unit, "cause": cause.what}
        | {"a": cause.a, "b": cause.b, "difference": cause.difference}
        for figure in d.figures
        for cause in figure.causes
    ]


def _actions(t: Any) -> list[Row]:
    return [
        {
            "component": name,
            "action": action,
            "energy_pj": energy,
            "area_um2": part.area_um2,
            "by": part.estimator,
        }
        for name, part in t.components.items()
        for action, energy in part.actions.items()
    ]


def _outcomes(b: Any) -> list[Row]:
    return [run.inputs() | {"status": o.status} for run, o in zip(b.runs, b.outcomes, strict=True)]


def _chip(chip: Any) -> Row:
    return (
        {name: _plain(value) for name, value in chip.values.items()}
        | {f"{name}_{unit}": chip.totals[name] for name, unit in _OF_CHIPS.items()}
        | {"dataflows": ", ".join(dict.fromkeys(answer.dataflow for answer in chip.answers))}
    )


def _work(w: Any) -> list[Row]:
    return [
        {"component": component, "tensor": tensor, "energy_pj": energy}
        for (component, tensor), energy in w.energy.items()
    ]


_OF_CHIPS = {"area": "mm2", "edp": "js", "energy": "j", "latency": "s", "power": "w", "peak_power": "w"}


def _plain(value: Any) -> Any:
    return "×".join(map(str, value)) if isinstance(value, tuple) else value


_ROWS: dict[str, Callable[[Any], list[Row]]] = {
    "Estimate": _parts,
    "Explanation": lambda e: _parts(e.estimate),
    "OperatorResult": _counts,
    "Work": _work,
    "TraceEstimate": _layers,
    "SearchResult": lambda s: [_figures(s.estimate)],
    "SearchResults": lambda s: [_figures(result.estimate) for result in s.results.values()],
    "FrontResult": lambda f: [_figures(estimate) for _, estimate in f.points],
    "Difference": _causes,
    "EnergyTable": _actions,
    "Results": lambda r: [run_row(run) for run in r.runs],
    "Run": lambda r: [run_row(r)],
    "Validation": lambda v: [row.to_dict() for row in v.rows],
    "Reproduction": lambda r: [row.to_dict() for row in r.rows],
    "Plan": lambda p: [run.inputs() for run in p.runs],
    "BatchResult": _outcomes,
    "ExploreResult": lambda r: [_chip(chip) for chip in r.every or r.front],
    "Chip": lambda c: [_chip(c)],
    "Solution": lambda s: [{"value": _plain(v.value), "holds": v.holds} | dict(v.figures) for v in s.looked],
    "Verdict": lambda v: [{"holds": v.holds, "value": v.value, "gap": v.gap, "reason": v.reason or ""}],
    "Curve": lambda c: [{c.name: _plain(value), "first": _plain(found.answer)} for value, found in c.points],
}
