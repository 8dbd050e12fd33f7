"""What no mapping beats on a chip, for all chips of a space at once.

Every multiply-accumulate takes its turn on the array, every tensor crosses the outermost memory once, every
score takes its operations on the lanes. The latency of pieces that run one after the other adds up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from flat_plugin.architecture import Architecture, ComponentEnergy
from flat_plugin.exploration.cases import Case, Demand, demands
from flat_plugin.exploration.chips import Array, Chips
from flat_plugin.exploration.figures import PJ
from flat_plugin.model.softmax import passes_of


@dataclass(frozen=True)
class Least:
    """[designs]: seconds, and J without leakage, of one run of a workload."""

    latency: Array
    energy: Array


def least_of(case: Case, chips: Chips, softmax: str, fused: bool) -> Least:
    """The physical limits of a workload on every chip, by fused dataflows or by others."""
    count = len(chips.space)
    found = Least(np.zeros(count), np.zeros(count))
    for number, frame in enumerate(chips.frames):
        designs = np.flatnonzero(chips.frame_of == number)
        for demand in demands(case.on(frame), case.level, fused):
            cycles, energy = _of(demand, chips, designs, frame, softmax)
            found.latency[designs] += demand.times * cycles * frame.cycle_seconds
            found.energy[designs] += demand.times * energy * PJ
    return found


def _of(demand: Demand, chips: Chips, designs: Any, frame: Architecture, softmax: str) -> tuple[Array, Array]:
    """(cycles, pJ) of one piece on these designs."""
    outer = {key: values[designs] for key, values in _outer(chips).items()}
    compute = chips.parts[len(frame.memories)]
    macs = compute.column([float(v.part.instances) for v in compute.variants])[designs]
    mac_pj = compute.column([_least(v.energy) for v in compute.variants])[designs]
    read, written = (_words(pairs, outer["word_bits"]) for pairs in (demand.read, demand.written))
    array, energy = demand.macs / macs, demand.macs * mac_pj
    energy = energy + (read * outer["read_pj"] + written * outer["update_pj"]) / outer["block_size"]
    lanes, operations = np.zeros(len(designs)), 0.0
    if softmax != "free" and demand.scores:
        passes = min(passes_of(frame, online=on).operations for on in (False, True))
        operations = demand.scores * passes
    if frame.softmax is not None and operations:
        unit = chips.parts[-1]
        each = [float(v.part.lanes * v.part.instances) for v in unit.variants]
        lanes = operations / unit.column(each)[designs] if softmax != "array" else lanes
        energy = energy + operations * unit.column([_compute(v.energy) for v in unit.variants])[designs]
    busy = array + lanes if softmax == "serial" else np.maximum(array, lanes)
    ports = np.maximum.reduce(
        [(read + written) / outer["shared"], read / outer["reading"], written / outer["writing"]]
    )
    return np.maximum(busy, ports), energy


def _words(pairs: Sequence[tuple[float, float | None]], word_bits: Array) -> Array:
    """Words of the memory that these words take."""
    total = np.zeros(len(word_bits))
    for words, bits in pairs:
        total += words if bits is None else words * bits / word_bits
    return total


def _outer(chips: Chips) -> dict[str, Array]:
    """Figures of the outermost memory, of every design."""
    part = chips.parts[0]
    fields = {"word_bits": "word_bits", "block_size": "block_size", "shared": "shared_bandwidth"}
    fields |= {"reading": "read_bandwidth", "writing": "write_bandwidth"}
    found = {
        key: part.column([float(getattr(v.part, name)) for v in part.variants])
        for key, name in fields.items()
    }
    for action in ("read", "update"):
        found[f"{action}_pj"] = part.column([v.energy.energy(action) or 0.0 for v in part.variants])
    return found


def _least(energy: ComponentEnergy) -> float:
    """pJ of the cheapest multiply-accumulate, whatever its operands' widths."""
    return min(each for name, each in energy.actions.items() if name != "leak")


def _compute(energy: ComponentEnergy) -> float:
    """pJ of an operation of the softmax."""
    return energy.energy("compute") or 0.0
