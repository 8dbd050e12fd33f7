"""The rows that the charts of single runs draw, by data set; a chart of many runs joins them."""

from __future__ import annotations

from typing import Any

from flat_plugin.report.analysis.columns import bandwidth_of, settings_text
from flat_plugin.report.read.parts import dram_words
from flat_plugin.report.read.results import Run

Rows = list[dict[str, Any]]


def chart_rows(run: Run, label: str) -> dict[str, Rows]:
    """The run's rows for each data set."""
    rows = {
        "energy": _energy(run),
        "busy": _busy(run),
        "limits": _limits(run),
        "roofline": _roofline(run),
    }
    return {name: [{"run": run.name, "label": label} | row for row in found] for name, found in rows.items()}


def _energy(run: Run) -> Rows:
    macs = run.macs
    return [
        {
            "operator": part.operator,
            "component": part.component,
            "tensor": part.tensor,
            "energy_j": part.energy_pj * 1e-12,
            "energy_pj_per_mac": part.energy_pj / macs if macs else None,
        }
        for part in run.parts
        if part.energy_pj  # nothing to draw where it is 0, or not known
    ]


def _busy(run: Run) -> Rows:
    cycle, bound = run.architecture["cycle_seconds"], run.estimate["bound"].split(" + ")
    return [
        {
            "component": name,
            "busy_s": component["busy_cycles"] * cycle,
            "latency_s": run.seconds,
            "bound": name in bound,
        }
        for name, component in run.estimate["components"].items()
        if component["busy_cycles"]
    ]


def _limits(run: Run) -> Rows:
    """Limits are those of one attention layer."""
    if run.estimate["level"] != "attention":
        return []
    limits = run.estimate["limits"]
    words = {
        "this mapping": run.dram_words,
        "compulsory": limits["compulsory_dram_words"],
        "with this buffer": limits["best_tiling_dram_words"],
    }
    return [
        {"what": what, "dram_words": count, "dram_bytes": count * run.word_bytes}
        for what, count in words.items()
    ]


def _roofline(run: Run) -> Rows:
    """Operators and the whole, and the machine's roof as three points of a line."""
    overrides = settings_text(run.inputs.get("overrides"))
    machine = f"{run.inputs['architecture']} {overrides}".strip()
    points = [
        {"operator": name, **_point(run, work["computes"], dram_words(work["tensors"]), work["cycles"])}
        for name, work in run.estimate["operators"].items()
        if work["computes"]
    ]
    whole = _point(run, run.macs, run.dram_words, run.estimate["cycles"])
    points.append({"operator": "all operators", **whole})
    common = {"machine": machine, "dataflow": run.estimate["dataflow"], "kind": "point"}
    return [common | point for point in points if point["macs_per_byte"]] + _roof(run, machine)


def _roof(run: Run, machine: str) -> Rows:
    """MACs/cycle against MACs/byte: the bandwidth's slope up to the array's peak."""
    peak, words = run.architecture.get("pes"), bandwidth_of(run.outer)
    if not peak or not words:
        return []
    ridge = peak / (words * run.word_bytes)
    corners = ((ridge / 64, peak / 64), (ridge, peak), (ridge * 64, peak))
    return [{"kind": "roof", "machine": machine, "macs_per_byte": x, "macs_per_cycle": y} for x, y in corners]


def _point(run: Run, macs: int, words: float, cycles: float) -> dict[str, float | None]:
    moved = words * run.word_bytes
    return {
        "macs_per_byte": macs / moved if moved else None,
        "macs_per_cycle": macs / cycles if cycles else None,
    }
