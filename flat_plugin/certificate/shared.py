"""Tiles of a memory that compute units share, and what crosses into it with each."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

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


def shared_tiles(counts: Counts, level: int, kept: Kept, parents: Parents) -> Outside | None:
    """Every tile that a memory which units share may have; None if none fits."""
    part = counts.part
    copies = [part.count(level, name) * keep for name, keep in zip(counts.names, kept, strict=True)]
    tiles = _tiles(part, level, copies)
    if tiles is None:
        return None
    turns = tuple(np.ceil(part.rows(t, level) / tiles[t]) for t in AXES)
    moving, staying = [], []
    for t in AXES:
        parent = parents[t] if kept[t] else -1
        spread = np.ceil(counts.length[t] / tiles[t])
        moving.append(counts.moved(t, level, parent, turns[t], spread))
        staying.append(counts.moved(t, level, parent, np.ones(1), counts.length[t] / part.rows(t, level)))
    return Outside(tiles, (turns[0], turns[1], turns[2]), sums(moving, staying))


def _tiles(part: Part, level: int, copies: list[float]) -> Triple | None:
    """Tiles along the three axes, of which the third is as long as there is room for."""
    options = [least_tiles(part.rows(x, level), part.longest(x, level)) for x in AXES[:2]]
    one, two = (axis.reshape(-1) for axis in np.meshgrid(*options, indexing="ij"))
    left = part.room(level) - copies[2] * one * two
    each = copies[0] * two + copies[1] * one
    longest = min(part.longest(2, level), part.rows(2, level))
    with np.errstate(divide="ignore", invalid="ignore"):
        three = np.where(each > 0, np.floor(left / each), longest)
    fits = (left >= 0) & (three >= 1)
    if not fits.any():
        return None
    return one[fits], two[fits], np.minimum(three[fits], longest)


def sums(moving: list[Array], staying: list[Array]) -> Triple:
    """Sums of three costs, of which one tensor's is what it costs to stay."""
    (a, b, c), (x, y, z) = moving, staying
    return x + b + c, a + y + c, a + b + z
