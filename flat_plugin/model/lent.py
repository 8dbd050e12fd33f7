"""Registers that two fused operators take turns with.

Between two iterations of the shared loops the other operator has used the array, so nothing in the
registers outlives an iteration. An engine that evaluates an operator alone, Timeloop included, does not
know that: where a whole tensor fits the registers, it takes it for still there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from flat_plugin.architecture.hardware import Architecture
from flat_plugin.mapping.fused import FusedMapping
from flat_plugin.model.batch import Array, MappingBatch, batch_of
from flat_plugin.model.counts import NestAnalysis
from flat_plugin.workload.attention import Attention


def outlives(batch: MappingBatch, shared: Mapping[str, int]) -> Array:
    """[mappings]: whether a tile below the buffer stays longer because of the shared loops.

    Args:
        shared: trips of the shared loops, which are the outermost memory's outermost.
    """
    alone = batch.temporal.copy()
    for i, dimension in enumerate(batch.einsum.dimensions):
        alone[0, i] /= shared.get(dimension, 1)
    long, short = NestAnalysis(batch).reuse, NestAnalysis(replace(batch, temporal=alone)).reuse
    levels = len(batch.architecture.memories)
    found = np.zeros(len(batch), dtype=bool)
    for level in range(2, levels):
        kept = np.array(batch.form.keep[level])[:, None]
        found |= ((long[level - 1] > short[level - 1]) & kept).any(axis=0)
    if levels == 2:  # compute units below the buffer hand on what stays
        found |= (long[1] > short[1]).any(axis=0)
    return found


def lent_notes(attention: Attention, architecture: Architecture, mapping: FusedMapping) -> list[str]:
    """What to know of a fused mapping whose operators would lend each other their registers."""
    if not mapping.dataflow.fused:
        return []
    batches = [batch_of(einsum, architecture, [mapping[einsum.name]]) for einsum in attention.einsums()]
    return [
        f"{batch.einsum.name} is counted as if its registers stayed while the other operator uses them"
        for batch in batches
        if outlives(batch, dict(mapping.shared)).any()
    ]
