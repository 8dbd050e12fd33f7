"""The work of one operator, as the chain adds it up: busy time, energy and words moved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from flat_plugin.architecture.hardware import Architecture, Memory
from flat_plugin.model.batch import Array
from flat_plugin.model.capacity import layer_name
from flat_plugin.model.operator import LevelResult, OperatorResult


@dataclass(frozen=True)
class Traffic:
    """Words of one tensor that cross the outermost memory and the buffer below it."""

    dram_reads: float = 0
    dram_writes: float = 0
    buffer_reads: float = 0
    buffer_writes: float = 0

    @property
    def dram(self) -> float:
        return self.dram_reads + self.dram_writes

    def __add__(self, other: Traffic) -> Traffic:
        return Traffic(
            self.dram_reads + other.dram_reads,
            self.dram_writes + other.dram_writes,
            self.buffer_reads + other.buffer_reads,
            self.buffer_writes + other.buffer_writes,
        )

    def __mul__(self, times: float) -> Traffic:
        return Traffic(
            self.dram_reads * times,
            self.dram_writes * times,
            self.buffer_reads * times,
            self.buffer_writes * times,
        )


@dataclass(frozen=True)
class Work:
    """One operator over its whole iteration space.

    ``cycles`` is what it takes alone; ``busy`` the cycles that each component needs; ``energy``
    in pJ by (component, tensor), where the tensor is ``"leak"`` or ``"compute"`` for energy that
    belongs to none.
    """

    name: str
    cycles: float
    busy: Mapping[str, float]
    energy: Mapping[tuple[str, str], float]
    traffic: Mapping[str, Traffic] = field(default_factory=dict)
    computes: int = 0

    @property
    def energy_pj(self) -> float:
        return sum(self.energy.values())

    def __mul__(self, times: float) -> Work:
        """This many equal repetitions."""
        return replace(
            self,
            cycles=self.cycles * times,
            busy={name: cycles * times for name, cycles in self.busy.items()},
            energy={key: energy * times for key, energy in self.energy.items()},
            traffic={name: words * times for name, words in self.traffic.items()},
            computes=int(self.computes * times),
        )


def port_cycles(memory: Memory, reads: float, writes: float) -> float:
    """Cycles that one instance's ports need for these words."""
    return max((words / width for _, words, width in memory.ports(reads, writes)), default=0.0)


Words = TypeVar("Words", float, Array)


def edge_cycles(outer: Memory, words_in: Words, words_out: Words) -> Words:
    """Cycles of the first tiles' way in from the outermost memory and of the last ones' way out to it,
    which nothing overlaps. For arrays as well."""
    widths = (outer.read_bandwidth, outer.write_bandwidth)
    into, out = (min(outer.shared_bandwidth, width) for width in widths)
    return words_in / into + words_out / out


def work_of(result: OperatorResult, architecture: Architecture) -> Work:
    """An engine's result as work."""
    busy = {architecture.compute.name: float(result.compute_cycles)}
    energy: dict[tuple[str, str], float] = {}
    for memory in architecture.memories:
        level = result[memory.name]
        reads = sum(counts.reads for counts in level.tensors.values())
        writes = sum(counts.fills + counts.updates for counts in level.tensors.values())
        busy[memory.name] = port_cycles(memory, reads, writes)
        energy.update(_energies(level))
    energy[architecture.compute.name, "compute"] = result[architecture.compute.name].energy_pj
    return Work(result.operator, result.cycles, busy, energy, _traffic(result, architecture), result.computes)


def _energies(level: LevelResult) -> dict[tuple[str, str], float]:
    energies = {(level.name, layer_name(name)): counts.energy_pj for name, counts in level.tensors.items()}
    return energies | {(level.name, "leak"): level.leakage_pj}


def _traffic(result: OperatorResult, architecture: Architecture) -> dict[str, Traffic]:
    outer = result[architecture.memories[0].name].tensors
    inner = result[architecture.memories[1].name].tensors if len(architecture.memories) > 1 else {}
    traffic: dict[str, Traffic] = {}
    for name in dict.fromkeys((*outer, *inner)):
        words = Traffic(
            outer[name].total_reads if name in outer else 0,
            outer[name].total_writes if name in outer else 0,
            inner[name].total_reads if name in inner else 0,
            inner[name].total_writes if name in inner else 0,
        )
        traffic[layer_name(name)] = traffic.get(layer_name(name), Traffic()) + words
    return traffic
