"""Under which assumptions a figure is computed: word width, what softmax costs, what energy counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from flat_plugin.architecture.energy_table import ComponentEnergy, EnergyTable
from flat_plugin.architecture.hardware import Architecture, Memory
from flat_plugin.architecture.presets import find_architecture
from flat_plugin.energy.choose import energy_for
from flat_plugin.paper.authors import dram_only_energies

FREE_LANES = 2**30  # the authors' number of softmax lanes: computing costs no time


@dataclass(frozen=True)
class Assumption:
    """``softmax`` is ``free``, ``pass`` (a free computation, yet a DRAM pass where unfused) or a mode of
    :func:`flat_plugin.estimate`; ``dram_pj_per_byte`` is None where every component's energy counts.
    """

    name: str
    title: str
    source: str
    word_bits: int
    softmax: str
    dram_pj_per_byte: float | None

    @classmethod
    def of(cls, name: str, fields: Mapping[str, Any]) -> Assumption:
        """From the file of experiments."""
        return cls(name, **fields)

    @property
    def mode(self) -> str:
        """The softmax mode of an estimate."""
        return "overlapped" if self.softmax == "pass" else self.softmax

    def machine(self, platform: str) -> Architecture:
        """The platform with words of this width: bytes, and bytes a second, stay what they are."""
        machine = find_architecture(platform)
        memories = tuple(_widened(memory, self.word_bits) for memory in machine.memories)
        compute = replace(machine.compute, word_bits=self.word_bits)
        unit = machine.softmax
        if unit and self.softmax == "pass":
            unit = replace(unit, lanes=FREE_LANES)
        return replace(machine, memories=memories, compute=compute, softmax=unit)

    def energies(self, machine: Architecture) -> EnergyTable:
        """DRAM alone, or the recorded table of the platform."""
        if self.dram_pj_per_byte is None:
            return energy_for(machine)
        table = dram_only_energies(machine, self.dram_pj_per_byte)
        silent = {machine.softmax.name: ComponentEnergy.of_nothing()} if machine.softmax else {}
        return replace(table, components={**table.components, **silent})


def _widened(memory: Memory, bits: int) -> Memory:
    """The same bytes in words of another width. Registers hold as many words as before."""
    ratio = bits / memory.word_bits
    if ratio == 1:
        return memory
    registers = memory.kind == "regfile"
    return replace(
        memory,
        word_bits=bits,
        block_size=memory.block_size if registers else max(1, int(memory.block_size / ratio)),
        capacity=memory.capacity if registers else memory.capacity / ratio,
        read_bandwidth=memory.read_bandwidth / ratio,
        write_bandwidth=memory.write_bandwidth / ratio,
        shared_bandwidth=memory.shared_bandwidth / ratio,
    )
