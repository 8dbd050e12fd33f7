"""What may lie side by side where the rows of a shared iteration are to be divided."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import numpy as np

from flat_plugin.mapspace.search.trips import ceil_div
from flat_plugin.mapspace.search.unrolled import Unrolled
from flat_plugin.model.mapping_batch import Array


class Divided:
    """Choices of what lies side by side, for rows of a shared iteration.

    Args:
        sizes: rows of every core dimension in one core.
        turns: problems of these sizes, one after the other.
        tile: (rows of a shared iteration, iterations) of the core dimensions that shared loops walk.
    """

    def __init__(
        self, unrolled: Unrolled, sizes: tuple[int, ...], turns: float, tile: Mapping[int, tuple[int, int]]
    ) -> None:
        self.unrolled, self.sizes, self.turns, self.tile = unrolled, sizes, turns, tile
        self._beside: dict[tuple[int, ...], Array] = {}

    def beside(self, extents: Array) -> Array:
        """The choices for units that have so many rows of every dimension each."""
        key = tuple(self.left(extents).tolist())
        if key not in self._beside:
            fits = np.full(len(self.unrolled), all(key) or not self.tile)
            for d, rows in zip(self.tile, key, strict=True):
                fits &= rows % self.unrolled.wide[d] == 0
            self._beside[key] = np.flatnonzero(fits)
        return self._beside[key]

    @cached_property
    def fewest_steps(self) -> tuple[Array, Array]:
        """Cycles of the array, at least, whatever rows units have: the different ones, and which of them
        each choice ([unrolled]) has; infinite where it does not divide the rows."""
        one = np.ones(len(self.sizes), dtype=np.int64)
        fits, steps = self.beside(one), np.full(len(self.unrolled), np.inf)
        steps[fits] = self.steps(self.unrolled.wide[:, fits], one)
        return np.unique(steps, return_inverse=True)

    def steps(self, wide: Array, extents: Array) -> Array:
        """[n] cycles of the array whose units take ``wide`` × ``extents`` rows at once."""
        steps = np.full(wide.shape[1], self.turns)
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
