"""What no mapping beats on a chip, for one chip or all chips of a space at once.

Every multiply-accumulate takes its turn on the array, every tensor crosses the outermost memory once, every
score takes its operations on the lanes, after the array where the softmax is serial, or on the array itself.
The latency of pieces that run one after the other adds up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from flat_plugin.architecture import Architecture, ComponentEnergy
from flat_plugin.architecture.platform import Platform
from flat_plugin.exploration.cases import Case, Demand, demands
from flat_plugin.exploration.chips import Array, Chips, Part
from flat_plugin.exploration.figures import PJ
from flat_plugin.mapping.dataflow import Dataflow
from flat_plugin.model.softmax import passes_of


@dataclass(frozen=True)
class Least:
    """Of one run of a workload: seconds, and J without leakage; [designs], or of one chip [1]."""

    latency: Array
    energy: Array


Numbers = Mapping[str, Any]  # of a chip, or of all: arrays by the names of ``_FIGURES``

# Of a part and its energies: what limits need.
_OUTER: Mapping[str, Callable[[Any, ComponentEnergy], float]] = {
    "word_bits": lambda part, energy: part.word_bits,
    "block_size": lambda part, energy: part.block_size,
    "shared": lambda part, energy: part.shared_bandwidth,
    "reading": lambda part, energy: part.read_bandwidth,
    "writing": lambda part, energy: part.write_bandwidth,
    "read_pj": lambda part, energy: energy.energy("read") or 0.0,
    "update_pj": lambda part, energy: energy.energy("update") or 0.0,
}
_COMPUTE: Mapping[str, Callable[[Any, ComponentEnergy], float]] = {
    "macs": lambda part, energy: part.instances,
    "mac_pj": lambda part, energy: _cheapest(energy),
}
_SOFTMAX: Mapping[str, Callable[[Any, ComponentEnergy], float]] = {
    "lanes": lambda part, energy: part.lanes * part.instances,
    "operation_pj": lambda part, energy: energy.energy("compute") or 0.0,
}


def least_of(case: Case, chips: Chips, softmax: str, flow: Dataflow) -> Least:
    """The physical limits of a workload on every chip, by dataflows of a kind: fused, searched, online."""
    count = len(chips.space)
    found = Least(np.zeros(count), np.zeros(count))
    for number, frame in enumerate(chips.frames):
        designs = np.flatnonzero(chips.frame_of == number)
        numbers = {name: values[designs] for name, values in _of_chips(chips, frame).items()}
        own = _least(case, frame, numbers, softmax, flow)
        found.latency[designs], found.energy[designs] = own.latency, own.energy
    return found


def least_on(case: Case, platform: Platform, softmax: str, flow: Dataflow) -> Least:
    """The physical limits on one chip."""
    hardware, table = platform.architecture, platform.energies
    nothing = ComponentEnergy({"read": np.nan, "update": np.nan, "compute": np.nan})
    pairs = [(hardware.memories[0], _OUTER), (hardware.compute, _COMPUTE)]
    pairs += [(hardware.softmax, _SOFTMAX)] if hardware.softmax else []
    numbers = {
        name: np.array([float(figure(part, table.components.get(part.name, nothing)))])
        for part, figures in pairs
        for name, figure in figures.items()
    }
    return _least(case, hardware, numbers, softmax, flow)


def _of_chips(chips: Chips, frame: Architecture) -> dict[str, Array]:
    parts: list[tuple[Part, Mapping[str, Callable[[Any, ComponentEnergy], float]]]] = [
        (chips.parts[0], _OUTER),
        (chips.parts[len(frame.memories)], _COMPUTE),
    ]
    if frame.softmax:
        parts.append((chips.parts[len(frame.parts)], _SOFTMAX))
    return {
        name: part.column([float(figure(v.part, v.energy)) for v in part.variants])
        for part, figures in parts
        for name, figure in figures.items()
    }


def _least(case: Case, frame: Architecture, numbers: Numbers, softmax: str, flow: Dataflow) -> Least:
    latency, energy = np.zeros_like(numbers["macs"]), np.zeros_like(numbers["macs"])
    passes = passes_of(frame, online=flow.online, on_array=softmax == "array").operations
    for demand in demands(case.on(frame), case.level, flow.fused):
        cycles, picojoules = _of(demand, numbers, passes, softmax)
        latency += demand.times * cycles * frame.cycle_seconds
        energy += demand.times * picojoules * PJ
    return Least(latency, energy)


def _of(demand: Demand, numbers: Numbers, passes: int, softmax: str) -> tuple[Array, Array]:
    """(cycles, pJ) of one piece."""
    read, written = (_words(pairs, numbers["word_bits"]) for pairs in (demand.read, demand.written))
    steps = demand.macs + (demand.scores * passes if softmax == "array" else 0)
    array, energy = steps / numbers["macs"], steps * numbers["mac_pj"]
    moved = read * numbers["read_pj"] + written * numbers["update_pj"]
    energy = energy + moved / numbers["block_size"]
    lanes = np.zeros_like(array)
    if "lanes" in numbers and demand.scores and softmax in ("serial", "overlapped"):
        operations = demand.scores * passes
        lanes, energy = operations / numbers["lanes"], energy + operations * numbers["operation_pj"]
    busy = array + lanes if softmax == "serial" else np.maximum(array, lanes)
    ports = [(read + written) / numbers["shared"], read / numbers["reading"], written / numbers["writing"]]
    return np.maximum.reduce([busy, *ports]), energy


def _words(pairs: Sequence[tuple[float, float | None]], word_bits: Array) -> Array:
    """Words of the memory that these words take."""
    total = np.zeros_like(word_bits)
    for words, bits in pairs:
        total += words if bits is None else words * bits / word_bits
    return total


def _cheapest(energy: ComponentEnergy) -> float:
    """pJ of the cheapest multiply-accumulate, whatever its operands' widths."""
    return min(each for name, each in energy.actions.items() if name != "leak")
