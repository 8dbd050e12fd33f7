"""What an action costs at least: the coefficients of a bound."""

from __future__ import annotations

from dataclasses import dataclass

from flat_plugin.architecture.energy_table import EnergyTable
from flat_plugin.architecture.hardware import Architecture


@dataclass(frozen=True)
class Prices:
    """Of a word at each memory, outermost first; of a multiply-accumulate; and of a memory's cycle."""

    read: tuple[float, ...]
    write: tuple[float, ...]
    update: tuple[float, ...]
    compute: float
    cycle: tuple[float, ...]  # an instance


def energy_prices(architecture: Architecture, energies: EnergyTable) -> Prices:
    """pJ. An access moves a whole row of words, and serves all instances of a cluster."""

    def words(action: str) -> tuple[float, ...]:
        return tuple(
            energies.energy(m.name, action) * (m.instances // m.cluster_size) / m.instances / m.block_size
            for m in architecture.memories
        )

    leak = tuple(energies.energy(m.name, "leak") for m in architecture.memories)
    compute = energies.energy(architecture.compute.name, "compute")
    return Prices(words("read"), words("write"), words("update"), compute, leak)


def word_prices(architecture: Architecture) -> Prices:
    """Words that the outermost memory reads and writes."""
    levels = len(architecture.memories)
    first = (1.0, *(0.0,) * (levels - 1))
    return Prices(first, first, first, 0.0, (0.0,) * levels)
