"""Overflow: when the intermediate does not fit, the share that is left over goes to DRAM and back."""

from __future__ import annotations

from flat_plugin.architecture.energy_table import EnergyTable
from flat_plugin.architecture.hardware import Architecture
from flat_plugin.model.capacity import Requirement
from flat_plugin.model.cost import action_energy
from flat_plugin.model.operator_work import Traffic, Work, port_cycles
from flat_plugin.model.widths import share
from flat_plugin.workload.attention import Attention


def spilled_share(need: Requirement) -> float:
    """The share of S that does not fit beside everything else.

    0 when all fits, and when the rest alone does not fit: spilling S would not help then.
    """
    if need.fits:
        return 0.0
    intermediate = sum(term.taken(need.word_bits) for term in need.terms if term.tensor == "S")
    room = need.capacity - (need.taken - intermediate)
    return 1.0 - room / intermediate if room >= 0 else 0.0


def spilled_work(
    attention: Attention, spilled: float, architecture: Architecture, energies: EnergyTable
) -> Work:
    """Logit writes the spilled scores out and attend reads them back; softmax's own trip is its own."""
    outer, bits = architecture.memories[0], attention.widths.S
    words = attention.softmax_elements * spilled
    taken = words * share(bits, outer)
    per_word = action_energy(energies, outer.name, "read") + action_energy(energies, outer.name, "update")
    busy = {outer.name: port_cycles(outer, taken, taken)}
    energy = {(outer.name, "S"): taken / outer.block_size * per_word}
    return Work("overflow", busy[outer.name], busy, energy, {"S": Traffic.at(0, words, words, bits)})
