"""Who answers for one operator."""

from __future__ import annotations

from typing import Protocol

from flat_plugin.architecture.energy_table import EnergyTable
from flat_plugin.architecture.hardware import Architecture
from flat_plugin.mapping.nest import OperatorMapping
from flat_plugin.model.operator import OperatorResult
from flat_plugin.workload.einsum import Einsum


class Engine(Protocol):
    """Evaluates one operator under an explicit mapping.

    ``name`` is how a user asks for it; ``tool`` says which program and build answers.
    """

    name: str

    @property
    def tool(self) -> str: ...

    def evaluate(
        self,
        einsum: Einsum,
        architecture: Architecture,
        mapping: OperatorMapping,
        energies: EnergyTable,
    ) -> OperatorResult: ...
