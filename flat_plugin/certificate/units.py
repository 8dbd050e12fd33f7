"""What the compute units of a core do: which rows lie side by side, and what a unit goes through by itself.

A *choice* is how many units lie side by side along each axis and, where a unit has a memory of its own, the
rows of its tile. Rows that are left over are counted as the model counts them: units that compute together go
through a whole tile each, and only a tile that is alone in the last turn is as short as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from math import isqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from flat_plugin.certificate.part import Part

Array = NDArray[np.float64]
AXES = range(3)


@dataclass(frozen=True)
class Units:
    """Choices, one a column (``n``); ``loose`` ones have the longest tiles, and nothing is left over."""

    wide: Array  # [3, n] units side by side along each axis
    tile: Array  # [3, n] rows of a unit's tile
    turns: Array  # [3, n] tiles that a unit goes through one after the other, outside its own memory
    steps: Array  # [3, n] rows that it goes through one after the other
    used: Array  # [3, n] units that have a tile, on average over the turns
    counted: Array  # [3, n] rows that all units go through, with what is counted beyond the length
    share: Array  # [n] of what units do, what is counted: the mean of those in use is rounded down
    filled: Array  # [n] of what comes to them: as if all had the same, and that mean of them were there
    loose: bool

    def __len__(self) -> int:
        return self.wide.shape[1]


def least_tiles(length: int, longest: float) -> Array:
    """For every number of turns along a length the shortest tile that takes so many."""
    short = np.arange(1, isqrt(length) + 2)
    turns = np.unique(np.concatenate([-(-length // short), short[short <= length]]))
    tiles = np.unique(-(-length // turns))
    return tiles[tiles <= longest].astype(float)


def loose_units(part: Part) -> Units:
    """Every way to lie side by side that the mesh has room for; an axis of one dimension is along x or y."""
    (x, y), levels = part.mesh, len(part.architecture.memories)
    options = [
        least_tiles(part.rows(axis, levels), min(x * y, part.longest(axis, part.shared))) for axis in AXES
    ]
    grid = np.stack([axis.reshape(-1) for axis in np.meshgrid(*options, indexing="ij")])
    grid = grid[:, grid.prod(axis=0) <= x * y]
    single = [sum(part.einsum.sizes[d] > 1 for d in axis) <= 1 for axis in part.axes]
    fits = np.zeros(grid.shape[1], dtype=bool)
    for along in product((True, False), repeat=3):
        on_x = [one and is_x for one, is_x in zip(single, along, strict=True)]
        on_y = [one and not is_x for one, is_x in zip(single, along, strict=True)]
        fits |= (grid[on_x].prod(axis=0) <= x) & (grid[on_y].prod(axis=0) <= y)
    wide = grid[:, fits]
    steps = np.stack([np.ceil(part.rows(axis, levels) / wide[axis]) for axis in AXES])
    lengths = np.array(part.lengths, dtype=float)[:, None] * np.ones_like(wide)
    used, every = (wide + 1) / 2, wide.prod(axis=0)  # over half, however short a last turn is
    share = np.where(every == 1, 1.0, np.maximum(1 - 1 / used.prod(axis=0), 0.5))
    filled = np.maximum(np.floor(used.prod(axis=0)), 1) / every
    return Units(wide, np.ones_like(wide), steps, steps, used, lengths, share, filled, True)


def close_units(part: Part, loose: Units, chosen: NDArray[Any]) -> Units:
    """Some of these choices, each with every tile that a unit's memory has room for."""
    level = len(part.architecture.memories) - 1
    room = part.room(level)
    rows = [part.rows(axis, level + 1) for axis in AXES]
    options = [least_tiles(rows[axis], min(room, part.longest(axis, level))) for axis in AXES]
    tiles = np.stack([axis.reshape(-1) for axis in np.meshgrid(*options, indexing="ij")])
    least = np.sort(tiles, axis=0)[:2].prod(axis=0)  # the smallest of a tile's three sides
    tiles = tiles[:, least <= room]
    wide = np.repeat(loose.wide[:, chosen], tiles.shape[1], axis=1)
    tile = np.tile(tiles, (1, len(chosen)))
    along = [_along(part, axis, rows[axis], wide[axis], tile[axis]) for axis in AXES]
    turns, steps, counted = (np.stack(figure) for figure in zip(*along, strict=True))
    beside = np.stack([np.ceil(rows[axis] / tile[axis]) / turns[axis] for axis in AXES])
    in_use = (counted / np.array(part.lengths)[:, None] * np.array(rows)[:, None] / steps).prod(axis=0)
    whole = np.maximum(np.floor(in_use + 1e-9), 1)
    shares = whole / in_use, whole / wide.prod(axis=0)
    return Units(wide, tile, turns, steps, beside, counted, *shares, False)


def _along(part: Part, axis: int, rows: int, wide: Array, tile: Array) -> tuple[Array, Array, Array]:
    """Turns, steps and counted rows along one axis."""
    tiles = np.ceil(rows / tile)
    turns = np.ceil(tiles / wide)
    single = sum(part.einsum.sizes[d] > 1 for d in part.axes[axis]) <= 1
    if not single:  # each dimension has its own last tile, shorter than these
        return turns, np.ceil(rows / wide), np.full_like(tile, float(part.lengths[axis]))
    alone = (tiles - 1) % wide == 0
    steps = np.where(alone, (turns - 1) * tile + rows - (tiles - 1) * tile, turns * tile)
    whole = np.where(alone, float(rows), tiles * tile)
    counted = whole if rows == part.lengths[axis] else np.full_like(tile, float(part.lengths[axis]))
    return turns, steps, counted
