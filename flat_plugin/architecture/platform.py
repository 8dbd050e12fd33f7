"""What a workload runs on, as one value."""

from __future__ import annotations

from dataclasses import dataclass

from flat_plugin.architecture.energy_table import EnergyTable
from flat_plugin.architecture.hardware import Architecture


@dataclass(frozen=True, repr=False)
class Platform:
    """The hardware, and what each action of its components costs [pJ]."""

    architecture: Architecture
    energies: EnergyTable

    def __repr__(self) -> str:
        source = self.energies.source if self.energies.known else "not known"
        return f"<Platform {self.architecture.name}; energies: {source}>"
