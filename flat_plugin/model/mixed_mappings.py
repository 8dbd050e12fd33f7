"""Evaluates many mappings of one einsum, of any forms, in the order given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

import numpy as np
from numpy.typing import NDArray

from flat_plugin.architecture.energy_table import EnergyTable
from flat_plugin.architecture.hardware import Architecture
from flat_plugin.errors import InvalidMapping
from flat_plugin.mapping.nest import OperatorMapping
from flat_plugin.model.cost import Costs, evaluate
from flat_plugin.model.mapping_batch import Array, Form, batch_of, form_of
from flat_plugin.model.ragged import counts_of
from flat_plugin.model.walk.moves import walked_costs, walked_counts
from flat_plugin.workload.einsum import Einsum


@dataclass(frozen=True)
class ManyResults:
    """One entry a mapping: cycles, pJ (not numbers without an energy table), utilisation 0..1, and whether
    the hardware can run it."""

    cycles: Array
    energy_pj: Array
    utilization: Array
    valid: NDArray[np.bool_]


def costs_of_one(
    einsum: Einsum, architecture: Architecture, mapping: OperatorMapping, energies: EnergyTable
) -> Costs:
    """Cycles, energy and validity of one mapping, whatever its form."""
    if einsum.plain:
        return evaluate(batch_of(einsum, architecture, [mapping]), energies)
    return walked_costs(einsum, architecture, mapping, energies)


def computes_of(einsum: Einsum, architecture: Architecture, mapping: OperatorMapping) -> int:
    """Computes as Timeloop counts them: more than there are operations where last tiles are smaller."""
    if einsum.plain:
        return int(counts_of(batch_of(einsum, architecture, [mapping])).computes[0])
    return int(walked_counts(einsum, architecture, mapping).computes[0])


def evaluate_many(
    einsum: Einsum,
    architecture: Architecture,
    mappings: Sequence[OperatorMapping],
    energies: EnergyTable,
) -> ManyResults:
    """Evaluate mappings in as many array calls as they have forms; with windows, one by one."""
    groups: dict[Form | int, list[int]] = {}  # an int: walked
    for n, mapping in enumerate(mappings):
        key = form_of(einsum, mapping) if einsum.plain else n
        groups.setdefault(key, []).append(n)
    cycles, energy, utilization = (np.empty(len(mappings)) for _ in range(3))
    valid = np.empty(len(mappings), dtype=bool)
    for form, members in groups.items():
        if isinstance(form, int):
            try:
                costs = walked_costs(einsum, architecture, mappings[form], energies)
            except InvalidMapping:  # there is nothing to count
                cycles[members], energy[members], utilization[members], valid[members] = inf, inf, 0.0, False
                continue
        else:
            costs = evaluate(batch_of(einsum, architecture, [mappings[n] for n in members], form), energies)
        cycles[members], energy[members] = costs.cycles, costs.energy
        utilization[members], valid[members] = costs.utilization, costs.valid
    return ManyResults(cycles, energy, utilization, valid)
