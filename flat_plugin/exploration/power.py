"""Leakage and peak power of a part of a chip.

Leakage is that of all instances, whether a mapping uses them or not. The peak of a part is its full rate:
every lane, every multiply-accumulate and every port at once. A memory without a stated bandwidth serves at
most what the array asks for: each unit reads two operands and a partial sum a cycle, and writes one back.
"""

from __future__ import annotations

from math import isfinite
from typing import Any

from flat_plugin.architecture import Architecture, ComponentEnergy, Compute, Memory

PJ = 1e-12
_READ, _WRITTEN = 3, 1  # words a multiply-accumulate and cycle


def leak_watts(part: Any, energy: ComponentEnergy, cycle_seconds: float) -> float:
    """W of all instances; the table's leakage is pJ of one instance a cycle."""
    return (energy.energy("leak") or 0.0) * PJ * part.instances / cycle_seconds


def peak_watts(part: Any, energy: ComponentEnergy, architecture: Architecture) -> float:
    """W of all instances at their full rate, without leakage."""
    if isinstance(part, Memory):
        a_cycle = _memory(part, energy, architecture)
    elif isinstance(part, Compute):
        a_cycle = _dearest(energy) * part.instances
    else:
        a_cycle = _dearest(energy) * part.lanes * part.instances
    return a_cycle * PJ / architecture.cycle_seconds


def _memory(memory: Memory, energy: ComponentEnergy, architecture: Architecture) -> float:
    """pJ a cycle: words at full rate, by the dearer direction where both share a port."""
    read = energy.energy("read") or 0.0
    write = max(energy.energy("write") or 0.0, energy.energy("update") or 0.0)
    macs = architecture.compute.instances / memory.instances
    reads, writes = min(memory.read_bandwidth, _READ * macs), min(memory.write_bandwidth, _WRITTEN * macs)
    if isfinite(memory.read_bandwidth):
        reads = memory.read_bandwidth
    if isfinite(memory.write_bandwidth):
        writes = memory.write_bandwidth
    most = reads * read + writes * write
    if isfinite(memory.shared_bandwidth):
        most = memory.shared_bandwidth * max(read, write)
    return most / memory.block_size * memory.instances / memory.cluster_size


def _dearest(energy: ComponentEnergy) -> float:
    """pJ of the dearest operation."""
    return max((each for name, each in energy.actions.items() if name != "leak"), default=0.0)
