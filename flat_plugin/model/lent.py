"""Registers that two fused operators take turns with.

Between two iterations of the shared loops the other operator has used the array, so nothing in the
registers, or in any memory inside the one of the scores, outlives an iteration. An engine that evaluates
an operator alone, Timeloop included, does not know that: where a whole tensor fits the registers, it
takes it for still there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from flat_plugin.architecture.hardware import Architecture
from flat_plugin.mapping.fused import FusedMapping
from flat_plugin.model.batch import Array, MappingBatch, batch_of
from flat_plugin.model.counts import NestAnalysis
from flat_plugin.workload.attention import Attention


def outlives(batch: MappingBatch, turns: Sequence[Mapping[str, int]]) -> Array:
    """[mappings]: whether a tile inside the memory of the scores stays longer because of the shared loops.

    Args:
        turns: trips in time of the shared loops at each memory outside that one, outermost first.
    """
    alone, meeting = batch.temporal.copy(), len(turns)
    for level, trips in enumerate(turns):
        for i, dimension in enumerate(batch.einsum.dimensions):
            alone[level, i] /= trips.get(dimension, 1)
    long, short = NestAnalysis(batch).reuse, NestAnalysis(replace(batch, temporal=alone)).reuse
    levels = len(batch.architecture.memories)
    found = np.zeros(len(batch), dtype=bool)
    for level in range(meeting + 1, levels):
        kept = np.array(batch.form.keep[level])[:, None]
        found |= ((long[level - 1] > short[level - 1]) & kept).any(axis=0)
    if levels == meeting + 1:  # compute units below the scores' memory hand on what stays
        found |= (long[meeting] > short[meeting]).any(axis=0)
    return found


def lent_notes(attention: Attention, architecture: Architecture, mapping: FusedMapping) -> list[str]:
    """What to know of a fused mapping whose operators would lend each other their registers."""
    if not mapping.dataflow.fused:
        return []
    turns = [dict(mapping.at(level).temporal) for level in range(mapping.scores)]
    batches = [batch_of(einsum, architecture, [mapping[einsum.name]]) for einsum in attention.einsums()]
    return [
        f"{batch.einsum.name} is counted as if its registers stayed while the other operator uses them"
        for batch in batches
        if outlives(batch, turns).any()
    ]
