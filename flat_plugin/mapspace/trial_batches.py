"""Evaluates batches of one form together: many short batches take much longer than one long one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from flat_plugin.architecture.energy_table import EnergyTable
from flat_plugin.model.cost import evaluate
from flat_plugin.model.mapping_batch import Array, Form, MappingBatch
from flat_plugin.model.shared_registers import outlives


@dataclass(frozen=True)
class Tried:
    """A batch, and what its mappings cost."""

    batch: MappingBatch
    cycles: Array  # [mappings]
    energy: Array  # [mappings], pJ
    valid: Array  # [mappings], bool
    tiles: Array  # [levels, tensors, mappings]: words
    lasting: Array  # [mappings], bool: a tile outlives an iteration of the shared loops


def tried(
    batches: Iterable[MappingBatch], energies: EnergyTable, shared: Mapping[str, int] | None
) -> list[Tried]:
    """Every batch with its costs, in order.

    Args:
        shared: trips of the loops that another operator shares; None where there is no other.
    """
    every = list(batches)
    groups: dict[Form, list[int]] = {}
    for number, batch in enumerate(every):
        groups.setdefault(batch.form, []).append(number)
    found: dict[int, Tried] = {}
    for numbers in groups.values():
        whole = _joined([every[n] for n in numbers])
        costs = evaluate(whole, energies)
        lasting = np.zeros(len(whole), dtype=bool) if shared is None else outlives(whole, [shared])
        start = 0
        for n in numbers:
            own = slice(start, start + len(every[n]))
            found[n] = Tried(
                every[n],
                costs.cycles[own],
                costs.energy[own],
                costs.valid[own],
                costs.counts.tiles[..., own],
                lasting[own],
            )
            start = own.stop
    return [found[n] for n in range(len(every))]


def _joined(batches: Sequence[MappingBatch]) -> MappingBatch:
    """The mappings of all, which have one form."""
    first, *_ = batches
    temporal = np.concatenate([batch.temporal for batch in batches], axis=2)
    x = np.concatenate([batch.spatial_x for batch in batches], axis=2)
    y = np.concatenate([batch.spatial_y for batch in batches], axis=2)
    return MappingBatch(first.einsum, first.architecture, first.form, temporal, x, y)
