"""Figures of chips: what a budget may limit, and what an objective may be.

Of a workload: latency [s], energy [J] and EDP [J·s] of one run of it, and power [W] while it runs: energy by
latency, with the leakage of all parts instead of that of those in use. In total: sums over the workloads by
their weights; power is that of the workload that draws most. Of the chip: area [mm²] and peak power [W].
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf, nan
from typing import Any

MAPPED = ("edp", "energy", "latency")  # what mappings decide, and searches can look for
OF_CHIP = ("area", "peak_power")
OBJECTIVES = (*MAPPED, *OF_CHIP, "power")
UNITS = {
    "edp": "J s",
    "energy": "J",
    "latency": "s",
    "area": "mm²",
    "peak_power": "W",
    "power": "W",
}
PJ = 1e-12
FRONT = "energy-latency"  # what a searched dataflow is asked for: all mappings that nothing beats in both
Point = tuple[float, float, float]  # s, J, and J of leakage in it
# Name of a budget -> the figure, and what a number of it is multiplied by.
OF_WORKLOADS = {"latency_s": "latency", "energy_j": "energy", "edp_js": "edp", "power_w": "power"}
OF_CHIPS = {"area_mm2": "area", "peak_power_w": "peak_power"}
RATE = "runs_per_s"  # at least: the latency's other way round


@dataclass(frozen=True)
class Answer:
    """What one workload costs on one chip by one dataflow: one run of it.

    ``reason`` says why there is none (nothing fits). ``leak_j`` is the part of the energy that is leakage of
    what is in use. ``busy`` are cycles by component, ``energy`` J by component; ``nest`` is the mapping as
    text, ``mapping`` as a document. ``front`` are all points of a front, of which this is the first.
    """

    dataflow: str
    reason: str = ""
    cycles: float = 0.0
    latency_s: float = 0.0
    energy_j: float = 0.0
    leak_j: float = 0.0
    utilization: float = 0.0
    bound: str = ""
    dram_bytes: float = 0.0
    busy: Mapping[str, float] = field(default_factory=dict)
    energy: Mapping[str, float] = field(default_factory=dict)
    limits: Mapping[str, Any] = field(default_factory=dict)
    nest: str = ""
    mapping: Mapping[str, Any] | None = None
    front: tuple[Point, ...] = ()

    @property
    def points(self) -> tuple[Point, ...]:
        """What it offers: one mapping, or those of a front."""
        own = ((self.latency_s, self.energy_j, self.leak_j),) if self.fits else ()
        return self.front or own

    @property
    def fits(self) -> bool:
        return not self.reason

    def __getitem__(self, metric: str) -> float:
        """One of ``MAPPED``; infinite where nothing fits."""
        if not self.fits:
            return float("inf")
        if metric == "edp":
            return self.energy_j * self.latency_s
        return self.energy_j if metric == "energy" else self.latency_s

    def power(self, leakage_w: float) -> float:
        """W while it runs, on a chip of this leakage."""
        return (self.energy_j - self.leak_j) / self.latency_s + leakage_w


def answer_of(
    dataflow: str, estimate: Mapping[str, Any], nest: str = "", mapping: Mapping[str, Any] | None = None
) -> Answer:
    """From an estimate as ``--json`` prints it."""
    pieces = [work["energy_by_tensor_pj"] for work in estimate["operators"].values()]
    leak = sum(energy or 0.0 for each in pieces for name, energy in each.items() if name.endswith(".leak"))
    components = estimate["components"]
    return Answer(
        dataflow,
        cycles=estimate["cycles"],
        latency_s=estimate["seconds"],
        energy_j=_joules(estimate["energy_pj"]),
        leak_j=leak * PJ,
        utilization=estimate["utilization"],
        bound=estimate["bound"],
        dram_bytes=estimate["dram_bytes"],
        busy={name: each["busy_cycles"] for name, each in components.items()},
        energy={name: _joules(each["energy_pj"]) for name, each in components.items()},
        limits=estimate["limits"],
        nest=nest,
        mapping=mapping,
    )


def _joules(picojoules: float | None) -> float:
    """Not a number where nobody knows the energies."""
    return nan if picojoules is None else picojoules * PJ


@dataclass(frozen=True)
class Run:
    """One run of a workload on a chip: with the time that it waits, and ``busy_s`` without; ``source`` is of
    which dataflow, of which of its answers, and which entry of that."""

    latency_s: float
    energy_j: float
    power_w: float
    busy_s: float
    source: tuple[int, ...] = ()

    def __getitem__(self, figure: str) -> float:
        """One of those that workloads have."""
        own = {"latency": self.latency_s, "energy": self.energy_j, "power": self.power_w}
        return self.energy_j * self.latency_s if figure == "edp" else own[figure]


@dataclass(frozen=True)
class Totals:
    """All workloads on one chip by their weights; none where one of them does not fit."""

    runs: tuple[Run, ...]
    weights: tuple[float, ...]
    area_mm2: float
    leakage_w: float
    peak_w: float

    @property
    def fits(self) -> bool:
        return bool(self.runs)

    def __getitem__(self, figure: str) -> float:
        """One of ``OBJECTIVES``."""
        if figure == "area":
            return self.area_mm2
        if figure == "peak_power":
            return self.peak_w
        if not self.fits:
            return inf
        if figure == "power":
            return max(run.power_w for run in self.runs)
        return sum(weight * run[figure] for weight, run in zip(self.weights, self.runs, strict=True))

    def of(self, case: int, figure: str) -> float:
        """A figure of one workload."""
        return self.runs[case][figure] if self.fits else inf
