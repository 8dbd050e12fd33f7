"""Tiles outside the innermost shared memory, axis by axis.

Every core dimension is missing from exactly one tensor. An *axis* is what one tensor misses: along it that
tensor stays, and the tiles of all others grow. How often a tensor's tile comes anew depends on its own axis
alone, which is what makes a search over all tiles a search over three short lists.

A nest has *places* for loops outside the innermost shared memory: in each memory above it those that the
operators share, then an operator's own. A *chain* is the trips of an axis in all places.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from flat_plugin.mapspace.search.trips import Factors, ceil_div, choices, divisors
from flat_plugin.model.mapping_batch import Array


@dataclass(frozen=True)
class Place:
    """Where loops stand: in which memory, and whether both operators have them."""

    level: int
    shared: bool = False


Tiles = Mapping[int, tuple[tuple[int, ...], int]]  # dimension -> (trips of its shared loops, rows)


@dataclass(frozen=True)
class Axis:
    """Chains of one axis, one a column (``n``)."""

    dimensions: tuple[int, ...]  # core dimensions that lie on it
    trips: Array  # [places, dimensions, n] iterations of each place's loops
    count: Array  # [places, n] tiles along the axis after each place's loops, from the outermost
    rows: Array  # [places, n] rows of a tile inside each place's loops, at least

    def __len__(self) -> int:
        return self.count.shape[1]

    def take(self, columns: Array) -> Axis:
        return Axis(self.dimensions, self.trips[..., columns], self.count[:, columns], self.rows[:, columns])


def axis_of(
    dimensions: Sequence[int],
    sizes: Sequence[int],
    places: Sequence[Place],
    spread: Sequence[Sequence[int]],
    allowed: Mapping[int, frozenset[int]],
    factors: Factors,
    tiles: Tiles | None = None,
) -> Axis:
    """Every chain of an axis.

    Args:
        sizes: rows of every core dimension.
        spread: for every place, how many children each core dimension is spread over between it and the
            next one.
        allowed: for every core dimension, the places that may walk it.
        tiles: for dimensions that shared loops walk, these loops and the rows of a shared iteration, which
            an operator's own loops divide; without them every tile counts, at least as it is.
    """
    parts = [
        _divided(d, sizes[d], places, spread, allowed[d], *tiles[d])
        if tiles and d in tiles
        else _chains(d, sizes[d], places, spread, allowed[d], factors)
        for d in dimensions
    ]
    if not parts:
        one = np.ones((len(places), 1), dtype=np.int64)
        return Axis((), np.ones((len(places), 0, 1), dtype=np.int64), one, one)
    indices = np.indices([part[0].shape[1] for part in parts]).reshape(len(parts), -1)
    trips = np.stack([part[0][:, i] for part, i in zip(parts, indices, strict=True)], axis=1)
    rows = np.prod([part[1][:, i] for part, i in zip(parts, indices, strict=True)], axis=0)
    return Axis(tuple(dimensions), trips, np.cumprod(trips.prod(axis=1), axis=0), rows)


def _chains(
    d: int,
    size: int,
    places: Sequence[Place],
    spread: Sequence[Sequence[int]],
    allowed: frozenset[int],
    factors: Factors,
) -> tuple[Array, Array]:
    """[places, n] trips of one dimension, and the rows of a tile inside them."""
    trips = np.ones((0, 1), dtype=np.int64)
    rows = np.ones((0, 1), dtype=np.int64)
    left = np.array([size], dtype=np.int64)
    for place in range(len(places)):
        options = [choices(int(n), factors) if place in allowed else np.array([1]) for n in left]
        which = np.repeat(np.arange(len(left)), [len(o) for o in options])
        taken = np.concatenate(options)
        inside = ceil_div(left[which], taken)
        left = ceil_div(inside, spread[place][d])
        trips = np.vstack([trips[:, which], taken])
        rows = np.vstack([rows[:, which], left])
    return trips, rows


def _divided(
    d: int,
    size: int,
    places: Sequence[Place],
    spread: Sequence[Sequence[int]],
    allowed: frozenset[int],
    shared: Sequence[int],
    tile: int,
) -> tuple[Array, Array]:
    """The same for a dimension whose shared loops and rows of a shared iteration are known."""
    trips, left = np.ones((0, 1), dtype=np.int64), np.array([tile], dtype=np.int64)
    common = iter(shared)
    for place, where in enumerate(places):
        if where.shared:
            trips = np.vstack([trips, np.full((1, len(left)), next(common))])
            continue
        options = [divisors(int(n)) if place in allowed else np.array([1]) for n in left]
        which = np.repeat(np.arange(len(left)), [len(o) for o in options])
        taken = np.concatenate(options)
        left = left[which] // taken
        trips = np.vstack([trips[:, which], taken])
    inside, rows = left, list[Array]()
    for place in range(len(places) - 1, -1, -1):
        rows.insert(0, np.minimum(inside, size))
        inside = inside * trips[place] * spread[place][d]
    return trips, np.array(rows).reshape(len(places), -1)


def places_of(shared: int, fused: bool, last_shared: int) -> tuple[Place, ...]:
    """Places for loops outside memory ``shared``, outermost first.

    Fused, the memories down to ``last_shared`` have loops that both operators share; there and further in
    an operator has its own.
    """
    if not fused:
        return tuple(Place(level) for level in range(shared))
    common = [Place(level, shared=True) for level in range(last_shared + 1)]
    return (*common, *(Place(level) for level in range(last_shared, shared)))
