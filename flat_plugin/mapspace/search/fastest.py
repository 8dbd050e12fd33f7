"""The least cycles of the array with known rows of a shared iteration, whatever else is chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from flat_plugin.distinct import distinct_columns
from flat_plugin.mapspace.search.shared_tiles import Ranges, Tile
from flat_plugin.mapspace.search.trips import ceil_div
from flat_plugin.mapspace.search.units import Units
from flat_plugin.model.mapping_batch import Array


@dataclass(frozen=True)
class Walked:
    """Core dimensions of one axis that shared loops may walk, and what may lie side by side along them."""

    names: tuple[str, ...]
    sizes: tuple[int, ...]
    wide: Array  # [dimensions, n]

    def turns(self, ranges: Ranges) -> Array:
        """[n] turns along them, at least; infinite where no rows of a shared iteration are a multiple of
        what lies side by side."""
        known = {}
        for name, wide in zip(self.names, self.wide, strict=True):
            if name in ranges:
                found = ranges[name]
                least = found.iterations * ceil_div(found.least, wide)
                known[name] = np.where(found.holds_multiple(wide), least, np.inf)
        return self._turns(known)

    def turns_of(self, tiles: Sequence[Tile]) -> Array:
        """[tiles, n] the same with rows that are known.

        Args:
            tiles: of the same shared loops; what they say of other dimensions is left out.
        """
        known = {}
        for i, (name, _, times) in enumerate(tiles[0]):
            if name in self.names:
                rows = np.array([tile[i][1] for tile in tiles])[:, None]
                wide = self.wide[self.names.index(name)]
                known[name] = np.where(rows % wide == 0, rows // wide * times, np.inf)
        return np.broadcast_to(self._turns(known), (len(tiles), self.wide.shape[1]))

    def _turns(self, known: Mapping[str, Array]) -> Array:
        """[..., n] turns along all of them, of which some are known, and the others are walked in one go."""
        turns = np.ones(self.wide.shape[1])
        for name, size, wide in zip(self.names, self.sizes, self.wide, strict=True):
            turns = turns * (known[name] if name in known else ceil_div(size, wide))
        return turns


@dataclass(frozen=True)
class Fastest:
    """What lies side by side along the axes of rows and of keys, and what it leaves for the others.

    Attributes:
        rest: [rows, keys] cycles for each turn along both; infinite where they do not fit together.
    """

    rows: Walked
    keys: Walked
    rest: Array

    def fewest(self, rows: Sequence[Ranges], keys: Sequence[Ranges]) -> float:
        """Cycles of the array, at least, for any of the ranges along each axis."""
        of_rows, of_keys = self._of(rows, keys)
        turns = np.multiply.outer(of_rows.min(axis=0), of_keys.min(axis=0))
        return float((turns * self.rest).min())

    def steps(self, rows: Sequence[Ranges], keys: Sequence[Ranges]) -> Array:
        """[rows, keys] cycles of the array, at least, for ranges along each axis."""
        of_rows, of_keys = self._of(rows, keys)
        left = self._left(of_keys)
        return np.stack([(of_rows * each).min(axis=1) for each in left], axis=1)

    def steps_of(self, rows: Sequence[Tile], keys: Sequence[Tile]) -> Array:
        """[rows, keys] the same for known rows along each axis."""
        of_rows, of_keys = self.rows.turns_of(rows), self.keys.turns_of(keys)
        if len(rows) < len(keys):
            left = [(self.rest * each[:, None]).min(axis=0) for each in of_rows]
            return np.stack([(of_keys * each).min(axis=1) for each in left])
        return np.stack([(of_rows * each).min(axis=1) for each in self._left(of_keys)], axis=1)

    def _of(self, rows: Sequence[Ranges], keys: Sequence[Ranges]) -> tuple[Array, Array]:
        """[ranges, n] turns along each axis."""
        of_rows = np.stack([self.rows.turns(each) for each in rows])
        return of_rows, np.stack([self.keys.turns(each) for each in keys])

    def _left(self, of_keys: Array) -> Array:
        """[keys, rows side by side] cycles for each turn along the rows."""
        return np.stack([self._left_by(each) for each in of_keys])

    def _left_by(self, turns: Array) -> Array:
        key = turns.tobytes()
        if key not in self._known:
            self._known[key] = (self.rest * turns).min(axis=1)
        return self._known[key]

    @cached_property
    def _known(self) -> dict[bytes, Array]:
        return {}


def fastest_of(units: Units, rows: Sequence[int], keys: Sequence[int]) -> Fastest:
    """Of units whose shared loops may walk these core dimensions along the axes of rows and of keys."""
    along, which = [], []
    for dimensions in (rows, keys):
        wide, column = distinct_columns(units.unrolled.wide[list(dimensions)])
        names = tuple(units.structure.core[d] for d in dimensions)
        along.append(Walked(names, tuple(units.sizes[d] for d in dimensions), wide))
        which.append(column)
    others = np.full(len(units.unrolled), float(units.turns))
    for d, size in enumerate(units.sizes):
        if d not in (*rows, *keys):
            others *= ceil_div(size, units.unrolled.wide[d])
    rest = np.full((along[0].wide.shape[1], along[1].wide.shape[1]), np.inf)
    np.minimum.at(rest, (which[0], which[1]), others)
    return Fastest(along[0], along[1], rest)
