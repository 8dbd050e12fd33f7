"""The work of one operator, as the chain adds it up: busy time, energy and words moved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from typing import Any, TypeVar

from flat_plugin.architecture.hardware import Architecture, Memory
from flat_plugin.model.capacity import layer_name
from flat_plugin.model.mapping_batch import Array
from flat_plugin.model.operator import LevelResult, OperatorResult
from flat_plugin.model.scores import most
from flat_plugin.model.widths import share
from flat_plugin.shown import Shown


@dataclass(frozen=True)
class Traffic:
    """Words of one tensor that each memory reads and writes, outermost first, over all instances; ``bits``
    of one of them, None where they are as wide as the memory's own."""

    reads: tuple[float, ...] = ()
    writes: tuple[float, ...] = ()
    bits: float | None = None

    @classmethod
    def at(cls, level: int, reads: float = 0, writes: float = 0, bits: float | None = None) -> Traffic:
        """Words of one memory (0 = outermost) alone."""
        outside = (0,) * level
        return cls((*outside, reads), (*outside, writes), bits)

    @property
    def dram_reads(self) -> float:
        return _entry(self.reads, 0)

    @property
    def dram_writes(self) -> float:
        return _entry(self.writes, 0)

    @property
    def buffer_reads(self) -> float:
        """Of the memory below the outermost one."""
        return _entry(self.reads, 1)

    @property
    def buffer_writes(self) -> float:
        return _entry(self.writes, 1)

    @property
    def dram(self) -> float:
        return self.dram_reads + self.dram_writes

    def level(self, number: int) -> tuple[float, float]:
        """(reads, writes) of a memory."""
        return _entry(self.reads, number), _entry(self.writes, number)

    def bytes(self, number: int, word_bits: int) -> float:
        """Read and written by a memory, whose words have ``word_bits``."""
        return sum(self.level(number)) * (word_bits if self.bits is None else self.bits) / 8

    def taken(self, number: int, word_bits: int) -> float:
        """Words of a memory, of ``word_bits``, that it reads and writes."""
        words = float(sum(self.level(number)))
        return words if self.bits is None else words * (self.bits / word_bits)

    def to_dict(self, names: Sequence[str]) -> dict[str, object]:
        """By what they cross, and by memory; ``names`` outermost first."""
        return {
            **({} if self.bits is None else {"bits": self.bits}),
            **{key: getattr(self, key) for key in _CROSSINGS},
            "levels": {
                name: dict(zip(("reads", "writes"), self.level(number), strict=True))
                for number, name in enumerate(names)
            },
        }

    def __add__(self, other: Traffic) -> Traffic:
        """Of the same tensor; of words of another width as many as take its bits."""
        bits = other.bits if self.bits is None else self.bits
        if bits is not None and other.bits not in (None, bits):
            other = other * ((other.bits or bits) / bits)
        return Traffic(_sum(self.reads, other.reads), _sum(self.writes, other.writes), bits)

    def __mul__(self, times: float) -> Traffic:
        reads, writes = (tuple(n * times for n in words) for words in (self.reads, self.writes))
        return Traffic(reads, writes, self.bits)


_CROSSINGS = ("dram_reads", "dram_writes", "buffer_reads", "buffer_writes")


def _entry(words: tuple[float, ...], level: int) -> float:
    return words[level] if level < len(words) else 0


def _sum(one: tuple[float, ...], other: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(_added(a, b) for a, b in zip_longest(one, other, fillvalue=0))


def _added(one: float, other: float) -> float:
    """The sum of two numbers or arrays, of which one is mostly the 0 of a memory that has no such words."""
    if isinstance(one, int) and one == 0:
        return other
    return one if isinstance(other, int) and other == 0 else one + other


@dataclass(frozen=True, repr=False)
class Work(Shown):
    """One operator over its whole iteration space.

    ``cycles`` is what it takes alone; ``busy`` the cycles that each component needs; ``energy``
    in pJ by (component, tensor), where the tensor is ``"leak"`` or ``"compute"`` for energy that
    belongs to none.
    """

    name: str
    cycles: float
    busy: Mapping[str, float]
    energy: Mapping[tuple[str, str], Any]  # numbers, but not without an energy table
    traffic: Mapping[str, Traffic] = field(default_factory=dict)
    computes: int = 0

    @property
    def energy_pj(self) -> float:
        return sum(self.energy.values())

    def __add__(self, other: Work) -> Work:
        """Both, one after the other, under the name of the first."""
        return replace(
            self,
            cycles=self.cycles + other.cycles,
            busy=_summed(self.busy, other.busy),
            energy=_summed(self.energy, other.energy),
            traffic=_summed(self.traffic, other.traffic),
            computes=self.computes + other.computes,
        )

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


_Key = TypeVar("_Key")
_Amount = TypeVar("_Amount", float, Traffic)


def _summed(first: Mapping[_Key, _Amount], second: Mapping[_Key, _Amount]) -> dict[_Key, _Amount]:
    """Amounts of equal keys added up."""
    total = dict(first)
    for key, amount in second.items():
        total[key] = total[key] + amount if key in total else amount
    return total


Words = TypeVar("Words", float, Array)


def port_cycles(memory: Memory, reads: Words, writes: Words) -> Words:
    """Cycles that one instance's ports need for these words. For arrays as well."""
    return most(0.0, *(words / width for _, words, width in memory.ports(reads, writes)))


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
        busy[memory.name] = port_cycles(memory, *port_words(result, memory))
        energy.update(_energies(level))
    energy[architecture.compute.name, "compute"] = result[architecture.compute.name].energy_pj
    return Work(result.operator, result.cycles, busy, energy, _traffic(result, architecture), result.computes)


def port_words(result: OperatorResult, memory: Memory) -> tuple[float, float]:
    """(read, written): words of the memory that pass one instance's ports."""
    reads = writes = 0.0
    for name, counts in result[memory.name].tensors.items():
        taken = share(result.bits.get(name), memory)
        reads += counts.reads * taken
        writes += (counts.fills + counts.updates) * taken
    return reads, writes


def _energies(level: LevelResult) -> dict[tuple[str, str], float]:
    energies = {(level.name, layer_name(name)): counts.energy_pj for name, counts in level.tensors.items()}
    return energies | {(level.name, "leak"): level.leakage_pj}


def _traffic(result: OperatorResult, architecture: Architecture) -> dict[str, Traffic]:
    traffic: dict[str, Traffic] = {}
    for level, memory in enumerate(architecture.memories):
        for name, counts in result[memory.name].tensors.items():
            bits = result.bits.get(name)
            words = Traffic.at(level, counts.total_reads, counts.total_writes, bits)
            traffic[layer_name(name)] = traffic.get(layer_name(name), Traffic()) + words
    return traffic
