"""Which energy table an architecture gets."""

from __future__ import annotations

from dataclasses import replace

from flat_plugin.architecture.energy_table import EnergyTable
from flat_plugin.architecture.hardware import Architecture
from flat_plugin.architecture.presets import find_architecture, list_architectures, preset_path
from flat_plugin.energy.recorded import recorded_table
from flat_plugin.energy.softmax import softmax_energy
from flat_plugin.energy.tables import Source, read_art, read_ert, with_areas
from flat_plugin.errors import FlatError


def energy_for(architecture: Architecture, ert: Source | EnergyTable | None = None) -> EnergyTable:
    """The table given, else the one recorded for this very preset, else the recorded grid.

    A table that says nothing of the softmax unit gets its entry from the recorded arithmetic.
    """
    if ert is not None:
        table = ert if isinstance(ert, EnergyTable) else read_ert(ert)
        return _complete(table, architecture)
    return preset_table(architecture) or recorded_table(architecture)


def preset_table(architecture: Architecture) -> EnergyTable | None:
    """The ERT and ART beside a preset; None for any architecture that is not exactly it."""
    if architecture.name not in list_architectures():
        return None
    if not _same_hardware(architecture, find_architecture(architecture.name)):
        return None
    folder = preset_path(architecture.name)
    if not (folder / "ERT.yaml").exists():
        return None
    table = read_ert(folder / "ERT.yaml")
    if (folder / "ART.yaml").exists():
        table = with_areas(table, read_art(folder / "ART.yaml"))
    return replace(table, source=f"recorded for preset {architecture.name}")


def _same_hardware(one: Architecture, two: Architecture) -> bool:
    """Equal including the attributes, which set the energy but not the mapping."""
    attributes = [
        [part.attributes for part in (*each.memories, each.compute, each.softmax) if part]
        for each in (one, two)
    ]
    return one == two and attributes[0] == attributes[1]


def _complete(table: EnergyTable, architecture: Architecture) -> EnergyTable:
    names = [*(memory.name for memory in architecture.memories), architecture.compute.name]
    missing = [name for name in names if name not in table.components]
    if missing:
        raise FlatError(
            f"no energy for {', '.join(missing)}",
            file=table.source or None,
            value=sorted(table.components),
            expected="every component of the architecture",
        )
    unit = architecture.softmax
    if unit is None or unit.name in table.components:
        return table
    components = {**table.components, unit.name: softmax_energy(unit, architecture)}
    return replace(table, components=components)
