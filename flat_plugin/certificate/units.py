"""What the compute units do: which rows lie side by side, and what a unit goes through by itself.

A *choice* is how many units lie side by side along each axis and, where a unit has a memory of its own, the
rows of its tile. Rows that are left over are counted as the model counts them: units that compute together go
through a whole tile each, and only a tile that is alone in the last turn is as short as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
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

    @cached_property
    def beside(self) -> Array:
        """[n] units side by side."""
        return volume(self.wide)


def volume(sides: Array) -> Array:
    """[n] products of three sides [3, n]."""
    found: Array = sides[0] * sides[1] * sides[2]
    return found


def least_tiles(length: int, longest: float, *, perfect: bool = False) -> Array:
    """For every number of turns along a length the shortest tile that takes so many; or its divisors."""
    short = np.arange(1, isqrt(length) + 2)
    if perfect:
        few = short[length % short == 0]
        tiles = np.unique(np.concatenate([few, length // few]))
    else:
        turns = np.unique(np.concatenate([-(-length // short), short[short <= length]]))
        tiles = np.unique(-(-length // turns))
    return tiles[tiles <= longest].astype(float)


def loose_units(part: Part) -> Units:
    """Every way to lie side by side that the mesh has room for; an axis of one dimension is along x or y."""
    x, y = part.mesh
    options = [
        least_tiles(part.lengths[axis], min(x * y, part.longest[axis]), perfect=part.perfect) for axis in AXES
    ]
    grid = np.stack([axis.reshape(-1) for axis in np.meshgrid(*options, indexing="ij")])
    grid = grid[:, volume(grid) <= x * y]
    single = [sum(part.einsum.sizes[d] > 1 for d in axis) <= 1 for axis in part.axes]
    fits = np.zeros(grid.shape[1], dtype=bool)
    for along in product((True, False), repeat=3):
        on_x = [one and is_x for one, is_x in zip(single, along, strict=True)]
        on_y = [one and not is_x for one, is_x in zip(single, along, strict=True)]
        fits |= (grid[on_x].prod(axis=0) <= x) & (grid[on_y].prod(axis=0) <= y)
    wide = grid[:, fits]
    steps = np.stack([np.ceil(part.lengths[axis] / wide[axis]) for axis in AXES])
    lengths = np.array(part.lengths, dtype=float)[:, None] * np.ones_like(wide)
    one, every = np.ones(wide.shape[1]), volume(wide)
    if part.perfect:
        return Units(wide, np.ones_like(wide), steps, steps, wide, lengths, one, one, True)
    used = (wide + 1) / 2  # over half, however short a last turn is
    share = np.where(every == 1, 1.0, np.maximum(1 - 1 / volume(used), 0.5))
    filled = np.maximum(np.floor(volume(used)), 1) / every
    return Units(wide, np.ones_like(wide), steps, steps, used, lengths, share, filled, True)


def unit_tiles(part: Part) -> Array:
    """[3, n] every tile that a unit's memory has room for."""
    room = part.room(part.levels - 1)
    options = [
        least_tiles(part.lengths[axis], min(room, part.longest[axis]), perfect=part.perfect) for axis in AXES
    ]
    tiles = np.stack([axis.reshape(-1) for axis in np.meshgrid(*options, indexing="ij")])
    least = np.sort(tiles, axis=0)[:2].prod(axis=0)  # the smallest of a tile's three sides
    return tiles[:, least <= room]


def close_units(part: Part, loose: Units, chosen: NDArray[Any], tiles: Array) -> Units:
    """Some of these choices, each with each of these tiles."""
    wide = np.repeat(loose.wide[:, chosen], tiles.shape[1], axis=1)
    tile = np.tile(tiles, (1, len(chosen)))
    lengths = np.array(part.lengths, dtype=float)[:, None]
    if part.perfect:
        whole = (lengths % (wide * tile) == 0).all(axis=0)
        wide, tile = wide[:, whole], tile[:, whole]
    along = [_along(part, axis, wide[axis], tile[axis]) for axis in AXES]
    turns, steps, counted = (np.stack(figure) for figure in zip(*along, strict=True))
    beside = np.stack([np.ceil(part.lengths[axis] / tile[axis]) / turns[axis] for axis in AXES])
    in_use = volume(counted / steps)
    mean = np.maximum(np.floor(in_use + 1e-9), 1)
    return Units(wide, tile, turns, steps, beside, counted, mean / in_use, mean / volume(wide), False)


def _along(part: Part, axis: int, wide: Array, tile: Array) -> tuple[Array, Array, Array]:
    """Turns, steps and counted rows along one axis."""
    rows = part.lengths[axis]
    tiles = np.ceil(rows / tile)
    turns = np.ceil(tiles / wide)
    if sum(part.einsum.sizes[d] > 1 for d in part.axes[axis]) > 1:
        # each dimension has its own last tile, shorter than these
        return turns, np.ceil(rows / wide), np.full_like(tile, float(rows))
    alone = (tiles - 1) % wide == 0
    steps = np.where(alone, (turns - 1) * tile + rows - (tiles - 1) * tile, turns * tile)
    return turns, steps, np.where(alone, float(rows), tiles * tile)
