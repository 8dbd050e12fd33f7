"""The rows that charts of single runs draw, by data set; charts of many runs join them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flat_plugin.report.analysis.columns import bandwidth_of, settings_text
from flat_plugin.report.read.parts import dram_bytes
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
    moved = {
        "this mapping": (run.dram_words, run.dram_bytes),
        "compulsory": _limit(run, limits, "compulsory"),
        "with this buffer": _limit(run, limits, "best_tiling"),
    }
    return [{"what": what, "dram_words": words, "dram_bytes": size} for what, (words, size) in moved.items()]


def _limit(run: Run, limits: Mapping[str, float], name: str) -> tuple[float, float]:
    """(words, bytes); results of before tensors had widths of their own say only words."""
    words = limits[f"{name}_dram_words"]
    return words, limits.get(f"{name}_dram_bytes", words * run.word_bytes)


def _roofline(run: Run) -> Rows:
    """Operators and the whole, and the machine's roof as three points of a line."""
    overrides = settings_text(run.inputs.get("overrides"))
    machine = f"{run.inputs['architecture']} {overrides}".strip()
    points = [
        {"operator": name, **_point(work["computes"], _bytes(run, work), work["cycles"])}
        for name, work in run.estimate["operators"].items()
        if work["computes"]
    ]
    whole = _point(run.macs, run.dram_bytes, run.estimate["cycles"])
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


def _bytes(run: Run, work: Mapping[str, Any]) -> float:
    return dram_bytes(work["tensors"], run.outer["word_bits"])


def _point(macs: int, moved: float, cycles: float) -> dict[str, float | None]:
    return {
        "macs_per_byte": macs / moved if moved else None,
        "macs_per_cycle": macs / cycles if cycles else None,
    }
