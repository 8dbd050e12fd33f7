"""The compute units below the innermost shared memory: what may lie side by side, and what each may keep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np

from flat_plugin.architecture.hardware import Memory
from flat_plugin.distinct import distinct_columns
from flat_plugin.mapspace.limits import FREE, Limits, Spread
from flat_plugin.mapspace.pareto import pareto_indices
from flat_plugin.mapspace.search.divided import Divided
from flat_plugin.mapspace.search.pads import NOWHERE, Pads, few_loops, pads_of
from flat_plugin.mapspace.search.trips import Factors
from flat_plugin.mapspace.search.unrolled import Unrolled, unrolled
from flat_plugin.mapspace.structure import Structure
from flat_plugin.model.mapping_batch import Array

COUNTED = 0.99  # of the operations at least
_ROUNDED = 2.0  # units, of all of them, that may be lost


class Units:
    """The units of one core, and the rows of an operator that it has.

    Args:
        mesh: the innermost shared memory's children, on x and on y.
        own: a unit's memories, the outermost first.
        level: the innermost shared memory.
        sizes: rows of each core dimension in one core.
        turns: how many problems of these sizes a core works through (batch and heads).
        cores: how many cores there are of them, on average over a ragged last turn.
    """

    def __init__(
        self,
        structure: Structure,
        mesh: tuple[int, int],
        own: Sequence[Memory],
        level: int,
        sizes: tuple[int, ...],
        turns: float,
        cores: float,
        factors: Factors = Factors.RAGGED,
        limits: Limits = FREE,
    ) -> None:
        self.structure, self.sizes, self.turns, self.cores = structure, sizes, turns, cores
        self.factors, self.children = factors, mesh[0] * mesh[1]
        self.linked = not own and mesh != (1, 1)
        spread = limits.spread(level, len(sizes))
        few = self.children * cores < _ROUNDED / (1 - COUNTED)
        self.every = bool(own) and few_loops(len(own), sizes, factors, few_units=few)
        placed, wide = self.linked or spread.placed, self.linked or few or self.every
        every = unrolled(sizes, mesh, factors, placed, wide)
        self.unrolled = every.take(_allowed(every, spread))
        tensors = range(len(structure.missing))
        kept = tensors if own or self.linked else []
        self.pads: dict[int, Pads] = {
            stays: _keeping(pads_of(structure, own, sizes, stays, factors=factors, every=self.every), limits)
            for stays in (NOWHERE, *kept)
        }

    @cached_property
    def counted(self) -> float:
        """The part of the operations that a nest must count.

        Timeloop rounds down the units that ragged turns use on average; a nest that is cheap because it is
        not counted is none.
        """
        return max(COUNTED, 1.0 - _ROUNDED / (self.children * self.cores))

    def words_in_units(self, t: int) -> float:
        """Words of the tensor that stays which all units hold together, at most."""
        present = list(self.structure.indexing[t])
        most = [
            every.prod(axis=0).max(initial=0)
            for every in (self.unrolled.wide[present], self.pads[t].extents[present])
        ]
        return float(most[0] * most[1])

    @cached_property
    def whole(self) -> Divided:
        """No shared loop walks anything."""
        return self.divided({})

    @cached_property
    def least_steps(self) -> Array:
        """[unrolled] cycles of the array, at least, with every choice of what lies side by side."""
        return self.whole.steps(self.unrolled.wide, np.ones(len(self.sizes), dtype=np.int64))

    def divided(self, tile: Mapping[int, tuple[int, int]]) -> Divided:
        """What may lie side by side where shared loops walk a tile (as for ``Divided``)."""
        return Divided(self.unrolled, self.sizes, float(self.turns), tile)

    def fewest_steps(self, walked: tuple[int, ...]) -> Array:
        """[unrolled] cycles of the array, at least, whatever rows a shared iteration has along these."""
        steps = np.full(len(self.unrolled), float(self.turns))
        for d, size in enumerate(self.sizes):
            turns = size / self.unrolled.wide[d]
            steps *= turns if d in walked else np.ceil(turns)
        return steps

    def widest(self, walked: tuple[int, ...]) -> Array:
        """What may lie side by side: of choices that are the same along these dimensions, those of which no
        other has as much or more along all others."""
        if walked not in self._widest_by:
            self._widest_by[walked] = self._widest(walked)
        return self._widest_by[walked]

    def _widest(self, walked: tuple[int, ...]) -> Array:
        wide = self.unrolled.wide
        others = [d for d in range(len(wide)) if d not in walked]
        order = np.lexsort([*wide[others], *wide[list(walked)]])
        same = (np.diff(wide[list(walked)][:, order], axis=1) == 0).all(axis=0)
        parts = np.split(order, np.flatnonzero(~same) + 1)
        if len(others) < 2:  # the last of each part has most
            return np.array([part[-1] for part in parts])
        return np.concatenate(
            [part[pareto_indices(-wide[others][:, part].T.astype(float))] for part in parts]
        )

    @cached_property
    def _widest_by(self) -> dict[tuple[int, ...], Array]:
        return {}

    @cached_property
    def _fastest(self) -> tuple[list[Array], Array]:
        """For every axis the numbers of children along it, and the least cycles up to each of them."""
        along = [self.unrolled.wide[list(missing)].prod(axis=0) for missing in self.structure.missing]
        values = [np.unique(wide) for wide in along]
        table = np.full([len(v) for v in values], np.inf)
        where = tuple(np.searchsorted(v, wide) for v, wide in zip(values, along, strict=True))
        np.minimum.at(table, where, self.least_steps)
        for axis in range(table.ndim):
            table = np.minimum.accumulate(table, axis=axis)
        return values, table

    def steps_within(self, rows: Sequence[Array]) -> Array:
        """Cycles of the array, at least, for tiles of so many rows along every axis."""
        values, table = self._fastest
        where = (np.searchsorted(v, r, "right") - 1 for v, r in zip(values, rows, strict=True))
        return table[tuple(where)]

    @cached_property
    def along(self) -> list[tuple[Array, Array]]:
        """For every tensor, what may lie side by side along what it misses, and which each choice has."""
        return [distinct_columns(self.unrolled.wide[list(missing)]) for missing in self.structure.missing]


def _allowed(unrolled: Unrolled, spread: Spread) -> Array:
    """The choices of what lies side by side that an array's limits allow."""
    fits = np.ones(len(unrolled), dtype=bool)
    for d, wide in enumerate(unrolled.wide):
        fits &= (wide >= spread.least[d]) & (wide <= spread.most[d])
        on_x, apart = unrolled.on_x[d], wide > 1
        fits &= ~apart | (on_x & ("x" in spread.axes[d])) | (~on_x & ("y" in spread.axes[d]))
    return np.flatnonzero(fits)


def _keeping(pads: Pads, limits: Limits) -> Pads:
    """A unit's choices that keep what the limits say."""
    fits = np.ones(len(pads), dtype=bool)
    for t, said in enumerate(limits.keep):
        if said is not None:
            fits &= (pads.where[t] != NOWHERE) == said
    return pads.take(np.flatnonzero(fits))
