"""How often each loop of a batch runs, and how short its last turn is.

A dimension of size N is split by its loops. A tile inside a loop has the extent that the loops further in
make; there are ⌈N / extent⌉ tiles, and the loop iterates once for each. In its last turn (when every
loop outside it over the dimension is in its last iteration) it may have fewer iterations: their
numbers, less 1, are the digits of N − 1, written with the trips as radices.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from flat_plugin.errors import FlatError
from flat_plugin.model.mapping_batch import Array, MappingBatch

Values = Array | float  # [mappings], or a float where all mappings have the same


@dataclass(frozen=True)
class Turns:
    """One loop in all mappings of a batch."""

    trips: Values
    last: Values  # iterations of the last turn
    runs: Values  # how often the loop runs: tiles of the dimension just outside it
    iterations: Values  # of all runs together: tiles just inside it
    extent: Values  # of a tile inside it, where it is not the last

    @property
    def absent(self) -> bool:
        """Whether it has one iteration in every mapping."""
        return isinstance(self.trips, float) and self.trips == 1


@dataclass(frozen=True)
class Nest:
    """``sizes[dimension]`` and ``temporal[level][dimension]``.

    Of a level, loops over one dimension nest temporal, y, x.
    """

    sizes: list[Values]
    temporal: list[list[Turns]]
    y: list[list[Turns]]
    x: list[list[Turns]]


def turns_of(batch: MappingBatch) -> Nest:
    """The last turns that the einsum's sizes give to the loops of every mapping.

    Raises:
        FlatError: the loops of a mapping do not cover a dimension.
    """
    levels, dimensions, _ = batch.temporal.shape
    kinds = (batch.spatial_x, batch.spatial_y, batch.temporal)
    found: list[list[list[Turns]]] = [[[] for _ in range(levels)] for _ in kinds]
    sizes = [_size(batch, d) for d in range(dimensions)]
    for d, size in enumerate(sizes):
        extent: Values = 1.0
        tiles = size
        first = slice(0, 1) if d in batch.alike else slice(None)
        for level in reversed(range(levels)):
            for kind, trips in zip(found, kinds, strict=True):
                turns = _turns(alike(trips[level, d, first]), size, extent, tiles)
                kind[level].append(turns)
                if not turns.absent:
                    extent, tiles = extent * turns.trips, turns.runs
        _check_covered(batch, d, extent, tiles)
    x, y, temporal = found
    return Nest(sizes, temporal, y, x)


def _size(batch: MappingBatch, d: int) -> Values:
    """Of a dimension."""
    size = batch.size(d)
    if not isinstance(size, np.ndarray):
        return float(size)
    return float(size[0]) if d in batch.alike else alike(size.astype(float))


def alike(values: Array) -> Values:
    """One float where all are equal: what does not differ by mapping is computed once."""
    first = values[0]
    return float(first) if values[-1] == first and (values == first).all() else values


def chosen(condition: Values | bool, one: Values, other: Values) -> Values:
    """``one`` where the condition holds, else ``other``."""
    if isinstance(condition, np.ndarray):
        return np.where(condition, one, other)
    return one if condition else other


def _turns(trips: Values, size: Values, extent: Values, tiles: Values) -> Turns:
    """A loop inside which a dimension has so many tiles of this extent."""
    if isinstance(trips, float) and trips == 1:
        return Turns(1.0, 1.0, tiles, tiles, extent)
    runs = np.floor((size - 1) / (extent * trips)) + 1
    return Turns(trips, tiles - trips * (runs - 1), runs, tiles, extent)


def _check_covered(batch: MappingBatch, d: int, extent: Values, tiles: Values) -> None:
    short = np.broadcast_to(np.asarray(tiles) > 1, len(batch))
    if short.any():
        dimension = batch.einsum.dimensions[d]
        size = int(np.broadcast_to(batch.size(d), len(batch))[short][0])
        raise FlatError(
            f"the factors of dimension {dimension} multiply to less than its size",
            path=f"mapping.{dimension}",
            value=int(np.broadcast_to(extent, len(batch))[short][0]),
            expected=f"{size} or more",
        )
