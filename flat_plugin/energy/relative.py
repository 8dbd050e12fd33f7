"""Typical energies, used to compare mappings if there is no energy table; no result shows them.

They break ties between mappings that are equally fast: DRAM words count most, then those of buffers.
"""

from __future__ import annotations

from flat_plugin.architecture.energy_table import ComponentEnergy, EnergyTable
from flat_plugin.architecture.hardware import Architecture, Memory

# pJ per bit read and written, and of a multiply-accumulate: those of the ``edge`` preset (LPDDR4, 512 KB of
# SRAM, registers of 16 words, 16 bits; 45 nm), by Accelergy.
_OUTERMOST, _BUFFER, _REGISTERS, _COMPUTE = (8.0, 8.0), (0.75, 0.87), (0.004, 0.004), 2.4


def to_order_by(energies: EnergyTable, architecture: Architecture) -> EnergyTable:
    """The energies that break ties between mappings: the table's, or the usual ones where there is none."""
    return energies if energies.known else usual_energies(architecture)


def usual_energies(architecture: Architecture) -> EnergyTable:
    """A table for this hardware that tells near from far, and nothing else."""
    last = len(architecture.memories) - 1
    components = {}
    for level, memory in enumerate(architecture.memories):
        registers = level == last > 1 and architecture.fanout(level) == (1, 1)
        components[memory.name] = _accesses(
            memory, _OUTERMOST if level == 0 else _REGISTERS if registers else _BUFFER
        )
    components[architecture.compute.name] = ComponentEnergy({"compute": _COMPUTE})
    if architecture.softmax is not None:
        components[architecture.softmax.name] = ComponentEnergy({"compute": _COMPUTE})
    return EnergyTable(components, "usual energies")


def _accesses(memory: Memory, per_bit: tuple[float, float]) -> ComponentEnergy:
    """An access of a row moves all of its bits."""
    bits = memory.word_bits * memory.block_size * memory.cluster_size
    read, write = (each * bits for each in per_bit)
    return ComponentEnergy({"read": read, "write": write, "update": write})
