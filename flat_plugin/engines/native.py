"""The built-in engine: Timeloop's model, without Timeloop."""

from __future__ import annotations

from functools import cached_property
from importlib.metadata import version

from flat_plugin.architecture.energy_table import EnergyTable
from flat_plugin.architecture.hardware import Architecture
from flat_plugin.engines.protocol import EngineRun, Task
from flat_plugin.mapping.nest import OperatorMapping
from flat_plugin.model.operator import OperatorResult, evaluate_operator
from flat_plugin.workload.einsum import Einsum


class NativeEngine:
    """Evaluates an explicit mapping in well under a millisecond."""

    name = "native"

    @cached_property
    def tool(self) -> str:
        """The package and its version."""
        return f"flat-plugin {version('flat-plugin')}"

    def identity(self) -> str:
        """That of its figures is told by the format of results."""
        return self.name

    def run(self, task: Task) -> EngineRun:
        platform = task.platform
        found = self.evaluate(task.einsum, platform.architecture, task.mapping, platform.energies)
        return EngineRun(found, task.mapping, self.tool)

    def evaluate(
        self,
        einsum: Einsum,
        architecture: Architecture,
        mapping: OperatorMapping,
        energies: EnergyTable,
    ) -> OperatorResult:
        """The result alone, of the parts of a task."""
        return evaluate_operator(einsum, architecture, mapping, energies)
