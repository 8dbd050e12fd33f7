"""What one compute unit keeps: the loops and tensors of the memories that it shares with no other.

Worked out from the innermost memory to the outermost. Every tensor is kept in one of a unit's memories at
most. What the outside can see of a choice is what it costs inside, how far each kept tensor's tile has
been used when it must come anew, whether it still lies in place, and the extents of the whole tile; of
choices that differ in nothing else only the best stay. Where there are few, all of them stay: of few units,
Timeloop's rounding takes a large part, and which loops it takes it of decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from math import prod

import numpy as np

from flat_plugin.architecture.hardware import Memory
from flat_plugin.mapspace.columns import Columns
from flat_plugin.mapspace.pareto import pareto_indices
from flat_plugin.mapspace.search.trips import Factors, choices
from flat_plugin.mapspace.structure import Structure
from flat_plugin.model.mapping_batch import Array

NOWHERE = -1
_LOOPS, _LOOPS_OF_FEW = 200, 20_000  # choices of a unit's loops that are all looked at; of few units


@dataclass(frozen=True)
class Pads(Columns):
    """Choices, one a column (``n``); ``pads`` are a unit's own memories, the outermost first."""

    trips: Array  # [pads, core, n] iterations of each memory's loops
    first: Array  # [pads, n] the tensor that stays while the innermost loops turn; -1: no matter
    where: Array  # [tensors, n] which pad keeps a tensor; -1: none
    used: Array  # [tensors, core, n] rows, along what a tensor misses, that use its tile before it moves
    still: Array  # [tensors, n] whether the tile lies in place when the loops outside turn
    extents: Array  # [core, n] rows of the whole tile of a unit

    def __len__(self) -> int:
        return self.first.shape[1]


def pads_of(
    structure: Structure,
    memories: Sequence[Memory],
    sizes: Sequence[int],
    stays: int,
    *,
    factors: Factors = Factors.RAGGED,
    every: bool = False,
) -> Pads:
    """Every choice that may be the best where one tensor stays while the innermost loops outside turn.

    Args:
        memories: a unit's own, the outermost first; none where units read a shared memory directly.
        sizes: rows along each core dimension.
        stays: the tensor; it is kept by the unit, and its tile lies in place. -1: nothing is kept.
        every: with any loops of the unit, and not only with those that let a tensor be used again.
    """
    places = range(NOWHERE, len(memories))
    if stays == NOWHERE or not memories:
        nothing, last = (NOWHERE,) * len(structure.missing), len(memories) - 1
        found = _start(structure, len(memories), nothing)
        if memories and every:  # loops around nothing are as good in any memory
            found = _wrapped(found, structure, memories[last], last, sizes, stays, factors, every)
        return found
    parts = []
    for where in product(places, repeat=len(structure.missing)):
        if where[stays] == NOWHERE or _idle(where, memories):
            continue
        found = _start(structure, len(memories), where)
        for pad in range(len(memories) - 1, -1, -1):
            found = _wrapped(found, structure, memories[pad], pad, sizes, stays, factors, every)
        parts.append(found.take(np.flatnonzero(found.still[stays])))
    return Pads.joined(parts)


def _idle(where: Sequence[int], memories: Sequence[Memory]) -> bool:
    return any(place != NOWHERE and memories[place].capacity < 1 for place in where)


def _start(structure: Structure, pads: int, where: Sequence[int]) -> Pads:
    core, tensors = len(structure.core), len(structure.missing)
    return Pads(
        np.ones((pads, core, 1), dtype=np.int64),
        np.full((pads, 1), NOWHERE),
        np.array(where)[:, None],
        np.ones((tensors, core, 1), dtype=np.int64),
        np.zeros((tensors, 1), dtype=bool),
        np.ones((core, 1), dtype=np.int64),
    )


