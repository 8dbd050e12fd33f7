"""What a workload runs on: the accelerator and its energy table."""

from flat_plugin.architecture.energy_table import ComponentEnergy, EnergyTable
from flat_plugin.architecture.hardware import Architecture, Compute, Memory, SoftmaxUnit
from flat_plugin.architecture.platform import Platform
from flat_plugin.architecture.presets import find_architecture, list_architectures, preset_path
from flat_plugin.architecture.read import read_architecture

__all__ = [
    "Architecture",
    "ComponentEnergy",
    "Compute",
    "EnergyTable",
    "Memory",
    "Platform",
    "SoftmaxUnit",
    "find_architecture",
    "list_architectures",
    "preset_path",
    "read_architecture",
]
