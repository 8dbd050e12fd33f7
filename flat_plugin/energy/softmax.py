"""Energy of the softmax unit without Accelergy: the arithmetic of our own plug-in."""

from __future__ import annotations

from dataclasses import replace

from flat_plugin.architecture.component import as_number
from flat_plugin.architecture.energy_table import ComponentEnergy, EnergyTable
from flat_plugin.architecture.given_energy import GIVEN
from flat_plugin.architecture.hardware import Architecture, SoftmaxUnit
from flat_plugin.architecture.read import technology_name
from flat_plugin.energy.plug_in.flat_arithmetic import REFERENCE_NM, nanometres
from flat_plugin.energy.plug_in.flat_softmax_energy import OPERATIONS, SoftmaxEnergy, softmax_unit
from flat_plugin.energy.scaling import scaled_from
from flat_plugin.errors import FlatError

SOFTMAX_ACTIONS = ("compute", *OPERATIONS, "leak")
_WIDEST = 64  # bits


def softmax_energy(unit: SoftmaxUnit, architecture: Architecture) -> ComponentEnergy:
    """pJ per operation of a lane (``compute`` is their mean); leakage and area of the whole unit."""
    technology = technology_name(unit.attributes.get("technology", architecture.technology))
    try:
        derived = softmax_unit(
            word_bits(unit, architecture), unit.lanes, architecture.cycle_seconds, nanometres(technology)
        )
    except ValueError as error:
        if unit.energy_pj > 0:
            return ComponentEnergy({"compute": unit.energy_pj}, None, GIVEN)
        raise FlatError(
            f"{unit.name}: nothing is recorded at {nanometres(technology):g} nm, {error}",
            expected="energy_pj of an operation, or an ERT file",
        ) from None
    who = "flat-plugin's softmax unit, of Aladdin's arithmetic"
    node = nanometres(technology)
    return softmax_component(unit, derived, who if node == REFERENCE_NM else f"{who}, {scaled_from(node)}")


def softmax_component(unit: SoftmaxUnit, energy: SoftmaxEnergy, estimator: str) -> ComponentEnergy:
    """The entry of a softmax unit in an energy table; an energy that the architecture gives wins."""
    actions = {"compute": energy.compute_pj, **energy.operations_pj, "leak": energy.leak_pj}
    return _unless_given(unit, ComponentEnergy(actions, energy.area_um2, estimator))


def with_given_softmax(table: EnergyTable, architecture: Architecture) -> EnergyTable:
    """The table with the energy that the architecture itself gives for its softmax unit, if it does."""
    unit = architecture.softmax
    if unit is None:
        return table
    component = _unless_given(unit, table.components[unit.name])
    return replace(table, components={**table.components, unit.name: component})


def _unless_given(unit: SoftmaxUnit, component: ComponentEnergy) -> ComponentEnergy:
    if unit.energy_pj <= 0:
        return component
    return replace(component, actions={"compute": unit.energy_pj}, estimator=GIVEN)


def word_bits(unit: SoftmaxUnit, architecture: Architecture) -> float:
    """Bits of the words that the unit works on."""
    given = unit.attributes.get("datawidth", architecture.compute.word_bits)
    bits = as_number(given)
    if bits is None or not 0 < bits <= _WIDEST:
        raise FlatError(
            f"{unit.name}: bad datawidth", value=given, expected=f"bits of a word, at most {_WIDEST}"
        )
    return float(bits)
