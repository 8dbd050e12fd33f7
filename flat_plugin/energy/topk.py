"""Energy of the top-k unit: that of a comparator a lane, unless the architecture or a table says another."""

from __future__ import annotations

from dataclasses import replace

from flat_plugin.architecture.component import as_number
from flat_plugin.architecture.energy_table import ComponentEnergy, EnergyTable
from flat_plugin.architecture.given_energy import GIVEN
from flat_plugin.architecture.hardware import Architecture, TopkUnit
from flat_plugin.architecture.read import technology_name
from flat_plugin.energy.plug_in.flat_arithmetic import comparator, nanometres
from flat_plugin.errors import FlatError


def with_topk(table: EnergyTable, architecture: Architecture) -> EnergyTable:
    """The table with the architecture's top-k unit, where it has one and the table does not.

    Raises:
        FlatError: there is no scaling to the architecture's process.
    """
    unit = architecture.topk
    if unit is None or not table.known or unit.name in table.components:
        return table
    entry = ComponentEnergy({"compute": unit.energy_pj}, estimator=GIVEN)
    if not unit.energy_pj:
        entry = _comparators(unit, architecture)
    return replace(table, components={**table.components, unit.name: entry})


def _comparators(unit: TopkUnit, architecture: Architecture) -> ComponentEnergy:
    """pJ of a comparison; area of all lanes. What a lane leaks is not counted: it is 10^-3 of that."""
    bits = as_number(unit.attributes.get("datawidth")) or architecture.compute.word_bits
    technology = technology_name(unit.attributes.get("technology", architecture.technology))
    try:
        part = comparator(bits, architecture.cycle_seconds).at_node(nanometres(technology))
    except ValueError as error:
        raise FlatError(str(error), path=f"{unit.name}.technology", value=technology) from None
    return ComponentEnergy({"compute": part.energy_pj}, part.area_um2 * unit.lanes, "a comparator a lane")
