"""The mapping of a single operator that is not fused with others: a projection, a convolution, an index."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from flat_plugin.architecture.energy_table import ComponentEnergy, EnergyTable
from flat_plugin.architecture.hardware import Architecture
from flat_plugin.energy.relative import to_order_by
from flat_plugin.mapping.dataflow import Dataflow
from flat_plugin.mapping.fused import FusedMapping
from flat_plugin.mapspace.constraints.fixed import FREE, Constraints
from flat_plugin.mapspace.menu_cache import Actions
from flat_plugin.mapspace.operator import choose
from flat_plugin.mapspace.operator_spaces import unfused_space
from flat_plugin.workload.einsum import Einsum


def map_gemm(
    einsum: Einsum,
    architecture: Architecture,
    energies: EnergyTable,
    constraints: Constraints = FREE,
) -> FusedMapping:
    """A single unfused operator, such as a projection or a convolution.

    Recent ones are remembered: dataflows that are compared have the same products around them.
    """
    ordering = sorted(to_order_by(energies, architecture).components.items())
    actions = tuple((name, tuple(each.actions.items())) for name, each in ordering)
    return _mapped(einsum, architecture, actions, constraints)


@lru_cache(maxsize=256)
def _mapped(
    einsum: Einsum, architecture: Architecture, actions: Actions, constraints: Constraints
) -> FusedMapping:
    dataflow = Dataflow("base", fused=False, stage=frozenset())
    # Windows have no closed form: the mapping is chosen as if they shared no word.
    space = replace(unfused_space(einsum.unfolded, architecture, dataflow, {}), constraints=constraints)
    ordering = EnergyTable({name: ComponentEnergy(dict(each)) for name, each in actions})
    return FusedMapping(dataflow, (), (), ((einsum.name, choose(space, ordering)),))
