"""What may lie side by side where the rows of a shared iteration are to be divided."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from flat_plugin.mapspace.pareto import pareto_indices
from flat_plugin.mapspace.search.trips import ceil_div
from flat_plugin.mapspace.search.unrolled import Unrolled
from flat_plugin.model.mapping_batch import Array


class Divided:
    """Choices of what lies side by side, for rows of a shared iteration.

    Args:
        sizes: rows of every core dimension in one core.
        tile: (rows of a shared iteration, iterations) of the core dimensions that shared loops walk.
    """

    def __init__(
        self, unrolled: Unrolled, sizes: tuple[int, ...], tile: Mapping[int, tuple[int, int]]
    ) -> None:
        self.unrolled, self.sizes, self.tile = unrolled, sizes, tile
        self._beside: dict[tuple[int, ...], Array] = {}
        self._widest: dict[tuple[int, ...], Array] = {}

    def beside(self, extents: Array) -> Array:
        """The choices for units that have so many rows of every dimension each."""
        key = tuple(self.left(extents).tolist())
        if key not in self._beside:
            fits = np.full(len(self.unrolled), all(key) or not self.tile)
            for d, rows in zip(self.tile, key, strict=True):
                fits &= rows % self.unrolled.wide[d] == 0
            self._beside[key] = np.flatnonzero(fits)
        return self._beside[key]

    def widest(self, extents: Array) -> Array:
        """Of these, those of which no other has as much or more side by side along every dimension."""
        key = tuple(self.left(extents).tolist())
        if key not in self._widest:
            beside = self.beside(extents)
            wide = self.unrolled.wide[:, beside]
            by = np.lexsort(wide[::-1])
            last = (
                np.flatnonzero(np.append((np.diff(wide[:-1, by], axis=1) != 0).any(axis=0), True))
                if len(by)
                else by
            )
            most = by[last]
            self._widest[key] = beside[most[pareto_indices(-wide[:, most].T.astype(float))]]
        return self._widest[key]

    def steps(self, wide: Array, extents: Array, turns: float) -> Array:
        """[n] cycles of the array of so many turns, whose units take ``wide`` × ``extents`` rows at once."""
        steps = np.full(wide.shape[1], turns)
        for d, size in enumerate(self.sizes):
            if d in self.tile:
                rows, times = self.tile[d]
                steps *= rows // wide[d] * times
            else:
                steps *= ceil_div(size, wide[d] * extents[d]) * extents[d]
        return steps

    def left(self, extents: Array) -> Array:
        """[dimensions with shared loops, n] rows of a shared iteration in units of those of one unit; 0: they
        do not divide."""
        found = np.zeros((len(self.tile), *extents.shape[1:]), dtype=np.int64)
        for i, (d, (rows, _)) in enumerate(self.tile.items()):
            found[i] = np.where(rows % extents[d] == 0, rows // extents[d], 0)
        return found
