"""Registers that two fused operators take turns with.

Between two iterations of the shared loops the other operator has used the array, so nothing in the
registers, or in any memory inside the one of the scores, outlives an iteration. An engine that evaluates
an operator alone, Timeloop included, does not know that: where a whole tensor fits the registers, it
takes it for still there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from flat_plugin.architecture.hardware import Architecture
from flat_plugin.mapping.fused import FusedMapping
from flat_plugin.model.boundary import Boundary
from flat_plugin.model.loop_turns import turns_of
from flat_plugin.model.mapping_batch import Array, MappingBatch, batch_of
from flat_plugin.model.visits import visits_of
from flat_plugin.workload.attention import Attention


def outlives(batch: MappingBatch, turns: Sequence[Mapping[str, int]]) -> Array:
    """[mappings]: whether a tile inside the memory of the scores stays longer because of the shared loops.

    Args:
        turns: trips in time of the shared loops at each memory outside that one, outermost first.
    """
    visits, dimensions = visits_of(batch, turns_of(batch)), batch.einsum.dimensions
    meeting, levels = len(turns), len(batch.architecture.memories)
    found = np.zeros(len(batch), dtype=bool)
    for child in range(meeting + 1, levels) or [levels]:  # compute units hand on what stays, too
        for t, tensor in enumerate(batch.einsum.tensors):
            if child == levels or batch.form.keep[child][t]:
                indexing = tuple(map(dimensions.index, tensor.dimensions))
                boundary = Boundary(visits, batch.form.order, child - 1, indexing)
                for outer, d in boundary.loops():
                    if outer < meeting and turns[outer].get(dimensions[d], 1) > 1:
                        found |= _in_place(boundary, outer, d)
    return found


def _in_place(boundary: Boundary, outer: int, d: int) -> Array:
    """[mappings]: whether some tile stays in place when the loop of ``outer`` over ``d`` goes on."""
    tiles = {o: boundary.tiles(o, None) for o in boundary.indexing}
    goes_on = boundary.runs(outer + 1, d) - boundary.runs(outer, d)
    return np.asarray(goes_on * boundary.held(outer, d, tiles) > 0)


def lent_notes(attention: Attention, architecture: Architecture, mapping: FusedMapping) -> list[str]:
    """What to know of a fused mapping whose operators would lend each other their registers."""
    if not mapping.dataflow.fused:
        return []
    turns = [dict(mapping.at(level).temporal) for level in range(mapping.scores)]
    batches = [
        batch_of(einsum, architecture, [mapping[einsum.name]]) for einsum in attention.einsums(mapping.held)
    ]
    return [
        f"{batch.einsum.name} is counted as if its registers stayed while the other operator uses them"
        for batch in batches
        if outlives(batch, turns).any()
    ]
