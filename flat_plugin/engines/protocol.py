"""Who answers for one operator."""

from __future__ import annotations

from typing import Protocol

from flat_plugin.architecture.energy_table import EnergyTable
from flat_plugin.architecture.hardware import Architecture
from flat_plugin.mapping.nest import OperatorMapping
from flat_plugin.model.operator import OperatorResult
from flat_plugin.workload.einsum import Einsum


class Engine(Protocol):
    """Evaluates one operator under an explicit mapping."""

    name: str

    def evaluate(
        self,
        einsum: Einsum,
        architecture: Architecture,
        mapping: OperatorMapping,
        energies: EnergyTable,
    ) -> OperatorResult: ...
