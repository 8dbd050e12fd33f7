"""What a word costs at each memory: the coefficients of bounds, which the model's own counts replace."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from flat_plugin.architecture.energy_table import EnergyTable
from flat_plugin.architecture.hardware import Architecture
from flat_plugin.model.cost import action_energy
from flat_plugin.model.mapping_batch import Array


@dataclass(frozen=True)
class Prices:
    """pJ, at least. Rows are taken as full and clusters as shared, so that nothing costs less."""

    read: Array  # [memories] pJ a word read
    write: Array  # [memories] pJ a word filled
    update: Array  # [memories] pJ a word updated
    leak: Array  # [memories] pJ a cycle and instance
    compute: float  # pJ a multiply-accumulate


def prices_of(architecture: Architecture, energies: EnergyTable) -> Prices:
    """Prices of an architecture."""
    memories = architecture.memories
    shares = np.array([(m.instances // m.cluster_size) / m.instances / m.block_size for m in memories])

    def each(action: str) -> Array:
        return np.array([action_energy(energies, m.name, action) for m in memories])

    leak, compute = each("leak"), action_energy(energies, architecture.compute.name, "compute")
    return Prices(each("read") * shares, each("write") * shares, each("update") * shares, leak, compute)
