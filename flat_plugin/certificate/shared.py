"""Tiles of a memory that compute units share, and what crosses into it with each."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from flat_plugin.certificate.counts import Counts, Kept, Parents
from flat_plugin.certificate.part import Part
from flat_plugin.certificate.units import AXES, Array, least_tiles

Triple = tuple[Array, Array, Array]


@dataclass(frozen=True)
class Outside:
    """Tiles of a shared memory, one a column (``n``)."""

    tiles: Triple  # [n] rows along each axis
    turns: Triple  # [n] turns outside the memory along each axis
    costs: Triple  # [n] what crosses into the memory, for each tensor that may stay there

    @cached_property
    def cost(self) -> Array:
        """[n]: the same with the tensor that stays for the least."""
        return np.minimum(np.minimum(*self.costs[:2]), self.costs[2])

    def take(self, columns: NDArray[Any]) -> Outside:
        tiles, turns, costs = (
            (a[columns], b[columns], c[columns]) for a, b, c in (self.tiles, self.turns, self.costs)
        )
        return Outside(tiles, turns, costs)


def shared_tiles(counts: Counts, level: int, kept: Kept, parents: Parents) -> Outside | None:
    """Every tile that a memory which units share may have; None if none fits."""
    part = counts.part
    copies = [part.count(level, name) * keep for name, keep in zip(counts.names, kept, strict=True)]
    tiles = _tiles(part, level, copies)
    if tiles is None:
        return None
    turns = tuple(np.maximum(np.ceil(part.lengths[t] / tiles[t]), part.iterations[t]) for t in AXES)
    moving, staying = [], []
    for t in AXES:
        parent, stays = parents[t] if kept[t] else -1, _stays(part, level, tiles, t)
        moving.append(counts.moved(t, level, parent, turns[t], turns[t]))
        staying.append(counts.moved(t, level, parent, stays, stays))
    return Outside(tiles, (turns[0], turns[1], turns[2]), sums(moving, staying))


def _stays(part: Part, level: int, tiles: Triple, tensor: int) -> Array:
    """How often a tensor comes that stays as long as it can: over shared iterations if its tile is whole."""
    whole = np.full(len(tiles[0]), level == 1)
    for x in AXES:
        if x != tensor:
            whole &= np.ceil(part.lengths[x] / tiles[x]) <= -(-part.lengths[x] // part.shortest[x])
    return np.where(whole, 1.0, float(part.iterations[tensor]))


def _tiles(part: Part, level: int, copies: list[float]) -> Triple | None:
    """Tiles along the three axes, of which the third is as long as there is room for."""
    options = [least_tiles(part.lengths[x], part.longest[x], perfect=part.perfect) for x in AXES]
    one, two = (axis.reshape(-1) for axis in np.meshgrid(*options[:2], indexing="ij"))
    left = part.room(level) - copies[2] * one * two
    each = copies[0] * two + copies[1] * one
    with np.errstate(divide="ignore", invalid="ignore"):
        three = np.where(each > 0, left / each, np.inf)
    fits = (left >= 0) & (three >= 1)
    if not fits.any():
        return None
    longest = options[2][np.searchsorted(options[2], three[fits], "right") - 1]
    return one[fits], two[fits], longest


def sums(moving: list[Array], staying: list[Array]) -> Triple:
    """Sums of three costs, of which one tensor's is what it costs to stay."""
    (a, b, c), (x, y, z) = moving, staying
    return x + b + c, a + y + c, a + b + z
