"""Area of a whole architecture."""

from __future__ import annotations

from flat_plugin.architecture.energy_table import EnergyTable
from flat_plugin.architecture.hardware import Architecture
from flat_plugin.energy.tables import component_names
from flat_plugin.errors import FlatError


def area_um2(table: EnergyTable, architecture: Architecture) -> dict[str, float]:
    """Component -> µm² of all its instances; a component without a known area is left out, and so are all
    where there is no table.

    A softmax unit's area is that of all its lanes, in all its instances; DRAM has none, being off chip.

    Raises:
        FlatError: the table is of another architecture.
    """
    units = (architecture.softmax,) if architecture.softmax else ()
    instances = {part.name: part.instances for part in (*architecture.parts, *units)}
    instances |= {architecture.topk.name: 1} if architecture.topk else {}
    if not table.known:
        return {}
    names = component_names(architecture)
    names = (*names, *([architecture.topk.name] if architecture.topk else []))
    if missing := [name for name in names if name not in table.components]:
        raise FlatError(
            f"the table has no component {missing[0]}",
            path="table",
            value=sorted(table.components),
            expected="the table of this architecture",
        )
    areas = {name: table.components[name].area_um2 for name in names}
    return {name: area * instances[name] for name, area in areas.items() if area is not None}
