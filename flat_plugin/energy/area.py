"""Area of a whole architecture."""

from __future__ import annotations

from flat_plugin.architecture.energy_table import EnergyTable
from flat_plugin.architecture.hardware import Architecture
from flat_plugin.energy.tables import component_names


def area_um2(table: EnergyTable, architecture: Architecture) -> dict[str, float]:
    """Component -> µm² of all its instances; a component without a known area is left out, and so are all
    where there is no table.

    A softmax unit's area is that of all its lanes, in all its instances; DRAM has none, being off chip.
    """
    units = (architecture.softmax,) if architecture.softmax else ()
    instances = {part.name: part.instances for part in (*architecture.parts, *units)}
    if not table.known:
        return {}
    areas = {name: table.components[name].area_um2 for name in component_names(architecture)}
    return {name: area * instances[name] for name, area in areas.items() if area is not None}
