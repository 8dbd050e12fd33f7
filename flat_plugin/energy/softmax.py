"""Energy of the softmax unit, which no Accelergy library has: derived from recorded arithmetic.

A lane does one elementary operation a cycle, four per element (``model.softmax``). Each is charged
as the multiply-accumulates of the words' width that it is worth: one for maximum, sum and scale
(exact for the scaling to 8 %, an upper bound for the others), seven for the exponent (a subtraction
and a polynomial of degree 6, as in FuseMax, MICRO 2024). The reciprocal, once a row, is neglected.
An ERT holds the mean per elementary operation.
"""

from __future__ import annotations

from flat_plugin.architecture.component import as_number
from flat_plugin.architecture.energy_table import ComponentEnergy
from flat_plugin.architecture.hardware import Architecture, SoftmaxUnit
from flat_plugin.energy.grid import look_up, records
from flat_plugin.errors import FlatError
from flat_plugin.model.softmax import LANE_OPERATIONS, OPERATIONS_PER_ELEMENT

MACS_PER_OPERATION = sum(LANE_OPERATIONS.values()) / OPERATIONS_PER_ELEMENT


def softmax_energy(unit: SoftmaxUnit, architecture: Architecture) -> ComponentEnergy:
    """pJ per elementary operation (action ``compute``) and area in µm² of the whole unit."""
    width = as_number(unit.attributes.get("datawidth", architecture.compute.word_bits))
    grid = records("intmac", architecture.technology)
    answer = look_up(grid, {"width_bits": float(width)}) if width and width > 0 else None
    area = unit.lanes * answer.record.area_um2 if answer else None
    if unit.energy_pj > 0:
        return ComponentEnergy({"compute": unit.energy_pj}, area, "given in the architecture")
    if answer is None:
        raise FlatError(
            f"{unit.name}: no {width}-bit multiply-accumulate is recorded "
            f"at {architecture.technology}, from which its energy would be derived",
            value=width,
            expected="datawidth 4 to 32 at 45nm; or give energy_pj, or an ERT file",
        )
    worth = f"{MACS_PER_OPERATION:g} {width}-bit multiply-accumulates"
    estimator = f"Aladdin, {worth} per elementary operation"
    return ComponentEnergy(
        {"compute": MACS_PER_OPERATION * answer.record.actions["compute"]}, area, estimator
    )
