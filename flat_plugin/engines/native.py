"""The built-in engine: Timeloop's model, without Timeloop."""

from __future__ import annotations

from importlib.metadata import version

from flat_plugin.architecture.energy_table import EnergyTable
from flat_plugin.architecture.hardware import Architecture
from flat_plugin.mapping.nest import OperatorMapping
from flat_plugin.model.operator import OperatorResult, evaluate_operator
from flat_plugin.workload.einsum import Einsum


class NativeEngine:
    """Evaluates an explicit mapping in well under a millisecond."""

    name = "native"

    @property
    def tool(self) -> str:
        """The package and its version."""
        return f"flat-plugin {version('flat-plugin')}"

    def evaluate(
        self,
        einsum: Einsum,
        architecture: Architecture,
        mapping: OperatorMapping,
        energies: EnergyTable,
    ) -> OperatorResult:
        return evaluate_operator(einsum, architecture, mapping, energies)