def _wrapped(
    inner: Pads,
    structure: Structure,
    memory: Memory,
    pad: int,
    sizes: Sequence[int],
    stays: int,
    factors: Factors,
    every: bool,
) -> Pads:
    """These choices with the loops of the next memory around them."""
    where = inner.where[:, 0].tolist()
    loops = _loops(structure, memory, pad, where, sizes, stays, factors, every)
    kept = [t for t, place in enumerate(where) if place == pad]
    deeper = [t for t, place in enumerate(where) if place > pad]
    a, b = (i.reshape(-1) for i in np.indices((len(inner), loops.shape[1])))
    extents = inner.extents[:, a] * loops[:, b]
    words = np.zeros(len(a))
    for t in kept:
        words += extents[list(structure.indexing[t])].prod(axis=0)
    fits = words <= memory.capacity
    for d, size in enumerate(sizes):
        fits &= (extents[d] <= size) | (loops[d, b] == 1)
        if factors is Factors.PERFECT:
            fits &= size % extents[d] == 0
    a, b = a[fits], b[fits]
    parts = []
    for first in [*deeper, *([] if deeper else [NOWHERE])]:
        parts.append(_turned(inner.take(a), structure, loops[:, b], pad, first, kept, deeper))
    found = Pads.joined(parts)
    return found if every else _best(found, structure)


def few_loops(memories: int, sizes: Sequence[int], factors: Factors, *, few_units: bool) -> bool:
    """Whether a unit of so many memories has so few choices of loops that all of them can be looked at."""
    loops = prod(len(choices(size, factors)) for size in sizes) ** memories
    return factors is Factors.RAGGED and loops <= (_LOOPS_OF_FEW if few_units else _LOOPS)


def _loops(
    structure: Structure,
    memory: Memory,
    pad: int,
    where: Sequence[int],
    sizes: Sequence[int],
    stays: int,
    factors: Factors,
    every: bool,
) -> Array:
    """[core, n]: trips of a memory's loops, along dimensions that let a kept tensor be used again (or all);
    the one that stays has no need of them."""
    held = [t for t, place in enumerate(where) if NOWHERE < place <= pad and t != stays]
    useful = set(range(len(sizes))) if every else {d for t in held for d in structure.missing[t]}
    if pad not in where and not (every and stays == NOWHERE):
        useful = set()  # loops around a memory that keeps nothing are as well outside it
    options = []
    for d, size in enumerate(sizes):
        trips = choices(size, factors)
        bound = [t for t, place in enumerate(where) if place == pad and d in structure.indexing[t]]
        most = memory.capacity if bound else size
        options.append(trips[trips <= most] if d in useful else trips[:1])
    grid = np.meshgrid(*options, indexing="ij")
    return np.stack([axis.reshape(-1) for axis in grid])


def _turned(
    inner: Pads,
    structure: Structure,
    loops: Array,
    pad: int,
    first: int,
    kept: Sequence[int],
    deeper: Sequence[int],
) -> Pads:
    used, still = inner.used.copy(), inner.still.copy()
    extents = inner.extents * loops
    for t in deeper:
        missing, present = list(structure.missing[t]), list(structure.indexing[t])
        moved = (loops[present] > 1).any(axis=0)
        stays = still[t] & (~moved | (first == t))
        for d in missing:
            used[t, d] = np.where(stays, used[t, d] * loops[d], used[t, d])
        still[t] &= ~moved
    for t in kept:
        for d in structure.missing[t]:
            used[t, d] = extents[d]
        still[t] = True
    trips, order = inner.trips.copy(), inner.first.copy()
    trips[pad], order[pad] = loops, first
    return Pads(trips, order, inner.where, used, still, extents)


def _best(pads: Pads, structure: Structure) -> Pads:
    """Those of the same set of kept tensors that nothing equals or beats."""
    columns: list[Array] = [pads.extents[d] for d in range(len(structure.core))]
    for t, missing in enumerate(structure.missing):
        columns += [-pads.used[t, d] for d in missing]
        columns.append(~pads.still[t])
    return pads.take(pareto_indices(np.stack(columns, axis=1).astype(float)))
