"""A point of the search as a mapping: two nests, the loops that they share, and what is staged where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import prod

import numpy as np

from flat_plugin.mapping.fused import FusedMapping, SharedLoops
from flat_plugin.mapping.nest import OperatorMapping
from flat_plugin.mapspace.search.found import Pick
from flat_plugin.mapspace.search.nests import batches_of
from flat_plugin.mapspace.search.shared import KEYS, Setting
from flat_plugin.model.mapping_batch import MappingBatch
from flat_plugin.model.mapping_batch import mapping_of as mapping_of_batch

_SCORES = ("S", "P")


def mapping_of(pick: Pick) -> FusedMapping:
    """The mapping of a point."""
    sides, setting = pick.space.sides, pick.space.setting
    operators = tuple(
        (side.operator.structure.einsum.name, mapping_of_batch(pick_batch(pick, i), 0))
        for i, side in enumerate(sides)
    )
    if not setting.dataflow.fused:
        return FusedMapping(replace(setting.dataflow, stage=frozenset()), (), (), operators)
    shared = _shared(pick, setting)
    stage = _staged(pick, setting, dict(operators))
    flow = replace(setting.dataflow, stage=frozenset(tensor for tensor, _ in stage))
    return FusedMapping(flow, shared, stage, operators)


def pick_batch(pick: Pick, number: int) -> MappingBatch:
    """One operator's nest of a point, as a batch of its own."""
    side = pick.space.sides[number]
    op, nests, column = side.operator, pick.nests[number], pick.columns[number]
    one = nests.take(np.array([column]))
    batch, _ = next(batches_of(one, op.structure, op.architecture, op.role.outermost, op.shared))
    return batch


def _shared(pick: Pick, setting: Setting) -> tuple[SharedLoops, ...]:
    side, nests, column = pick.space.sides[0], pick.nests[0], pick.columns[0]
    op = side.operator
    names, loops = [m.name for m in op.architecture.memories], []
    for level in range(setting.meeting):
        temporal: list[tuple[str, int]] = []
        if level == 0:
            looped = [d for d in op.structure.batch if d not in op.spread.spanned]
            temporal += [(d, op.spread.turns_of(d)) for d in looped]
        shared = [i for i, place in enumerate(op.places) if place.shared and place.level == level]
        for i in shared:
            trips = dict(zip(op.structure.core, nests.trips[i, :, column].tolist(), strict=True))
            inner = ["N"] if setting.orders[shared.index(i)].first == KEYS else ["G", "M"]
            walked = [d for d in ("G", "M", "N") if trips.get(d, 1) > 1]
            temporal += [(d, trips[d]) for d in walked if d not in inner]
            temporal += [(d, trips[d]) for d in walked if d in inner]
        spatial = tuple((d, n) for d, (n, _) in setting.cores.get(level, {}).items())
        if temporal or spatial:
            loops.append(SharedLoops(names[level], tuple(temporal), spatial))
    return tuple(loops)


def _staged(
    pick: Pick, setting: Setting, operators: Mapping[str, OperatorMapping]
) -> tuple[tuple[str, str], ...]:
    """The tensors whose whole tile of a shared iteration some memory holds: the innermost that does."""
    found = {}
    for i, side in enumerate(pick.space.sides):
        op, nests, column = side.operator, pick.nests[i], pick.columns[i]
        for t, name in enumerate(op.structure.names):
            if name in _SCORES:
                found["S"] = op.architecture.memories[setting.meeting].name
                continue
            for level in range(1, setting.meeting + 1):
                own = [j for j, p in enumerate(op.places) if not p.shared and p.level < level]
                trips = nests.trips[own][:, list(op.structure.indexing[t]), column]
                if nests.skeleton.keep[level - 1][t] and prod(trips.reshape(-1).tolist()) == 1:
                    found[name] = op.architecture.memories[level].name
    return tuple(sorted(found.items()))
