"""Refuses figures that no mapping can have.

Timeloop counts in unsigned 64-bit numbers. Where a level is bypassed, a difference can run below
zero and come out near 2^64; multiplied by a pJ per access it gives energies of 10^15 pJ and more.
"""

from __future__ import annotations

from flat_plugin.architecture.energy_table import EnergyTable
from flat_plugin.engines.errors import UnderflowEnergy
from flat_plugin.model.operator import LevelResult, OperatorResult, TensorCounts

MOST = 2**63
_SLACK = 1.001
_ROUNDING_PJ = 1.0


def check_figures(result: OperatorResult, energies: EnergyTable) -> None:
    """Refuse counts of 2^63 and more, and energies over accesses × the dearest action.

    Raises:
        UnderflowEnergy: naming the level, the tensor and the figure.
    """
    for level in result.levels:
        dearest = _dearest(level, energies)
        if level.leakage_pj < 0 or level.energy_pj < 0:
            raise UnderflowEnergy(
                f"{level.name}: an energy of {min(level.leakage_pj, level.energy_pj):.6g} pJ"
            )
        for name, counts in level.tensors.items():
            _check_tensor(f"{level.name}.{name}", counts, dearest)


def _dearest(level: LevelResult, energies: EnergyTable) -> float | None:
    """pJ of the dearest action; None if the table does not know the component."""
    component = energies.components.get(level.name)
    return max(map(float, component.actions.values()), default=0.0) if component else None


def _check_tensor(place: str, counts: TensorCounts, dearest: float | None) -> None:
    for name, value in vars(counts).items():
        if name != "energy_pj" and value >= MOST:
            raise UnderflowEnergy(f"{place}: {value} {name}: an unsigned count ran below zero")
    if dearest is None:
        return
    most = (counts.total_reads + counts.total_writes) * dearest
    if counts.energy_pj > most * _SLACK + _ROUNDING_PJ:
        raise UnderflowEnergy(
            f"{place}: {counts.energy_pj:.6g} pJ, but its accesses cost at most {most:.6g} pJ: "
            "an unsigned count ran below zero"
        )
