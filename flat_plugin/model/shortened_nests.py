"""One nest for problems of many lengths: every loop has as many iterations as there are tiles left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from flat_plugin.architecture.hardware import Architecture
from flat_plugin.mapping.fused import FusedMapping
from flat_plugin.mapping.nest import Factors, OperatorMapping
from flat_plugin.model.mapping_batch import Array, MappingBatch, batch_of, mapping_of
from flat_plugin.workload.attention import Attention
from flat_plugin.workload.einsum import Einsum


def cut_batch(
    einsum: Einsum, architecture: Architecture, nest: OperatorMapping, lengths: Mapping[str, Array]
) -> MappingBatch:
    """The nest of an einsum for shorter lengths of some dimensions; see :func:`shortened`.

    Args:
        lengths: by dimension, each ``[mappings]``, at most the einsum's.
    """
    whole = batch_of(einsum, architecture, [nest])
    every = np.zeros(len(next(iter(lengths.values()))), dtype=int)
    return shortened(whole, every, lengths)


def shortened(batch: MappingBatch, chosen: Array, lengths: Mapping[str, Array]) -> MappingBatch:
    """Mappings of a batch for shorter lengths of some dimensions.

    A tile keeps its size while a dimension is longer than it; loops outside a tile that has the whole
    dimension are gone.

    Args:
        chosen: which mapping each is of; one may come several times.
        lengths: by dimension, of each, at most the einsum's.
    """
    einsum, kinds = batch.einsum, (batch.spatial_x, batch.spatial_y, batch.temporal)
    shorter = [einsum.dimensions.index(name) for name in lengths]
    x, y, temporal = cut = [_taken(kind, chosen, shorter) for kind in kinds]
    for name, length in lengths.items():
        d, left = einsum.dimensions.index(name), np.asarray(length, dtype=float)
        for level in reversed(range(len(temporal))):
            for whole, kind in zip(kinds, cut, strict=True):
                if (whole[level, d] == 1).all():
                    continue
                full = kind[level, d].copy()
                kind[level, d] = np.minimum(full, left)
                left = np.ceil(left / full)
    differ = {einsum.dimensions.index(name) for name, n in lengths.items() if (n != n[0]).any()}
    alike = set(range(len(einsum.dimensions))) - differ if len(batch) == 1 else ()
    return MappingBatch(
        einsum, batch.architecture, batch.form, temporal, x, y, dict(lengths), frozenset(alike)
    )


def _taken(trips: Array, chosen: Array, shorter: list[int]) -> Array:
    """Trips of the mappings that are chosen, of which those over some dimensions may become fewer.

    A single mapping's are not copied if there are none over these dimensions, and else faster than by index.
    """
    if trips.shape[2] > 1:
        return trips[:, :, chosen]
    spread = np.broadcast_to(trips, (*trips.shape[:2], len(chosen)))
    return spread if (trips[:, shorter] == 1).all() else spread.copy()


def cut_mapping(
    mapping: FusedMapping, attention: Attention, shorter: Attention, architecture: Architecture
) -> FusedMapping:
    """The mapping of a layer for one of fewer queries or keys."""
    nests = {}
    lengths = {"M": np.array([shorter.queries]), "N": np.array([shorter.keys])}
    for einsum, short in zip(attention.einsums(), shorter.einsums(), strict=True):
        batch = cut_batch(einsum, architecture, mapping[einsum.name], lengths)
        nests[einsum.name] = mapping_of(replace(batch, einsum=short, lengths={}), 0)
    logit = nests["logit"].levels

    def trips(factors: Factors, now: Factors) -> Factors:
        # a loop of one trip is not shared: what is at its level is the operator's own
        return tuple((d, dict(now).get(d, 1) if n > 1 else 1) for d, n in factors)

    shared = tuple(
        replace(
            loops,
            temporal=trips(loops.temporal, level.temporal),
            spatial=trips(loops.spatial, level.spatial_x + level.spatial_y),
        )
        for loops in mapping.shared
        for level in (logit[mapping.levels.index(loops.level)],)
    )
    return replace(mapping, shared=shared, operators=tuple(nests.items()))
